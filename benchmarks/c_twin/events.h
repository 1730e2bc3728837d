/* Disruptions: events by themselves, those they set off, what both do to the talks. */
#ifndef EVENTS_H
#define EVENTS_H

#include "law.h"
#include "machines.h"

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

#endif
