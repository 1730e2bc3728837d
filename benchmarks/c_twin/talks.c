/* The loop of the kernels as a plain C program: read a dump of packed arrays, play every trial, write the results.

   talks DUMP RESULTS TRIALS REPEAT

   The loop alone is timed, REPEAT times; the fastest is printed in seconds of processor time. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attendance.h"
#include "dump.h"
#include "events.h"

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
    double met = in->s.last_held_day, end_day = in->s.horizon, next_day = -1.0, plan, pause = 0.0;
    int fresh = 0, fresh_held = 0, retreats = 0, system_trouble = 0, result = ONGOING, overflow = 0;
    int next_status = NONE, next_on_time = 0;
    int64_t next_cause = CAUSE_NONE;
    int over = in->s.silent && silence(in, row, trial, pace, &result, &end_day);

    while (!over) {
        int is_next = fresh == 0;
        uniforms_t next = uniforms(key, trial, row_id, DRAW_NEXT, retry, held);
        plan = in->s.plan_day;
        if (plan_kind != GIVEN)
            plan = whole_day(next_planned(in, row, plan_kind, pace, anchor, known, held, next.a, next.b) + pause);
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
            if (broken >= 0 && !blocked)
                likely = CAUSE_SYSTEM;
            double retreat = rung >= 0 ? in->retreat[d * N_CAUSES + likely] : 0.0;
            if (blocked || broken >= 0) {
                lost = 1.0 - retreat;
                trouble = 1.0;
            } else
                trouble = lost < 1.0 - retreat ? lost / (1.0 - retreat) : 1.0;
            if (loss.c < trouble) {
                cause = likely;
                if (broken >= 0 && !blocked) {
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
            double work = round_effort(row, session, lack, met > -INFINITY ? begins - met : -1.0);
            met = last_day;
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
