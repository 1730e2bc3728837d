/* What the dump holds. LAYOUT is compared with the one in the dump, which Python writes from the kernels' own types:
   when they change, the program refuses to run instead of misreading. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

#define SCALARS(X) \
    X(uint64_t, key) X(double, horizon) X(int64_t, attempts_done) X(int64_t, held_done) X(int64_t, retry_done) \
    X(int64_t, plan_kind) X(double, plan_day) X(double, anchor_day) X(double, last_planned_day) \
    X(double, last_held_day) X(int64_t, home_mode) X(int64_t, wished_mode) X(int64_t, mode_declared) X(double, tension) \
    X(double, severe_day) X(int64_t, severe_cause) X(int64_t, has_deadline) X(double, deadline_day) \
    X(int64_t, deadline_hard) X(double, adjust_closing) X(double, adjust_break_off) X(double, adjust_loss) \
    X(int64_t, sticky) X(double, switch_delay) X(int64_t, stage_start) X(int64_t, stage_rounds) \
    X(int64_t, last_status) X(double, last_tension) X(int64_t, silent) X(double, excite) X(double, excite_days) \
    X(double, overlap_least)

#define ARRAYS(X) \
    X(int64_t, ladder) X(party_t, party) X(double, party_authority) X(kind_t, kind) X(issue_t, issue) \
    X(position_t, position) X(double, edge_table) X(double, gap_table) X(double, belief_table) \
    X(double, kappa_table) X(system_t, system) X(double, base_down) X(double, base_saved) X(incident_t, incident) \
    X(stage_t, stage) X(double, go_table) X(double, scalar) X(double, mode_first) X(double, mode_stay) \
    X(double, mode_switch) X(double, kind_rate) X(double, severity) X(double, recovery_zero) \
    X(double, recovery_log_mean) X(double, recovery_sd) X(double, retreat) X(start_t, start)

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
    X(COLLAPSE_LAG_LOG_MEAN) X(COLLAPSE_LAG_SD) X(KAPPA_LOG_MEAN) X(KAPPA_LOG_SD) X(EFFORT_DONE) X(HAZARD_DONE) \
    X(HAZARD_SEEN) \
    X(GAP_LOG_ROUND) X(EFFORT_PAUSE) X(CLOSE_RATE) X(POWER_DONE) X(ODDS_LOSS_SEVERE) X(ODDS_LOSS_ABSENT) \
    X(ODDS_LOSS_VIRTUAL) X(ODDS_CLOSE_FAR) X(ODDS_COLLAPSE_INTERCEPT) X(ODDS_COLLAPSE_POSTPONED) \
    X(ODDS_COLLAPSE_CANCELLED) X(ODDS_COLLAPSE_FAR) X(ODDS_COLLAPSE_HERE) X(ODDS_STALL_INTERCEPT) \
    X(ODDS_STALL_POSTPONED) X(ODDS_STALL_CANCELLED) X(ODDS_STALL_FAR)

#define PURPOSES(X) \
    X(HABIT, 1) X(CLOSE, 2) X(NEXT, 3) X(LOSS, 4) X(END, 5) X(COLLAPSE, 6) X(ABSENTEE, 7) X(REPORT, 8) X(CLOCK, 9) \
    X(AUTHORITY, 10) X(RESERVATION, 11) X(KAPPA, 12) X(POSITION, 13) X(SYSTEM, 14) X(SANCTION, 15) X(EXCITE, 16) \
    X(CHILD, 17) X(STAGE, 18) X(INCIDENT, 19) X(START, 20) X(ANSWER, 21) X(SILENCE, 30)

typedef struct { int64_t hash, report, without, veto; } party_t;
typedef struct { int64_t hash, cause; } kind_t;
typedef struct { int64_t hash, core, yes_no; double difficulty, overlap; } issue_t;
typedef struct { int64_t hash, want, binds, exponential; double opening, start; } position_t;
typedef struct { int64_t hash, modes; double rate, repair, failover, spare, sanction; } system_t;
typedef struct { double day; int64_t system, severity; double outage, delay; } incident_t;
typedef struct { int64_t rounds, can_close, back; double effort, delay, break_off, loss; } stage_t;
typedef struct { int64_t draw, hidden, luck; } start_t;
typedef struct {
    float effort;
    int16_t end_day, attempts, rounds_held, next_day;
    int8_t ending, zopa, next_status, next_mode, next_on_time, next_cause, overflow, stage;
    int16_t retreats, system_trouble;
} trial_t;
#define RECORDS "party:hash,report,without,veto kind:hash,cause issue:hash,core,yes_no,difficulty,overlap " \
    "position:hash,want,binds,exponential,opening,start " \
    "system:hash,modes,rate,repair,failover,spare,sanction incident:day,system,severity,outage,delay " \
    "stage:rounds,can_close,back,effort,delay,break_off,loss start:draw,hidden,luck " \
    "trial:effort,end_day,attempts,rounds_held,next_day,ending,zopa,next_status,next_mode,next_on_time,next_cause," \
    "overflow,stage,retreats,system_trouble"

#define NAME_OF(type, name) #name " "
#define NAME_ONLY(name) #name " "
#define NAME_AND_VALUE(name, value) " " #name "=" #value " ",
static const char LAYOUT[] =
    "scalars " SCALARS(NAME_OF) "arrays " ARRAYS(NAME_OF) "columns " COLUMNS(NAME_ONLY) "records " RECORDS;
/* The dump names every purpose; of those this program needs to find its own. */
static const char *const ITS_PURPOSES[] = {PURPOSES(NAME_AND_VALUE)};

#define AS_ENUM(name) name,
enum { COLUMNS(AS_ENUM) N_COLUMNS };
#define AS_PLACE(type, name) AT_##name,
enum { ARRAYS(AS_PLACE) N_ARRAYS };
#define AS_PURPOSE(name, value) DRAW_##name = value,
enum { PURPOSES(AS_PURPOSE) };
enum { AGREEMENT, PARTIAL, COLLAPSE, STALL, LAPSE, ONGOING };
enum { HELD, POSTPONED, CANCELLED, NONE };
enum { IN_PERSON, PROXIMITY, SHUTTLE, HYBRID, REMOTE, CORRESPONDENCE, N_MODES };
enum { CAUSE_NONE, CAUSE_OTHER, CAUSE_ABSENCE, CAUSE_ESCALATION, CAUSE_POLITICAL = 5, CAUSE_SYSTEM = 8, N_CAUSES = 10 };
enum { GIVEN, FRESH, AFTER_HELD, AFTER_POSTPONED, AFTER_CANCELLED };
enum { REPORT_ABSENT, REPORT_PRESENT, REPORT_UNKNOWN, NO_PRINCIPAL };
enum { DELEGATE, JOIN_REMOTE, STAY_AWAY };
enum { TOO_MANY_ATTEMPTS = 1, TOO_MANY_EVENTS = 2, MAX_ATTEMPTS = 64, MAX_EVENTS = 256 };
enum { MAX_OUTAGES = 64, MOST_FAILURES = 100000, MOST_CHILDREN = 60, GOES_ON = -1 };

#define AS_SCALAR(type, name) type name;
#define AS_ARRAY(type, name) const type *name;
typedef struct {
    struct { SCALARS(AS_SCALAR) } s;
    ARRAYS(AS_ARRAY)
    int64_t draws, parties, kinds, issues, systems, incidents, stages, rungs, placed, nodes;
} input_t;

typedef struct {
    trial_t *trial;
    float *settlement;
    int8_t *issue_closed;
    int16_t *absent, *n_disruptions, *first_disruption;
    float *downtime;
    int16_t *system_lost;
} output_t;

/* Working memory of the thread. */
typedef struct { double next, since, downtime, forced, u_up; int64_t place, down, count, lost; } wear_t;
typedef struct { double start, end; int64_t system; } outage_t;
typedef struct { double time; int64_t kind; double u_severity, u_zero, u_recovery; } queued_t;
typedef struct {
    double tension, tension_today, severe_day, severe_today;
    int64_t severe_cause, cause_today, events, queued, done, waiting;
    double *clock, *reserve, *kappa;
    int64_t *count;
    wear_t *wear;
    outage_t outage[MAX_OUTAGES];
    queued_t queue[MAX_EVENTS];
} state_t;

#endif
