/* Beliefs as tables, reservation values, positions, settlements. */
#ifndef TERMS_H
#define TERMS_H

#include "layout.h"
#include "philox.h"

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

/* Rank of a value under a belief and the density there: next to none beyond it. */
static inline double rank_in(const double *table, int64_t nodes, double value, double *density)
{
    int64_t n = nodes - 1, low, high;
    double f = 0.0;
    if (value <= table[0]) {
        low = 0;
        high = 1;
    } else if (value >= table[n]) {
        low = n - 1;
        high = n;
        f = 1.0;
    } else {
        low = 0;
        high = n;
        while (high - low > 1) {
            int64_t middle = (low + high) / 2;
            if (table[middle] <= value)
                low = middle;
            else
                high = middle;
        }
        f = (value - table[low]) / (table[high] - table[low]);
    }
    double rank = 0.5 * (1.0 - cos(M_PI * ((double)low + f) / (double)n));
    double beyond = fmax(table[0] - value, value - table[n]);
    double step = 0.5 * (cos(M_PI * (double)low / (double)n) - cos(M_PI * (double)high / (double)n));
    double width = table[high] - table[low];
    int outside = beyond > 1e-9 * (fabs(table[0]) + fabs(table[n]));
    *density = outside ? 1e-200 / beyond : width > 0.0 ? step / width : 1e200;
    return rank;
}

static inline double conceded(const position_t *p, double x, double kappa)
{
    double y = fmin(1.0, x);
    if (p->exponential)
        return exp(pow(1.0 - y, 1.0 / kappa) * log(p->start));
    return p->start + (1.0 - p->start) * pow(y, kappa);
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

/* Where a party that wants more and one that wants less meet; NAN when 1 is not enough. */
static inline double first_share(const position_t *a, const position_t *b, double reserve_a, double reserve_b,
                                 double kappa_a, double kappa_b)
{
    double gap = a->opening - b->opening, way_a = a->opening - reserve_a, way_b = reserve_b - b->opening;
    if (!a->exponential && !b->exponential)
        return crossing(gap - a->start * way_a - b->start * way_b, (1.0 - a->start) * way_a, kappa_a,
                        (1.0 - b->start) * way_b, kappa_b);
    if (way_a + way_b < gap)
        return NAN;
    if (way_a * conceded(a, 0.0, kappa_a) + way_b * conceded(b, 0.0, kappa_b) >= gap)
        return 0.0;
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; i++) {
        double x = 0.5 * (low + high);
        if (way_a * conceded(a, x, kappa_a) + way_b * conceded(b, x, kappa_b) < gap)
            low = x;
        else
            high = x;
    }
    return high;
}

static inline double sample_kappa(const input_t *in, const double *row, int64_t hidden, int64_t hash,
                                  const double *table)
{
    double u = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_KAPPA, 0, hash).a;
    if (isnan(table[0]))
        return exp(row[KAPPA_LOG_MEAN] + row[KAPPA_LOG_SD] * normal(u));
    return table_value(table, in->nodes, u);
}

/* One side of an issue, given its binding reservation value: who holds it, and where the others are. */
static void fill_side(const input_t *in, const double *row, int64_t hidden, const position_t *position,
                      const double *beliefs, int64_t want, double edge, double u_holder, double *reserve)
{
    double total = 0.0, density;
    for (int64_t p = 0; p < in->parties; p++)
        if (position[p].want == want && position[p].binds) {
            double rank = rank_in(beliefs + p * in->nodes, in->nodes, edge, &density);
            total += density / fmax(want == 1 ? rank : 1.0 - rank, 1e-12);
        }
    double target = u_holder * total;
    int found = 0;
    for (int64_t p = 0; p < in->parties; p++)
        if (position[p].want == want && position[p].binds) {
            const double *belief = beliefs + p * in->nodes;
            double rank = rank_in(belief, in->nodes, edge, &density), share = want == 1 ? rank : 1.0 - rank;
            target -= density / fmax(share, 1e-12);
            if (!found && target <= 0.0) {
                found = 1;
                reserve[p] = edge;
                continue;
            }
            double u = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_POSITION, 0, position[p].hash).a;
            if (want == 1)
                reserve[p] = fmin(edge, table_value(belief, in->nodes, u * share));
            else
                reserve[p] = fmax(edge, table_value(belief, in->nodes, rank + u * share));
        }
}

static double answer_of(const position_t *p, int gives_in) { return (p->want == 1) == !gives_in ? 1.0 : 0.0; }

/* One side of a yes-or-no issue, given whether all of it give in. */
static void fill_answers(const input_t *in, const double *row, int64_t hidden, const position_t *position,
                         const double *beliefs, int64_t want, int all_give_in, double *reserve)
{
    double left = 1.0;
    int firm = 0;
    for (int64_t p = 0; p < in->parties; p++)
        if (position[p].want == want && position[p].binds)
            left *= beliefs[p * in->nodes];
    for (int64_t p = 0; p < in->parties; p++)
        if (position[p].want == want && position[p].binds) {
            double a = beliefs[p * in->nodes];
            int gives_in = all_give_in;
            if (!all_give_in) {
                double u = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_POSITION, 0, position[p].hash).a;
                if (!firm) {
                    gives_in = u * (1.0 - left) >= 1.0 - a;
                    left = a > 0.0 ? left / a : 0.0;
                } else
                    gives_in = u < a;
                firm += !gives_in;
            }
            reserve[p] = answer_of(position + p, gives_in);
        }
}

/* Reservation values and kappas of all parties on an issue that can be settled. */
static void draw_issue(const input_t *in, const double *row, int64_t hidden, int64_t j, double *reserve, double *kappa)
{
    int64_t n = in->nodes, yes_no = in->issue[j].yes_no, more = 0, less = 0;
    const position_t *position = in->position + j * in->parties;
    const double *edges = in->edge_table + (2 * j + 1) * n, *beliefs = in->belief_table + j * in->parties * n;
    uniforms_t u = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_RESERVATION, 0, in->issue[j].hash);
    double edge = table_value(edges, n, u.a);
    double other = edge + table_value_2(in->gap_table + (2 * j + 1) * n * n, n, u.a, u.b);
    if (yes_no) {
        edge = u.a < edges[0] ? 0.0 : u.a < edges[1] ? 1.0 : 0.0;
        other = u.a < edges[0] ? 0.0 : 1.0;
    }
    for (int64_t p = 0; p < in->parties; p++) {
        reserve[p] = kappa[p] = NAN;
        if (position[p].want == 0)
            continue;
        kappa[p] = sample_kappa(in, row, hidden, position[p].hash, in->kappa_table + (j * in->parties + p) * n);
        if (!position[p].binds) {
            double w = uniforms(in->s.key, hidden, row[ROW_ID], DRAW_POSITION, 0, position[p].hash).a;
            reserve[p] = yes_no ? answer_of(position + p, w < beliefs[p * n]) : table_value(beliefs + p * n, n, w);
        } else if (position[p].want == 1) {
            more++;
            reserve[p] = edge;
        } else {
            less++;
            reserve[p] = other;
        }
    }
    if (yes_no) {
        if (more > 1)
            fill_answers(in, row, hidden, position, beliefs, 1, edge == 0.0, reserve);
        if (less > 1)
            fill_answers(in, row, hidden, position, beliefs, -1, other == 1.0, reserve);
        return;
    }
    if (more > 1)
        fill_side(in, row, hidden, position, beliefs, 1, edge, u.c, reserve);
    if (less > 1)
        fill_side(in, row, hidden, position, beliefs, -1, other, u.d, reserve);
}

static double settle(const input_t *in, const double *row, int64_t hidden, int64_t j, double *reserve, double *kappa)
{
    const position_t *position = in->position + j * in->parties;
    double meeting = -1.0, low = -INFINITY, high = INFINITY;
    draw_issue(in, row, hidden, j, reserve, kappa);
    for (int64_t a = 0; a < in->parties; a++)
        for (int64_t b = 0; b < in->parties; b++)
            if (position[a].want == 1 && position[a].binds && position[b].want == -1 && position[b].binds) {
                double x = first_share(position + a, position + b, reserve[a], reserve[b], kappa[a], kappa[b]);
                meeting = fmax(meeting, isnan(x) ? 1.0 : x);
            }
    for (int64_t p = 0; p < in->parties; p++)
        if (position[p].want != 0 && position[p].binds) {
            double opening = position[p].opening;
            double value = opening + (reserve[p] - opening) * conceded(position + p, meeting, kappa[p]);
            if (position[p].want == 1)
                low = fmax(low, value);
            else
                high = fmin(high, value);
        }
    double value = 0.5 * (low + high);
    if (!in->issue[j].yes_no)
        return value;
    if (fabs(value - 0.5) > 1e-9)
        return value > 0.5 ? 1.0 : 0.0;
    return uniforms(in->s.key, hidden, row[ROW_ID], DRAW_ANSWER, 0, in->issue[j].hash).a < 0.5 ? 1.0 : 0.0;
}

#endif
