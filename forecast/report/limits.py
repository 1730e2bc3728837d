"""What every report says about method and limits, whatever the talks."""

METHODS = (
    "The talks are simulated as a sequence of attempts to hold a round. Each attempt is planned for a day and is "
    "held, postponed or cancelled; between attempts there are gaps, slips and disruptions, and parties may come "
    "without their principals. Each round held adds effort; talks close when the effort passes what these talks "
    "need, which is drawn once per trial, provided that there is room for a deal. After each attempt that does "
    "not close, the talks may collapse or stall.",
    "Parameters come from a table of past talks, with partial pooling over domains, or from expert judgement "
    "where the table says little; the latter is marked prior-driven. A draw is one set of parameters; under each "
    "draw many trials are played, each with its own hidden facts and its own luck.",
    "A probability is the share of trials. Its 90% interval runs from 5% to 95% over draws after the Monte Carlo "
    "noise has been taken out: the variance that luck alone would cause is subtracted, and the shares of the "
    "draws are pulled toward their mean accordingly.",
)
LIMITS = (
    "The table of past talks was collected to hold about half deals. Its base rate is not a rate in the world, "
    "and the probability of a deal carries that choice unless the scenario adjusts the odds.",
    "Whether talks end in a deal is hardly predictable from such data: in tests on talks left out no method beat "
    "the base rate. When a deal comes is predictable a little: the probability of a deal within 90 days gained "
    "about 6% in log score.",
    "What-ifs on mode and attendance are prior-driven. Past talks show association, not what would have happened "
    "had a round been moved or a principal stayed at home.",
    "An interval says what the parameters leave open, given the model. It does not cover a model that is wrong.",
    "Beliefs stated in the scenario are the analyst's. The forecast is no better than they are.",
)
