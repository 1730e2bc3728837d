/* The pieces of the law, one function each, as in the kernels. */
#ifndef LAW_H
#define LAW_H

#include "layout.h"
#include "philox.h"

static inline double whole_day(double time) { return floor(time + 0.5); }

/* ---- calendar */
static inline double two_scale(double mean_1, double sd_1, double mean_2, double sd_2, double share_2, double least,
                               double u_scale, double u_normal)
{
    if (least <= 0.0) {
        double z = normal(u_normal);
        return u_scale < share_2 ? exp(mean_2 + sd_2 * z) : exp(mean_1 + sd_1 * z);
    }
    double limit = log(least);
    double tail_1 = normal_tail((limit - mean_1) / sd_1), tail_2 = normal_tail((limit - mean_2) / sd_2);
    double weight_1 = (1.0 - share_2) * tail_1, weight_2 = share_2 * tail_2;
    double mean = mean_1, sd = sd_1, tail = tail_1;
    if (weight_1 + weight_2 < 1e-280)
        return least;
    if (u_scale * (weight_1 + weight_2) < weight_2) {
        mean = mean_2;
        sd = sd_2;
        tail = tail_2;
    }
    return fmax(least, exp(mean - sd * normal(tail * (1.0 - u_normal))));
}

static inline double gap_log_mean(const input_t *in, const double *row, int64_t plan_kind, double pace, double anchor,
                                  int64_t held)
{
    double mean = row[GAP_LOG_MEAN] + row[GAP_PACE_SD] * pace;
    mean += row[GAP_LOG_ROUND] * log(fmax(1.0, (double)held) / 3.0);
    if (in->s.has_deadline) {
        double left = in->s.deadline_day - anchor;
        if (0.0 <= left && left <= 30.0)
            mean += row[GAP_NEAR_DEADLINE];
    }
    if (plan_kind == AFTER_CANCELLED)
        mean += row[GAP_AFTER_CANCELLED];
    return mean;
}

static inline double next_planned(const input_t *in, const double *row, int64_t plan_kind, double pace, double anchor,
                                  double known_day, int64_t held, double u_scale, double u_normal)
{
    double least = fmax(0.0, known_day - anchor + 0.5);
    if (plan_kind == AFTER_POSTPONED) {
        double mean = row[SLIP_LOG_MEAN] + row[SLIP_PACE_LOADING] * row[GAP_PACE_SD] * pace;
        return whole_day(anchor + two_scale(mean, row[SLIP_SD], mean + row[SLIP_UNLISTED_SHIFT], row[SLIP_SD],
                                            row[SLIP_UNLISTED_SHARE], least, u_scale, u_normal));
    }
    double mean = gap_log_mean(in, row, plan_kind, pace, anchor, held);
    return whole_day(anchor + two_scale(mean, row[GAP_SD], mean, row[GAP_SD] * row[GAP_WIDE_RATIO],
                                        row[GAP_WIDE_SHARE], least, u_scale, u_normal));
}

/* Probability that the next planned day, not announced, lies beyond the as-of date. */
static inline double still_silent(const input_t *in, const double *row, double pace)
{
    if (in->s.anchor_day > 0.0)
        return 1.0;
    double x = log(0.5 - in->s.anchor_day);
    if (in->s.plan_kind == AFTER_POSTPONED) {
        double mean = row[SLIP_LOG_MEAN] + row[SLIP_PACE_LOADING] * row[GAP_PACE_SD] * pace;
        return (1.0 - row[SLIP_UNLISTED_SHARE]) * normal_tail((x - mean) / row[SLIP_SD])
               + row[SLIP_UNLISTED_SHARE] * normal_tail((x - mean - row[SLIP_UNLISTED_SHIFT]) / row[SLIP_SD]);
    }
    double mean = gap_log_mean(in, row, in->s.plan_kind, pace, in->s.anchor_day, in->s.held_done);
    return (1.0 - row[GAP_WIDE_SHARE]) * normal_tail((x - mean) / row[GAP_SD])
           + row[GAP_WIDE_SHARE] * normal_tail((x - mean) / (row[GAP_SD] * row[GAP_WIDE_RATIO]));
}

static inline double round_length(const double *row, double u_zero, double u_normal)
{
    return u_zero < row[LENGTH_ZERO] ? 0.0 : exp(row[LENGTH_LOG_MEAN] + row[LENGTH_SD] * normal(u_normal));
}

/* ---- participation */
static inline int64_t pick(const double *cumulative, int n, double u)
{
    for (int i = 0; i < n - 1; i++)
        if (u < cumulative[i])
            return i;
    return n - 1;
}

static inline int64_t next_mode(const double *row, const double *stay, const double *change, int64_t mode,
                                int64_t home, double u_stay, double u_switch)
{
    if (u_stay < stay[mode])
        return mode;
    double rest = (u_stay - stay[mode]) / (1.0 - stay[mode]);
    return rest < row[MODE_HOME] ? home : pick(change, N_MODES, u_switch);
}

static inline int64_t lowest_rank(const input_t *in, int64_t trial, double row_id, int64_t sub, int only_unknown,
                                  int64_t skip)
{
    double best = 2.0;
    int64_t chosen = -1;
    for (int64_t p = 0; p < in->parties; p++) {
        int64_t report = in->party[p].report;
        if (report == NO_PRINCIPAL || p == skip || (only_unknown && report != REPORT_UNKNOWN))
            continue;
        double rank = uniforms(in->s.key, trial, row_id, DRAW_ABSENTEE, sub, in->party[p].hash).a;
        if (rank < best) {
            best = rank;
            chosen = p;
        }
    }
    return chosen;
}

static inline double lost_probability(const double *row, double frailty, int severe, int absent, int64_t mode,
                                      double adjust)
{
    double x = row[LOSS_LOGIT] + row[LOSS_SD] * frailty + adjust;
    if (severe)
        x += row[LOSS_SEVERE];
    if (absent)
        x += row[LOSS_ABSENT];
    if (mode >= HYBRID)
        x += row[LOSS_VIRTUAL];
    return logistic(x);
}

static inline double cancelled_probability(const double *row, int severe, int absent)
{
    double x = row[CANCELLED_LOGIT];
    if (absent)
        x += row[CANCELLED_ABSENT];
    if (severe)
        x += row[CANCELLED_SEVERE];
    return logistic(x);
}

/* ---- ending */
static inline double round_effort(const double *row, int64_t mode, double lack, double pause)
{
    double x = row[EFFORT_ABSENT] * lack;
    if (pause >= 0.0)
        x += row[EFFORT_PAUSE] * log(fmax(1.0, pause) / 28.0);
    if (mode >= HYBRID)
        x += row[EFFORT_VIRTUAL];
    else if (mode > IN_PERSON)
        x += row[EFFORT_MEDIATED];
    return x == 0.0 ? 1.0 : exp(x);
}

static inline int is_far(const input_t *in, double day)
{
    return in->s.has_deadline && in->s.deadline_day - day > 30.0;
}

static inline int is_here(const input_t *in, double day)
{
    return in->s.has_deadline && fabs(in->s.deadline_day - day) <= 3.0;
}

static inline void break_off_odds(const double *row, int64_t status, double tension, int far, int here,
                                  int64_t attempt, double adjust, double *odds_collapse, double *odds_stall)
{
    double collapse = row[COLLAPSE_INTERCEPT] + adjust + row[COLLAPSE_TENSION] * fmin(3.0, tension);
    double stall = row[STALL_INTERCEPT] + adjust + row[STALL_LOG_ATTEMPT] * log((double)attempt);
    if (status == POSTPONED) {
        collapse += row[COLLAPSE_POSTPONED];
        stall += row[STALL_POSTPONED];
    } else if (status == CANCELLED) {
        collapse += row[COLLAPSE_CANCELLED];
        stall += row[STALL_CANCELLED];
    }
    if (far) {
        collapse += row[COLLAPSE_FAR];
        stall += row[STALL_FAR];
    }
    if (here)
        collapse += row[COLLAPSE_HERE];
    *odds_collapse = exp(collapse);
    *odds_stall = exp(stall);
}

static inline int break_off(const double *row, int64_t status, double tension, int far, int here, int64_t attempt,
                            double adjust, double u)
{
    double odds_collapse, odds_stall;
    break_off_odds(row, status, tension, far, here, attempt, adjust, &odds_collapse, &odds_stall);
    double v = u * (1.0 + odds_collapse + odds_stall);
    return v < odds_collapse ? COLLAPSE : v < odds_collapse + odds_stall ? STALL : GOES_ON;
}

/* Talks of which nothing is announced: 1 when they are over, with their ending and its day. */
static inline int silence(const input_t *in, const double *row, int64_t trial, double pace, int *result, double *end)
{
    double collapse, stall, last = in->s.last_planned_day, least = 0.5 - in->s.anchor_day;
    break_off_odds(row, in->s.last_status, in->s.last_tension, is_far(in, last), is_here(in, last),
                   in->s.attempts_done, in->s.adjust_break_off, &collapse, &stall);
    double go_on = still_silent(in, row, pace), mean = row[COLLAPSE_LAG_LOG_MEAN], sd = row[COLLAPSE_LAG_SD];
    double later = collapse * (1.0 - row[COLLAPSE_SAME_DAY]), today = 0.0;
    if (least > 0.0)
        later *= normal_tail((log(least) - mean) / sd);
    else
        today = collapse * row[COLLAPSE_SAME_DAY];
    uniforms_t u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_SILENCE, 0, 0);
    double v = u.a * (go_on + stall + (later + today)), day = in->s.anchor_day;
    if (v < go_on)
        return 0;
    *result = STALL;
    if (v < go_on + later) {
        *result = COLLAPSE;
        day = fmax(1.0, whole_day(in->s.anchor_day + two_scale(mean, sd, mean, sd, 0.0, least, 0.5, u.b)));
    } else if (v < go_on + later + today) {
        *result = COLLAPSE;
    }
    if (in->s.has_deadline && day >= in->s.deadline_day) {
        if (day - in->s.deadline_day <= 1.0)
            *result = LAPSE;
        else if (in->s.deadline_hard) {
            *result = LAPSE;
            day = fmax(in->s.deadline_day, in->s.anchor_day);
        }
    }
    *end = fmax(0.0, day);
    return 1;
}

#endif
