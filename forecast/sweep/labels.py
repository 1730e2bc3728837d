"""Which parameters of the law a field of a scenario moves, and which of those rest on judgement."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from forecast.posterior.layout import PARAMETERS
from forecast.summary.prior import PriorDriven

_MODE = ("outcome.effort_virtual", "outcome.effort_mediated")
#: Pattern of a path -> what of the law acts through that field and is not well informed by past talks: names of
#: parameters, or words for what the scenario itself states. The first pattern that fits counts.
MOVES: dict[str, tuple[str, ...]] = {
    "parties.*.present*": ("outcome.effort_absent", "participation.retreat"),
    "parties.*.principal*": ("outcome.effort_absent", "participation.retreat"),
    "parties.*.without_principal*": ("outcome.effort_absent", "outcome.effort_virtual", "participation.retreat"),
    "parties.*.delegate_authority*": ("outcome.effort_absent", "a delegate's authority, stated in the scenario"),
    "next_round.fallback*": ("participation.retreat", *_MODE),
    "next_round.sticky*": ("participation.retreat", *_MODE),
    "next_round.mode*": _MODE,
    "next_round": ("participation.retreat", *_MODE),
    "mediator*": ("participation.mode_first_mediated", "outcome.effort_mediated"),
    "deadline*": ("calendar.gap_near_deadline",),
    "issues.*.kappa*": ("offers.kappa_log_mean",),
    "issues*": ("outcome.zopa", "reservation values, stated in the scenario"),
    "beliefs_weight": ("outcome.zopa", "reservation values, stated in the scenario"),
    "disruptions.kinds.novel*": ("disruption.novel_share",),
    "disruptions.kinds.*.rate_per_attempt*": ("a kind of disruption stated in the scenario",),
    "disruptions.kinds.*.severity*": ("a kind of disruption stated in the scenario",),
    "disruptions.kinds.*.recovery*": ("a kind of disruption stated in the scenario",),
    "disruptions.excitation*": ("events that set off others, stated in the scenario",),
    "disruptions.kinds.*": ("a rate stated in the scenario",),
    "adjust*": ("log-odds stated in the scenario",),
    "systems*": ("rates of failure and repair, from published sources or expert judgement",),
    "mode_switch_delay_days": ("a delay from expert judgement, or stated in the scenario",),
    "injections*": ("failures stated in the scenario", "participation.retreat"),
    "stage*": ("stages of the talks stated in the scenario",),
    "ratification*": ("a step stated in the scenario",),
    "implementation*": ("a step stated in the scenario",),
}


def what_moves(paths: Iterable[str]) -> list[PriorDriven]:
    """List what is prior-driven in the effect of changing some fields.

    Parameters
    ----------
    paths : iterable of str
        Paths of fields, such as ``parties.iran.present``.

    Returns
    -------
    list of PriorDriven
        One for each field that acts through something past talks hardly inform, in the order given; empty when
        the effect is calibrated.

    Examples
    --------
    >>> what_moves(["parties.iran.present"])[0].reason
    'acts through log effort of a round without a principal; probability of another mode instead of a lost attempt'
    >>> what_moves(["horizon_days"])
    []
    """
    out = []
    for path in dict.fromkeys(paths):
        moved = next((moved for pattern, moved in MOVES.items() if fnmatchcase(path, pattern)), ())
        words = [PARAMETERS[name].long_name if name in PARAMETERS else name for name in moved
                 if name not in PARAMETERS or PARAMETERS[name].role != "calibrated"]
        if words:
            out.append(PriorDriven(path, f"acts through {'; '.join(words)}", ("difference",)))
    return out
