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

static inline double next_planned(const input_t *in, const double *row, int64_t plan_kind, double pace, double anchor,
                                  double known_day, double u_scale, double u_normal)
{
    double least = known_day > anchor ? fmax(0.0, known_day - anchor + 0.5) : 0.0;
    if (plan_kind == AFTER_POSTPONED) {
        double mean = row[SLIP_LOG_MEAN] + row[SLIP_PACE_LOADING] * row[GAP_PACE_SD] * pace;
        return whole_day(anchor + two_scale(mean, row[SLIP_SD], mean + row[SLIP_UNLISTED_SHIFT], row[SLIP_SD],
                                            row[SLIP_UNLISTED_SHARE], least, u_scale, u_normal));
    }
    double mean = row[GAP_LOG_MEAN] + row[GAP_PACE_SD] * pace;
    if (in->s.has_deadline) {
        double left = in->s.deadline_day - anchor;
        if (0.0 <= left && left <= 30.0)
            mean += row[GAP_NEAR_DEADLINE];
    }
    if (plan_kind == AFTER_CANCELLED)
        mean += row[GAP_AFTER_CANCELLED];
    return whole_day(anchor + two_scale(mean, row[GAP_SD], mean, row[GAP_SD] * row[GAP_WIDE_RATIO],
                                        row[GAP_WIDE_SHARE], least, u_scale, u_normal));
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
static inline double round_effort(const double *row, int64_t mode, double lack)
{
    double x = row[EFFORT_ABSENT] * lack;
    if (mode >= HYBRID)
        x += row[EFFORT_VIRTUAL];
    else if (mode > IN_PERSON)
        x += row[EFFORT_MEDIATED];
    return x == 0.0 ? 1.0 : exp(x);
}

static inline int break_off(const input_t *in, const double *row, int status, double tension, int far, int here,
                            int64_t attempt, double u)
{
    double collapse = row[COLLAPSE_INTERCEPT] + in->s.adjust_break_off + row[COLLAPSE_TENSION] * fmin(3.0, tension);
    double stall = row[STALL_INTERCEPT] + in->s.adjust_break_off + row[STALL_LOG_ATTEMPT] * log((double)attempt);
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
    double odds_collapse = exp(collapse), odds_stall = exp(stall);
    double v = u * (1.0 + odds_collapse + odds_stall);
    return v < odds_collapse ? COLLAPSE : v < odds_collapse + odds_stall ? STALL : GOES_ON;
}

/* ---- concession */
static inline int64_t node(double u, int64_t intervals, double *fraction)
{
    double position = acos(1.0 - 2.0 * fmin(1.0, fmax(0.0, u))) * ((double)intervals / M_PI);
    int64_t i = (int64_t)position;
    i = i < intervals - 1 ? i : intervals - 1;
    *fraction = position - (double)i;
    return i;
}

static inline double table_value(const double *table, int64_t nodes, double u)
{
    double f;
    int64_t i = node(u, nodes - 1, &f);
    return table[i] + f * (table[i + 1] - table[i]);
}

static inline double table_value_2(const double *table, int64_t nodes, double u, double v)
{
    double f, g;
    int64_t i = node(u, nodes - 1, &f), j = node(v, nodes - 1, &g);
    const double *a = table + i * nodes + j, *b = a + nodes;
    double low = a[0] + g * (a[1] - a[0]), high = b[0] + g * (b[1] - b[0]);
    return low + f * (high - low);
}

static inline double crossing(double gap, double way_a, double kappa_a, double way_b, double kappa_b)
{
    if (gap <= 0.0)
        return 0.0;
    if (way_a + way_b < gap)
        return NAN;
    if (way_a <= 0.0)
        return pow(gap / way_b, 1.0 / kappa_b);
    if (way_b <= 0.0)
        return pow(gap / way_a, 1.0 / kappa_a);
    double target = log(gap), y = 0.0;
    for (int i = 0; i < 60; i++) {
        double part_a = way_a * exp(kappa_a * y), part_b = way_b * exp(kappa_b * y);
        double step = (log(part_a + part_b) - target) * (part_a + part_b) / (kappa_a * part_a + kappa_b * part_b);
        y -= step;
        if (fabs(step) <= 1e-13 * (1.0 + fabs(y)))
            break;
    }
    return exp(fmin(0.0, y));
}

static inline double sample_kappa(const input_t *in, const double *row, int64_t trial, int64_t issue, int64_t party)
{
    int64_t at = issue * in->parties + party;
    double u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_KAPPA, 0, in->kappa_hash[at]).a;
    const double *table = in->kappa_table + at * in->nodes;
    if (isnan(table[0]))
        return exp(row[KAPPA_LOG_MEAN] + row[KAPPA_LOG_SD] * normal(u));
    return table_value(table, in->nodes, u);
}

static inline double settle(const input_t *in, const double *row, int64_t trial, int64_t j)
{
    const issue_t *issue = in->issue + j;
    int64_t n = in->nodes;
    uniforms_t u = uniforms(in->s.key, trial, row[ROW_ID], DRAW_RESERVATION, 0, issue->hash);
    double edge_more = table_value(in->edge_table + (2 * j + 1) * n, n, u.a);
    double edge_less = edge_more + table_value_2(in->gap_table + (2 * j + 1) * n * n, n, u.a, u.b);
    const double *opening = in->opening + j * in->parties;
    double open_more = opening[issue->more], open_less = opening[issue->less];
    double kappa_more = sample_kappa(in, row, trial, j, issue->more);
    double kappa_less = sample_kappa(in, row, trial, j, issue->less);
    double x = crossing(open_more - open_less, open_more - edge_more, kappa_more, edge_less - open_less, kappa_less);
    if (isnan(x))
        x = 1.0;
    double value_more = open_more + (edge_more - open_more) * pow(x, kappa_more);
    double value_less = open_less + (edge_less - open_less) * pow(x, kappa_less);
    return 0.5 * (value_more + value_less);
}

#endif
