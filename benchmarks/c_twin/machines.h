/* Technical systems: failures, spares, repairs, outages imposed from outside. */
#ifndef MACHINES_H
#define MACHINES_H

#include "layout.h"
#include "philox.h"

static inline double up_time(const system_t *system, double u)
{
    return system->rate > 0.0 ? -log(u) / system->rate : INFINITY;
}

static inline void start_systems(const input_t *in, int64_t trial, double row_id, state_t *state)
{
    for (int64_t s = 0; s < in->systems; s++) {
        const system_t *system = in->system + s;
        wear_t *w = state->wear + s;
        uniforms_t u = uniforms(in->s.key, trial, row_id, DRAW_START, 0, system->hash);
        *w = (wear_t){0.0, 0.0, 0.0, INFINITY, u.d, -1, 0, 0, 0};
        double bridged = system->spare * system->failover, outage = bridged + (1.0 - system->spare) * system->repair;
        if (u.a * (1.0 + system->rate * outage) < system->rate * outage) {
            w->down = 1;
            w->next = u.b * outage < bridged ? u.c * system->failover : -log(u.c) * system->repair;
        } else
            w->next = up_time(system, w->u_up);
    }
}

static inline void force_down(state_t *state, int64_t s, double start, double end)
{
    int64_t place = 0;
    while (place < state->waiting && state->outage[place].system >= 0)
        place++;
    if (place == MAX_OUTAGES)
        return;
    if (place == state->waiting)
        state->waiting++;
    state->outage[place] = (outage_t){start, end, s};
    if (start < state->wear[s].forced) {
        state->wear[s].forced = start;
        state->wear[s].place = place;
    }
}

static inline double take_outage(state_t *state, int64_t s)
{
    wear_t *w = state->wear + s;
    double end = state->outage[w->place].end;
    state->outage[w->place].system = -1;
    w->forced = INFINITY;
    w->place = -1;
    for (int64_t place = 0; place < state->waiting; place++)
        if (state->outage[place].system == s && state->outage[place].start < w->forced) {
            w->forced = state->outage[place].start;
            w->place = place;
        }
    return end;
}

static inline void advance(const input_t *in, int64_t trial, double row_id, state_t *state, int64_t s, double until)
{
    const system_t *system = in->system + s;
    wear_t *w = state->wear + s;
    for (;;) {
        if (w->down) {
            if (w->forced <= w->next) {
                w->next = fmax(w->next, take_outage(state, s));
                continue;
            }
            if (w->next > until)
                return;
            w->downtime += w->next - w->since;
            w->since = w->next;
            w->down = 0;
            w->next = w->since + up_time(system, w->u_up);
        } else {
            double start = fmin(w->next, w->forced), end;
            if (start > until || w->count >= MOST_FAILURES)
                return;
            start = fmax(start, w->since);
            uniforms_t u = uniforms(in->s.key, trial, row_id, DRAW_SYSTEM, w->count, system->hash);
            w->u_up = u.a;
            w->count++;
            if (w->forced <= w->next)
                end = fmax(start, take_outage(state, s));
            else if (u.b < system->spare)
                end = start + system->failover;
            else
                end = start - log(u.c) * system->repair;
            w->since = start;
            w->next = end;
            w->down = 1;
        }
    }
}

static inline int64_t any_down(const input_t *in, const state_t *state, int64_t mode)
{
    for (int64_t s = 0; s < in->systems; s++)
        if (state->wear[s].down && (in->system[s].modes >> mode) & 1)
            return s;
    return -1;
}

static inline int64_t first_rung(const input_t *in, const state_t *state, int64_t mode)
{
    for (int64_t i = 0; i < in->rungs; i++)
        if (in->ladder[i] != mode && any_down(in, state, in->ladder[i]) < 0)
            return in->ladder[i];
    return -1;
}

static inline void close_books(const input_t *in, int64_t trial, double row_id, state_t *state, float *downtime,
                               int16_t *lost, double end_day)
{
    for (int64_t s = 0; s < in->systems; s++) {
        const wear_t *w = state->wear + s;
        advance(in, trial, row_id, state, s, end_day);
        downtime[s] = (float)(w->downtime + (w->down ? fmax(0.0, end_day - w->since) : 0.0));
        lost[s] = (int16_t)w->lost;
    }
}

static inline void sanction(const input_t *in, int64_t trial, double row_id, state_t *state, double time, int64_t event)
{
    for (int64_t s = 0; s < in->systems; s++)
        if (in->system[s].sanction > 0.0) {
            uniforms_t u = uniforms(in->s.key, trial, row_id, DRAW_SANCTION, event, in->system[s].hash);
            if (u.a < in->system[s].sanction)
                force_down(state, s, time, time - log(u.b) * in->system[s].repair);
        }
}

/* An injected failure takes its system down. */
static inline void impose(const input_t *in, int64_t trial, double row_id, state_t *state, int64_t place)
{
    const incident_t *incident = in->incident + place;
    if (incident->system < 0)
        return;
    double days = -incident->outage;
    if (incident->outage >= 0.0)
        days = -log(uniforms(in->s.key, trial, row_id, DRAW_INCIDENT, 0, place).a) * incident->outage;
    force_down(state, incident->system, incident->day, incident->day + days);
}

#endif
