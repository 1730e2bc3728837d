/* The loop of the kernels as a plain C program: read a dump of packed arrays, play every trial, write the results.

   talks DUMP RESULTS TRIALS REPEAT

   The loop alone is timed, REPEAT times; the fastest is printed in seconds of processor time. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "law.h"
#include "machines.h"
#include "terms.h"

static double event_time(const double *row, double start, double before, double plan, double stop, double background,
                         double after, double position)
{
    double days = row[PULSE_DAYS];
    if (position < background)
        return start + (stop - start) * position / background;
    if (position < background + after) {
        double head = exp((before - start) / days), tail = exp((before - stop) / days);
        double share = (position - background) / after;
        return before - days * log(head - share * (head - tail));
    }
    double foot = exp((start - plan) / days);
    return fmin(stop, plan + days * log(foot + (position - background - after) / row[PULSE_BEFORE]));
}

static void enqueue(state_t *state, double time, int64_t kind, uniforms_t u)
{
    if (state->queued >= MAX_EVENTS)
        state->events = MAX_EVENTS + 1;
    else
        state->queue[state->queued++] = (queued_t){time, kind, u.b, u.c, u.d};
}

static double queue_interval(const input_t *in, int64_t d, const double *row, int64_t trial, double start,
                             double before, double plan, double stop, double measure, state_t *state)
{
    double days = row[PULSE_DAYS], foot = exp((start - plan) / days);
    double background = row[PULSE_BACKGROUND] / 28.0 * (stop - start), after = 0.0;
    if (before > -INFINITY) {
        double head = start == before ? 1.0 : exp((before - start) / days);
        after = row[PULSE_AFTER] * (head - (stop == plan ? head * foot : exp((before - stop) / days)));
    }
    double top = stop == plan ? 1.0 : exp((stop - plan) / days);
    double total = background + after + row[PULSE_BEFORE] * (top - foot);
    for (int64_t k = 0; k < in->kinds; k++)
        while (state->clock[k] <= measure + total && state->events <= MAX_EVENTS) {
            double time = event_time(row, start, before, plan, stop, background, after, state->clock[k] - measure);
            state->count[k]++;
            uniforms_t u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_CLOCK, state->count[k], in->kind[k].hash);
            enqueue(state, time, k, u);
            state->clock[k] += -log(u.a) / in->kind_rate[d * in->kinds + k];
        }
    return measure + total;
}

static void feel(state_t *state, double day, double plan, int severity, int64_t cause)
{
    double weight = 0.5 * (double)(1 << (severity - 1)) * exp(-(log(2.0) / 30.0) * (plan - day));
    if (day < plan) {
        state->tension += weight;
        if (severity == 3 && day >= state->severe_day) {
            state->severe_day = day;
            state->severe_cause = cause;
        }
    } else {
        state->tension_today += weight;
        if (severity == 3 && day >= state->severe_today) {
            state->severe_today = day;
            state->cause_today = cause;
        }
    }
}

static void set_off(const input_t *in, int64_t trial, double row_id, state_t *state, int64_t kind, double time,
                    int64_t place)
{
    double u = uniforms(in->s.key, trial, row_id, DRAW_EXCITE, 0, place).a, mass = exp(-in->s.excite), total = mass;
    int number = 0;
    while (u > total && number < MOST_CHILDREN) {
        number++;
        mass *= in->s.excite / number;
        total += mass;
    }
    for (int i = 0; i < number; i++) {
        uniforms_t v = uniforms(in->s.key, trial, row_id, DRAW_CHILD, 0, state->queued);
        enqueue(state, time - log(v.a) * in->s.excite_days, kind, v);
    }
}

static void play_queue(const input_t *in, int64_t d, const double *row, int64_t trial, int64_t cell, output_t *out,
                       double plan, double stop, state_t *state)
{
    int64_t place = state->done, waiting = -1;
    for (; place < state->queued && state->events <= MAX_EVENTS; place++) {
        queued_t *event = state->queue + place;
        if (event->time > stop) {
            if (event->time < INFINITY && waiting < 0)
                waiting = place;
            continue;
        }
        int64_t k = event->kind, cause = in->kind[k].cause;
        double time = event->time, day = whole_day(time);
        event->time = INFINITY;
        const double *shares = in->severity + (d * in->kinds + k) * 3;
        int severity = 1;
        while (severity < 3 && event->u_severity >= shares[severity - 1])
            severity++;
        feel(state, day, plan, severity, cause);
        int16_t *n = out->n_disruptions + cell * in->kinds + k, *first = out->first_disruption + cell * in->kinds + k;
        if (*n == 0 || day < *first)
            *first = (int16_t)day;
        (*n)++;
        state->events++;
        if (severity > 1 && cause == CAUSE_POLITICAL)
            sanction(in, trial, row[ROW_ID], state, time, place);
        if (in->s.excite > 0.0 && cause == CAUSE_ESCALATION)
            set_off(in, trial, row[ROW_ID], state, k, time, place);
    }
    state->done = waiting < 0 ? place : waiting;
}

static int64_t absent_parties(const input_t *in, const double *row, int64_t hidden, int64_t trial, double habit,
                              int64_t held, int64_t retry, int is_next, double u_absent, double u_habit, int *unnamed)
{
    int64_t mask = 0;
    int named = 0, unknown = 0;
    *unnamed = 0;
    for (int64_t p = 0; p < in->parties; p++) {
        int64_t report = in->party[p].report;
        if (report == NO_PRINCIPAL)
            continue;
        named++;
        if (report == REPORT_UNKNOWN)
            unknown++;
        else if (is_next) {
            double u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_REPORT, 0, in->party[p].hash).a;
            if ((report == REPORT_ABSENT) == (u < row[REPORT_RIGHT]))
                mask |= (int64_t)1 << p;
        }
    }
    if (is_next && named > 0 && unknown == 0)
        return mask;
    if (u_absent >= logistic(row[ABSENT_LOGIT] + row[ABSENT_SD] * habit))
        return mask;
    if (named == 0) {
        *unnamed = 1;
        return mask;
    }
    int64_t chosen = lowest_rank(in, hidden, row[ROW_ID], 0, is_next, -1);
    if (u_habit >= row[ABSENT_HABIT_SHARE]) {
        int64_t other = lowest_rank(in, trial, row[ROW_ID], 1 + held * 256 + retry, is_next, chosen);
        chosen = other >= 0 ? other : chosen;
    }
    return mask | (int64_t)1 << chosen;
}

static double attendance(const input_t *in, const double *row, int64_t hidden, int64_t mask, int unnamed, int *joins,
                         int *blocked)
{
    double lack = unnamed ? 1.0 : 0.0;
    int64_t coming = in->parties;
    *joins = *blocked = 0;
    if (mask == 0)
        return lack;
    for (int64_t p = 0; p < in->parties; p++) {
        if (!((mask >> p) & 1))
            continue;
        if (in->party[p].without == JOIN_REMOTE)
            (*joins)++;
        else if (in->party[p].without == STAY_AWAY) {
            lack = 1.0;
            coming--;
            if (in->party[p].veto == 1)
                *blocked = 1;
        } else {
            double u = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_AUTHORITY, 0, in->party[p].hash).a;
            lack = fmax(lack, 1.0 - table_value(in->party_authority + p * in->nodes, in->nodes, u));
        }
    }
    if (coming < 2)
        *blocked = 1;
    return lack;
}

/* Go on or back after a held round that did not close; returns the days of delay. */
static double next_stage(const input_t *in, const double *row, int64_t hidden, int64_t trial, int64_t held,
                         int64_t *stage, int64_t *rounds)
{
    const stage_t *now = in->stage + *stage;
    ++*rounds;
    if (*rounds < now->rounds || *stage + 1 >= in->stages)
        return 0.0;
    *rounds = 0;
    double u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_STAGE, 0, held).a;
    double u_go = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_STAGE, 1, *stage).a;
    if (u < table_value(in->go_table + *stage * in->nodes, in->nodes, u_go)) {
        ++*stage;
        return 0.0;
    }
    *stage = now->back;
    return now->delay;
}

static void play(const input_t *in, int64_t d, int64_t hidden, int64_t trial, int64_t cell, output_t *out,
                 state_t *state)
{
    const double *row = in->scalar + d * N_COLUMNS;
    const uint64_t key = in->s.key;
    const double row_id = row[ROW_ID];
    uniforms_t u = uniforms(key, hidden, row_id, DRAW_HABIT, 0, 0);
    double pace = normal(u.a), frailty = normal(u.b), habit = normal(u.c);
    uniforms_t close = uniforms(key, hidden, row_id, DRAW_CLOSE, 0, 0);
    double needed = row[HAZARD_SEEN] - log(close.a);
    int coin = close.b < row[ZOPA];
    double apart = 1.0 - in->s.overlap_least;
    double rank = coin ? apart + in->s.overlap_least * close.c : apart * close.c;

    double scale = exp(-row[CLOSE_LOG_SCALE]), shape = row[CLOSE_SHAPE], effort = row[EFFORT_DONE];
    double power = pow(effort * scale, shape), hazard = row[HAZARD_DONE], reached = hazard;

    for (int64_t k = 0; k < in->kinds; k++) {
        double rate = in->kind_rate[d * in->kinds + k];
        out->n_disruptions[cell * in->kinds + k] = 0;
        out->first_disruption[cell * in->kinds + k] = -1;
        state->count[k] = 0;
        state->clock[k] = INFINITY;
        if (rate > 0.0)
            state->clock[k] = -log(uniforms(key, trial, row_id, DRAW_CLOCK, 0, in->kind[k].hash).a) / rate;
    }
    for (int64_t p = 0; p < in->parties; p++)
        out->absent[cell * in->parties + p] = 0;
    state->tension = in->s.tension;
    state->tension_today = 0.0;
    state->severe_day = in->s.severe_day;
    state->severe_cause = in->s.severe_cause;
    state->severe_today = -INFINITY;
    state->events = state->queued = state->done = state->waiting = 0;
    start_systems(in, trial, row_id, state);

    int64_t held = in->s.held_done, retry = in->s.retry_done, attempt = in->s.attempts_done;
    int64_t plan_kind = in->s.plan_kind, mode = in->s.wished_mode, home = in->s.home_mode, next_mode_held = -1;
    int64_t stage = in->s.stage_start, stage_rounds = in->s.stage_rounds, incident = 0;
    double anchor = in->s.anchor_day, known = plan_kind == FRESH ? -INFINITY : 0.0;
    double before = fmin(in->s.last_planned_day, 0.0), start = 0.0, measure = 0.0;
    double end_day = in->s.horizon, next_day = -1.0, plan, pause = 0.0;
    int fresh = 0, fresh_held = 0, retreats = 0, system_trouble = 0, result = ONGOING, overflow = 0;
    int next_status = NONE, next_on_time = 0;
    int64_t next_cause = CAUSE_NONE;
    int over = in->s.silent && silence(in, row, trial, pace, &result, &end_day);

    while (!over) {
        int is_next = fresh == 0;
        uniforms_t next = uniforms(key, trial, row_id, DRAW_NEXT, retry, held);
        plan = in->s.plan_day;
        if (plan_kind != GIVEN)
            plan = whole_day(next_planned(in, row, plan_kind, pace, anchor, known, next.a, next.b) + pause);
        double due = plan;
        int64_t culprit = -1, felt = incident;
        for (; incident < in->incidents && in->incident[incident].day <= plan; incident++) {
            impose(in, trial, row_id, state, incident);
            if (in->incident[incident].delay > 0.0) {
                plan = whole_day(plan + in->incident[incident].delay);
                culprit = in->incident[incident].system;
            }
        }
        double last = in->s.deadline_hard ? fmin(in->s.horizon, in->s.deadline_day) : in->s.horizon;
        double stop = plan <= last ? plan : last + (0.5 - 0x1p-20);
        if (plan > start) {
            state->tension = (state->tension + state->tension_today) * exp(-(log(2.0) / 30.0) * (plan - start));
            state->tension_today = 0.0;
            if (state->severe_today > -INFINITY) {
                state->severe_day = state->severe_today;
                state->severe_cause = state->cause_today;
                state->severe_today = -INFINITY;
            }
        }
        for (; felt < incident; felt++)
            if (in->incident[felt].severity > 0)
                feel(state, in->incident[felt].day, plan, (int)in->incident[felt].severity, CAUSE_SYSTEM);
        measure = queue_interval(in, d, row, trial, start, before, plan, stop, measure, state);
        play_queue(in, d, row, trial, cell, out, plan, stop, state);
        if (state->events > MAX_EVENTS) {
            overflow = TOO_MANY_EVENTS;
            break;
        }
        if (in->s.deadline_hard && plan > in->s.deadline_day && in->s.deadline_day <= in->s.horizon) {
            result = LAPSE;
            end_day = fmax(in->s.deadline_day, anchor);
            break;
        }
        if (plan > in->s.horizon)
            break;
        if (fresh >= MAX_ATTEMPTS) {
            overflow = TOO_MANY_ATTEMPTS;
            break;
        }

        fresh++;
        attempt++;
        uniforms_t loss = uniforms(key, trial, row_id, DRAW_LOSS, retry, held);
        uniforms_t end = uniforms(key, trial, row_id, DRAW_END, retry, held);
        if (mode < 0)
            mode = pick(in->mode_first + d * N_MODES, N_MODES, next.d);
        else if (!(is_next && in->s.mode_declared) && (retry == 0 || end.d >= row[MODE_KEEP_AFTER_LOSS]))
            mode = next_mode(row, in->mode_stay + d * N_MODES, in->mode_switch + d * N_MODES, mode, home, next.c,
                             next.d);
        if (home < 0)
            home = mode;
        int unnamed, joins, blocked;
        int64_t mask = absent_parties(in, row, hidden, trial, habit, held, retry, is_next, loss.a, loss.b, &unnamed);
        double lack = attendance(in, row, hidden, mask, unnamed, &joins, &blocked);
        int absent = mask != 0 || unnamed;
        int64_t session = mode;
        if (joins > 0 && mode < HYBRID)
            session = joins < in->parties ? HYBRID : REMOTE;
        if (mask != 0)
            for (int64_t p = 0; p < in->parties; p++)
                out->absent[cell * in->parties + p] += (int16_t)((mask >> p) & 1);

        const stage_t *staged = stage >= 0 ? in->stage + stage : NULL;
        for (int64_t s = 0; s < in->systems; s++)
            advance(in, trial, row_id, state, s, plan);
        int64_t broken = any_down(in, state, session), cause = CAUSE_NONE;
        int severe = plan - state->severe_day <= 14.0;
        double lost = lost_probability(row, frailty, severe, absent, session,
                                       in->s.adjust_loss + (staged ? staged->loss : 0.0));
        if (in->systems > 0) {
            double down = in->base_down[session];
            double spoilt = down - in->retreat[d * N_CAUSES + CAUSE_SYSTEM] * in->base_saved[session];
            lost = fmax(0.0, (lost - spoilt) / (1.0 - down));
        }
        double trouble = lost;
        int64_t rung = first_rung(in, state, session);
        if (blocked || broken >= 0 || loss.c < lost || rung >= 0) {
            int64_t likely = absent ? CAUSE_ABSENCE : severe ? state->severe_cause : CAUSE_OTHER;
            if (broken >= 0)
                likely = CAUSE_SYSTEM;
            double retreat = rung >= 0 ? in->retreat[d * N_CAUSES + likely] : 0.0;
            if (blocked || broken >= 0) {
                lost = 1.0 - retreat;
                trouble = 1.0;
            } else
                trouble = lost < 1.0 - retreat ? lost / (1.0 - retreat) : 1.0;
            if (loss.c < trouble) {
                cause = likely;
                if (broken >= 0) {
                    system_trouble++;
                    state->wear[broken].lost++;
                }
            }
        }
        if (plan > due && cause == CAUSE_NONE) {
            cause = CAUSE_SYSTEM;
            system_trouble++;
            if (culprit >= 0)
                state->wear[culprit].lost++;
        }
        int status = HELD;
        double begins = plan;
        if (loss.c < lost)
            status = loss.d < cancelled_probability(row, severe, absent) ? CANCELLED : POSTPONED;
        else if (loss.c < trouble && rung >= 0) {
            session = rung;
            retreats++;
            begins = whole_day(plan + in->s.switch_delay);
            if (in->s.sticky)
                mode = rung;
        }

        int far = is_far(in, plan), here = is_here(in, plan);
        double last_day = plan;
        if (status == HELD) {
            last_day = whole_day(begins + round_length(row, end.b, end.c));
            double work = round_effort(row, session, lack);
            effort += staged ? work * staged->effort : work;
            double power_after = pow(effort * scale, shape), x = in->s.adjust_closing;
            if (far)
                x += row[CLOSE_FAR];
            hazard += (power_after - power) * exp(x);
            power = power_after;
            if (last_day <= in->s.horizon)
                reached = hazard;
            if (begins <= in->s.horizon) {
                fresh_held++;
                if (next_day < 0.0) {
                    next_day = begins;
                    next_mode_held = session;
                }
            }
        }
        if (is_next) {
            next_status = status;
            next_cause = cause;
            next_on_time = status == HELD && begins == due;
        }
        if (status == HELD && coin && hazard >= needed && (!staged || staged->can_close)) {
            result = close.d < row[PARTIAL_SHARE] ? PARTIAL : AGREEMENT;
            end_day = last_day;
            break;
        }
        double adjust = in->s.adjust_break_off + (staged ? staged->break_off : 0.0);
        int step = break_off(row, status, state->tension, far, here, attempt, adjust, end.a);
        if (step != GOES_ON) {
            result = step;
            end_day = last_day;
            if (step == COLLAPSE) {
                uniforms_t v = uniforms(key, trial, row_id, DRAW_COLLAPSE, retry, held);
                if (!(v.a < row[COLLAPSE_SAME_DAY])) {
                    double lag = exp(row[COLLAPSE_LAG_LOG_MEAN] + row[COLLAPSE_LAG_SD] * normal(v.b));
                    end_day = whole_day(last_day + lag);
                }
            }
            if (in->s.has_deadline && end_day >= in->s.deadline_day) {
                if (end_day - in->s.deadline_day <= 1.0)
                    result = LAPSE;
                else if (in->s.deadline_hard) {
                    result = LAPSE;
                    end_day = fmax(in->s.deadline_day, last_day);
                }
            }
            break;
        }
        anchor = last_day;
        known = -INFINITY;
        before = start = plan;
        pause = 0.0;
        if (status == HELD) {
            if (staged)
                pause = next_stage(in, row, hidden, trial, held, &stage, &stage_rounds);
            plan_kind = AFTER_HELD;
            held++;
            retry = 0;
        } else {
            plan_kind = status == POSTPONED ? AFTER_POSTPONED : AFTER_CANCELLED;
            retry++;
        }
    }

    if (end_day > in->s.horizon) {
        result = ONGOING;
        end_day = in->s.horizon;
    }
    for (int64_t j = 0; j < in->issues; j++) {
        int closed = rank >= 1.0 - in->issue[j].overlap && coin && reached >= in->issue[j].difficulty * needed;
        out->issue_closed[cell * in->issues + j] = (int8_t)closed;
        out->settlement[cell * in->issues + j] = NAN;
        if (closed)
            out->settlement[cell * in->issues + j] =
                (float)settle(in, row, hidden, j, state->reserve, state->kappa);
    }
    for (; incident < in->incidents && in->incident[incident].day <= end_day; incident++)
        impose(in, trial, row_id, state, incident);
    close_books(in, trial, row_id, state, out->downtime + cell * in->systems, out->system_lost + cell * in->systems,
                end_day);
    out->trial[cell] = (trial_t){
        (float)effort, (int16_t)end_day, (int16_t)fresh, (int16_t)fresh_held, (int16_t)next_day, (int8_t)result,
        (int8_t)coin, (int8_t)next_status, (int8_t)next_mode_held, (int8_t)next_on_time, (int8_t)next_cause,
        (int8_t)overflow, (int8_t)stage, (int16_t)retreats, (int16_t)system_trouble};
}

/* ---- reading, writing, timing */
static void fail(const char *what)
{
    fprintf(stderr, "talks: %s\n", what);
    exit(2);
}

static int64_t read_number(FILE *file)
{
    int64_t value;
    if (fread(&value, sizeof value, 1, file) != 1)
        fail("the dump is cut short");
    return value;
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (memory == NULL)
        fail("out of memory");
    return memory;
}

/* A block is its item size, its number of items and its bytes. */
static void *read_block(FILE *file, size_t item, int64_t *count)
{
    if (read_number(file) != (int64_t)item)
        fail("an array of the dump has another item size than expected");
    *count = read_number(file);
    void *memory = allocate(item * (size_t)*count);
    if (fread(memory, item, (size_t)*count, file) != (size_t)*count)
        fail("the dump is cut short");
    return memory;
}

/* Whether a text of a given length contains a word. */
static int find(const char *text, size_t length, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(text + i, word, n) == 0)
            return 1;
    return 0;
}

static void read_dump(const char *path, input_t *in)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(strerror(errno));
    int64_t count;
    char *layout = read_block(file, 1, &count);
    if (count != (int64_t)sizeof LAYOUT - 1 || memcmp(layout, LAYOUT, sizeof LAYOUT - 1) != 0) {
        fprintf(stderr, "dump:    %.*s\nprogram: %s\n", (int)count, layout, LAYOUT);
        fail("the kernels' types have changed: bring layout.h up to date");
    }
    free(layout);
    layout = read_block(file, 1, &count);
    for (size_t i = 0; i < sizeof ITS_PURPOSES / sizeof *ITS_PURPOSES; i++)
        if (find(layout, (size_t)count, ITS_PURPOSES[i]) == 0)
            fail("the kernels' purposes have changed: bring layout.h up to date");
    free(layout);
    if (fread(&in->s, sizeof in->s, 1, file) != 1)
        fail("the dump is cut short");
    int64_t counts[N_ARRAYS], n = 0;
#define READ(type, name) in->name = read_block(file, sizeof(type), &counts[n++]);
    ARRAYS(READ)
    fclose(file);
    in->rungs = counts[AT_ladder];
    in->parties = counts[AT_party];
    in->kinds = counts[AT_kind];
    in->issues = counts[AT_issue];
    in->systems = counts[AT_system];
    in->incidents = counts[AT_incident];
    in->stages = counts[AT_stage];
    in->placed = counts[AT_start];
    in->nodes = in->parties > 0 ? counts[AT_party_authority] / in->parties : 0;
    in->draws = counts[AT_scalar] / N_COLUMNS;
    int64_t D = in->draws, P = in->parties, K = in->kinds, I = in->issues, T = in->nodes, G = in->stages;
    const int64_t expected[N_ARRAYS] = {
        in->rungs, P, P * T, K, I, I * P, I * 2 * T, I * 2 * T * T, I * P * T, I * P * T, in->systems, N_MODES,
        N_MODES, in->incidents, G, G * T, D * N_COLUMNS, D * N_MODES, D * N_MODES, D * N_MODES, D * K, D * K * 3,
        D * K * 3, D * K * 3, D * K * 3, D * N_CAUSES, in->placed};
    if (memcmp(counts, expected, sizeof counts) != 0)
        fail("the arrays of the dump do not fit each other");
}

static void write_results(const char *path, const output_t *out, const input_t *in, size_t cells)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        fail(strerror(errno));
    size_t kinds = (size_t)in->kinds, parties = (size_t)in->parties, issues = (size_t)in->issues;
    size_t systems = (size_t)in->systems;
    size_t written = fwrite(out->trial, sizeof(trial_t), cells, file);
    written += fwrite(out->settlement, sizeof(float), cells * issues, file);
    written += fwrite(out->issue_closed, 1, cells * issues, file);
    written += fwrite(out->absent, sizeof(int16_t), cells * parties, file);
    written += fwrite(out->n_disruptions, sizeof(int16_t), cells * kinds, file);
    written += fwrite(out->first_disruption, sizeof(int16_t), cells * kinds, file);
    written += fwrite(out->downtime, sizeof(float), cells * systems, file);
    written += fwrite(out->system_lost, sizeof(int16_t), cells * systems, file);
    if (fclose(file) != 0 || written != cells * (1 + 2 * issues + parties + 2 * kinds + 2 * systems))
        fail("the results could not be written");
}

/* Time this process has worked, which other work on the machine does not lengthen. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail("usage: talks DUMP RESULTS TRIALS REPEAT");
    int64_t trials = atoll(argv[3]), repeat = atoll(argv[4]);
    if (trials < 1 || repeat < 1)
        fail("TRIALS and REPEAT must be at least 1");
    input_t in;
    read_dump(argv[1], &in);
    size_t cells = (size_t)(in.draws * trials), kinds = (size_t)in.kinds, parties = (size_t)in.parties;
    size_t issues = (size_t)in.issues, systems = (size_t)in.systems;
    if (in.placed > 0 && (size_t)in.placed != cells)
        fail("the arrays of the dump do not fit each other");
    output_t out = {
        allocate(cells * sizeof(trial_t)), allocate(cells * issues * sizeof(float)), allocate(cells * issues),
        allocate(cells * parties * sizeof(int16_t)), allocate(cells * kinds * sizeof(int16_t)),
        allocate(cells * kinds * sizeof(int16_t)), allocate(cells * systems * sizeof(float)),
        allocate(cells * systems * sizeof(int16_t))};
    static state_t state;
    state.clock = allocate(kinds * sizeof(double));
    state.count = allocate(kinds * sizeof(int64_t));
    state.reserve = allocate(parties * sizeof(double));
    state.kappa = allocate(parties * sizeof(double));
    state.wear = allocate(systems * sizeof(wear_t));
    double best = INFINITY;
    for (int64_t r = 0; r < repeat; r++) {
        double begun = now();
        for (int64_t cell = 0; cell < (int64_t)cells; cell++) {
            start_t s = {cell / trials, cell % trials, cell % trials};
            if (in.placed > 0)
                s = in.start[cell];
            play(&in, s.draw, s.hidden, s.luck, cell, &out, &state);
        }
        best = fmin(best, now() - begun);
    }
    write_results(argv[2], &out, &in, cells);
    printf("%.9f\n", best);
    return 0;
}
