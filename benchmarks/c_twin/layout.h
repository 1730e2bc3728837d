/* What the dump holds. LAYOUT is compared with the one in the dump, which Python writes from the kernels' own types:
   when they change, the program refuses to run instead of misreading. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

#define SCALARS(X) \
    X(uint64_t, key) X(double, horizon) X(int64_t, attempts_done) X(int64_t, held_done) X(int64_t, retry_done) \
    X(int64_t, plan_kind) X(double, plan_day) X(double, anchor_day) X(double, last_planned_day) \
    X(int64_t, home_mode) X(int64_t, wished_mode) X(int64_t, mode_declared) X(double, tension) \
    X(double, severe_day) X(int64_t, severe_cause) X(int64_t, has_deadline) X(double, deadline_day) \
    X(int64_t, deadline_hard) X(double, adjust_closing) X(double, adjust_break_off) X(double, adjust_loss) \
    X(int64_t, sticky) X(double, overlap_least)

#define ARRAYS(X) \
    X(int64_t, ladder) X(party_t, party) X(double, party_authority) X(kind_t, kind) X(issue_t, issue) \
    X(double, opening) X(double, edge_table) X(double, gap_table) X(int64_t, kappa_hash) X(double, kappa_table) \
    X(double, scalar) X(double, mode_first) X(double, mode_stay) X(double, mode_switch) X(double, kind_rate) \
    X(double, severity) X(double, recovery_zero) X(double, recovery_log_mean) X(double, recovery_sd) \
    X(double, retreat)

#define COLUMNS(X) \
    X(ROW_ID) X(GAP_LOG_MEAN) X(GAP_PACE_SD) X(GAP_SD) X(GAP_WIDE_SHARE) X(GAP_WIDE_RATIO) X(GAP_NEAR_DEADLINE) \
    X(GAP_AFTER_CANCELLED) X(SLIP_LOG_MEAN) X(SLIP_SD) X(SLIP_PACE_LOADING) X(SLIP_UNLISTED_SHARE) \
    X(SLIP_UNLISTED_SHIFT) X(LENGTH_ZERO) X(LENGTH_LOG_MEAN) X(LENGTH_SD) X(LOSS_LOGIT) X(LOSS_SD) X(LOSS_SEVERE) \
    X(LOSS_ABSENT) X(LOSS_VIRTUAL) X(CANCELLED_LOGIT) X(CANCELLED_ABSENT) X(CANCELLED_SEVERE) X(ABSENT_LOGIT) \
    X(ABSENT_SD) X(ABSENT_HABIT_SHARE) X(REPORT_RIGHT) X(MODE_HOME) X(MODE_KEEP_AFTER_LOSS) X(PULSE_DAYS) \
    X(PULSE_BACKGROUND) X(PULSE_AFTER) X(PULSE_BEFORE) X(CLOSE_LOG_SCALE) X(CLOSE_SHAPE) X(CLOSE_FAR) X(ZOPA) \
    X(EFFORT_VIRTUAL) X(EFFORT_MEDIATED) X(EFFORT_ABSENT) X(COLLAPSE_INTERCEPT) X(COLLAPSE_POSTPONED) \
    X(COLLAPSE_CANCELLED) X(COLLAPSE_TENSION) X(COLLAPSE_FAR) X(COLLAPSE_HERE) X(STALL_INTERCEPT) \
    X(STALL_POSTPONED) X(STALL_CANCELLED) X(STALL_FAR) X(STALL_LOG_ATTEMPT) X(PARTIAL_SHARE) X(COLLAPSE_SAME_DAY) \
    X(COLLAPSE_LAG_LOG_MEAN) X(COLLAPSE_LAG_SD) X(KAPPA_LOG_MEAN) X(KAPPA_LOG_SD) X(EFFORT_DONE) X(HAZARD_DONE)

#define PURPOSES(X) \
    X(HABIT, 1) X(CLOSE, 2) X(NEXT, 3) X(LOSS, 4) X(END, 5) X(COLLAPSE, 6) X(ABSENTEE, 7) X(REPORT, 8) X(CLOCK, 9) \
    X(AUTHORITY, 10) X(RESERVATION, 11) X(KAPPA, 12)

typedef struct { int64_t hash, report, without, veto; } party_t;
typedef struct { int64_t hash, cause; } kind_t;
typedef struct { int64_t hash, core, more, less; double difficulty, overlap; } issue_t;
typedef struct {
    float effort;
    int16_t end_day, attempts, rounds_held, next_day;
    int8_t ending, zopa, next_status, next_mode, next_on_time, next_cause, overflow, spare;
} trial_t;
#define RECORDS "party:hash,report,without,veto kind:hash,cause issue:hash,core,more,less,difficulty,overlap " \
    "trial:effort,end_day,attempts,rounds_held,next_day,ending,zopa,next_status,next_mode,next_on_time,next_cause," \
    "overflow,spare"

#define NAME_OF(type, name) #name " "
#define NAME_ONLY(name) #name " "
#define NAME_AND_VALUE(name, value) #name "=" #value " "
static const char LAYOUT[] =
    "scalars " SCALARS(NAME_OF) "arrays " ARRAYS(NAME_OF) "columns " COLUMNS(NAME_ONLY) "purposes "
    PURPOSES(NAME_AND_VALUE) "records " RECORDS;

#define AS_ENUM(name) name,
enum { COLUMNS(AS_ENUM) N_COLUMNS };
#define AS_PLACE(type, name) AT_##name,
enum { ARRAYS(AS_PLACE) N_ARRAYS };
#define AS_PURPOSE(name, value) DRAW_##name = value,
enum { PURPOSES(AS_PURPOSE) N_PURPOSES };
enum { AGREEMENT, PARTIAL, COLLAPSE, STALL, LAPSE, ONGOING };
enum { HELD, POSTPONED, CANCELLED, NONE };
enum { IN_PERSON, PROXIMITY, SHUTTLE, HYBRID, REMOTE, CORRESPONDENCE, N_MODES };
enum { CAUSE_NONE, CAUSE_OTHER, CAUSE_ABSENCE, N_CAUSES = 10 };
enum { GIVEN, FRESH, AFTER_HELD, AFTER_POSTPONED, AFTER_CANCELLED };
enum { REPORT_ABSENT, REPORT_PRESENT, REPORT_UNKNOWN, NO_PRINCIPAL };
enum { DELEGATE, JOIN_REMOTE, STAY_AWAY };
enum { TOO_MANY_ATTEMPTS = 1, TOO_MANY_EVENTS = 2, MAX_ATTEMPTS = 64, MAX_EVENTS = 256, GOES_ON = -1 };

#define AS_SCALAR(type, name) type name;
#define AS_ARRAY(type, name) const type *name;
typedef struct {
    struct { SCALARS(AS_SCALAR) } s;
    ARRAYS(AS_ARRAY)
    int64_t draws, parties, kinds, issues, rungs, nodes;
} input_t;

typedef struct {
    trial_t *trial;
    float *settlement;
    int8_t *issue_closed;
    int16_t *absent, *n_disruptions, *first_disruption;
} output_t;

#endif
