/* Who is missing from an attempt, and what that does to it. */
#ifndef ATTENDANCE_H
#define ATTENDANCE_H

#include "law.h"
#include "terms.h"

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

#endif
