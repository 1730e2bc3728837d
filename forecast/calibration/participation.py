"""The participation block: modes of rounds, absent principals, another mode instead of a lost attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.calibration.likelihood import add_likelihood, bernoulli_logit
from forecast.calibration.rows import as_data, coords

if TYPE_CHECKING:
    import pymc as pm

IMPOSSIBLE = -30.0
"""Log-odds of a mode that needs a mediator where there is none."""


class ParticipationRows(NamedTuple):
    """Rows that inform participation; one table per prefix, one ``_weight`` (0 = not used) each.

    Parameters
    ----------
    talks : int
        Number of talks; ``absence_talk`` indexes them.
    first_mode, first_mediated, first_pandemic : ndarray, (talks with a known first mode,)
    move_from, move_home, move_to, move_mediated, move_pandemic, move_lost : ndarray, (pairs,)
        From the mode of an attempt to the mode of the next; ``move_lost`` is 1 when the former was lost.
    absence_absent, absence_talk, absence_domain : ndarray, (attempts,)
    side_same : ndarray, (successive absences of the same talks,)
        1 when the same side stayed away again.
    side_others : ndarray, (successive absences,)
        Number of the other sides.
    cause_retreats, cause_losses, cause_weight : ndarray, (causes,)
        Changes of mode that saved a round, and lost attempts, by cause.
    """

    talks: int
    first_mode: np.ndarray
    first_mediated: np.ndarray
    first_pandemic: np.ndarray
    first_weight: np.ndarray
    move_from: np.ndarray
    move_home: np.ndarray
    move_to: np.ndarray
    move_mediated: np.ndarray
    move_pandemic: np.ndarray
    move_lost: np.ndarray
    move_weight: np.ndarray
    absence_absent: np.ndarray
    absence_talk: np.ndarray
    absence_domain: np.ndarray
    absence_weight: np.ndarray
    side_same: np.ndarray
    side_others: np.ndarray
    side_weight: np.ndarray
    cause_retreats: np.ndarray
    cause_losses: np.ndarray
    cause_weight: np.ndarray


INFORMED_BY = {
    "mode_first_logit": ("first rounds, by mode", "first"),
    "mode_first_mediated": ("first rounds with a mediator", "first_mediated"),
    "mode_first_pandemic": ("first rounds in the pandemic", "first_pandemic"),
    "mode_stay": ("pairs of a round and the next attempt, by mode", "move"),
    "mode_home": ("pairs of a round and the next attempt", "move"),
    "mode_switch_logit": ("pairs of a round and the next attempt", "move"),
    "mode_switch_pandemic": ("pairs in the pandemic", "move_pandemic"),
    "mode_keep_after_loss": ("lost attempts followed by another", "move_lost"),
    "absent_logit": ("attempts, by domain", "absence"),
    "absent_sd": ("attempts", "absence"),
    "absent_habit_share": ("successive absences of the same talks", "side"),
    "retreat": ("recorded changes of mode and lost attempts, by cause", "cause_total"),
}
"""Parameter -> the data that inform it, and the column (or table) whose weighted sum is their number."""


def participation_model(rows: ParticipationRows) -> pm.Model:
    r"""Build the model of participation.

    Parameters
    ----------
    rows : ParticipationRows

    Returns
    -------
    pm.Model
        Variables named as in the layout of posteriors (all but the stated ones), plus talk effects.

    Notes
    -----
    With current mode i, home mode h (the first of the talks) and a pandemic flag v,

    .. math:: P(j) = s_i [j=i] + (1-s_i) (H [j=h] + (1-H) softmax_j(\beta_j + \phi v [j\ hybrid, remote])).

    Proximity and shuttle need a mediator, in both softmaxes. After a lost attempt the wished mode survives with a
    probability of its own, else the chain moves. Absence is a habit of the talks: logit =
    a_d + q_t. The habitual absentee takes a share g of the absences, the n other sides the rest, so two
    successive absences are of the same side with probability g^2 + (1-g)^2 / n.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords=coords("mode", "domain", "cause", talks=rows.talks)) as model:
        data = as_data(rows)
        needs_mediator = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
        by_video = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 0.0])

        # First mode: in person is the rule (a softmax against exp(-1) or so for the rare ones).
        first = pm.Normal("mode_first_logit", np.array([2.0, 0.0, -1.0, -1.0, -1.0, -1.0]), 1.0, dims="mode")
        mediated = pm.Normal("mode_first_mediated", 1.0, 1.0)
        pandemic = pm.Normal("mode_first_pandemic", 1.0, 1.0)
        logits = (
            first
            + needs_mediator * pt.switch(pt.eq(data.first_mediated, 1), mediated, IMPOSSIBLE)[:, None]
            + by_video * (pandemic * data.first_pandemic)[:, None]
        )
        chosen = logits[pt.arange(data.first_mode.shape[0]), data.first_mode]
        add_likelihood("first", chosen - pt.logsumexp(logits, axis=1), data.first_weight)

        # Next modes: most rounds keep the mode.
        stay = pm.Beta("mode_stay", 3.0, 1.5, dims="mode")
        home = pm.Beta("mode_home", 1.5, 1.5)
        switch = pm.Normal("mode_switch_logit", np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), 1.0, dims="mode")
        pandemic = pm.Normal("mode_switch_pandemic", 1.0, 1.0)
        logits = (
            switch
            + needs_mediator * pt.switch(pt.eq(data.move_mediated, 1), 0.0, IMPOSSIBLE)[:, None]
            + by_video * (pandemic * data.move_pandemic)[:, None]
        )
        chosen = logits[pt.arange(data.move_to.shape[0]), data.move_to]
        target = pt.exp(chosen - pt.logsumexp(logits, axis=1))
        stays, same = stay[data.move_from], pt.eq(data.move_to, data.move_from)
        chain = stays * same + (1.0 - stays) * (
            home * pt.eq(data.move_to, data.move_home) + (1.0 - home) * target
        )
        # After a loss the wish survives, or the chain moves on (and may stay).
        keep = pm.Beta("mode_keep_after_loss", 3.0, 1.0)
        probability = pt.switch(pt.eq(data.move_lost, 1), keep * same + (1.0 - keep) * chain, chain)
        add_likelihood("move", pt.log(probability), data.move_weight)

        # Absence: one attempt in twelve, rarer where the table has none.
        grand = pm.Normal("absent_grand", -2.5, 1.0)
        domain_sd = pm.HalfNormal("absent_domain_sd", 1.0)
        offset = pm.Normal("absent_offset", 0.0, 1.0, dims="domain")
        logit = pm.Deterministic("absent_logit", grand + domain_sd * offset, dims="domain")
        habit_sd = pm.HalfNormal("absent_sd", 1.0)
        habit = pm.Normal("absent_habit", 0.0, 1.0, dims="talk")
        logits = logit[data.absence_domain] + habit_sd * habit[data.absence_talk]
        add_likelihood("absence", bernoulli_logit(data.absence_absent, logits), data.absence_weight)
        # More than half by its meaning: with two sides the other solution is the same habit by another name.
        excess = pm.Beta("absent_habit_excess", 1.5, 1.5)
        share = pm.Deterministic("absent_habit_share", 0.5 + 0.5 * excess)
        same = share**2 + (1.0 - share) ** 2 / data.side_others
        add_likelihood("side", pt.log(pt.switch(pt.eq(data.side_same, 1), same, 1.0 - same)), data.side_weight)

        # Retreat: one in seven overall; a cause without a record takes the overall rate and its spread.
        retreat_grand = pm.Normal("retreat_grand", -1.8, 0.7)
        retreat_sd = pm.HalfNormal("retreat_sd", 0.7)
        retreat_offset = pm.Normal("retreat_offset", 0.0, 1.0, dims="cause")
        logit = retreat_grand + retreat_sd * retreat_offset
        pm.Deterministic("retreat", pm.math.sigmoid(logit), dims="cause")
        counts = -data.cause_retreats * pt.softplus(-logit) - data.cause_losses * pt.softplus(logit)
        add_likelihood("cause", counts, data.cause_weight)
    return model
