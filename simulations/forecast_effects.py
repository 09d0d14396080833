"""Effects of the text check in closed form, for many sets of parameters at once.

As `closed_form` over all contacts, with two strata, LABEL 0 or not, where it has reason and
hardness level: a control log tells nothing by level. In treatment LABEL 0 is believed if the menu
or the text says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.simulations.clock import Floats

CELLS: Final = ("tp", "fn", "fp", "tn")
METRICS: Final = (AR.name, PRR.name, REPEAT_RATE.name)
Draws = Mapping[str, Floats]  # by name, shape (draws,) each


@dataclass(frozen=True, slots=True)
class ForecastRates:
    """AR, PRR and 24RR over all contacts; shape (3, draws) each, in the order of `METRICS`."""

    control: Floats
    treatment: Floats

    @property
    def effects(self) -> Floats:
        """Treatment minus control."""
        return self.treatment - self.control


def forecast_rates(draws: Draws, *, max_attempts: int) -> ForecastRates:
    """Return both arms' rates.

    With w the share of a stratum's contacts in a cell, h asks at once, e asks after rejecting, a,
    p, k acceptance, positive answers and repeats by cell, eps positive answers after rejecting, kl
    repeats after silence, b hanging up while waiting:

    - AR = (1 - h) sum w a
    - PRR = sum w [a p + (1 - a) eps]
    - q = h kh + (1 - h) sum w {a k + (1 - a)[e kh + (1 - e) kl]}, repeats of a stratum's contact
    - kh = (1 - b) kh' + b ka: repeats after asking for an agent, served (kh') or not (ka)

    A stratum weighs its share of first contacts times sum_{j < max_attempts} q^j. b is the same in
    both arms, as in an A/B test whose arms wait in one queue.

    Args:
        draws: `prevalence`, `menu_error`, `menu_false_claim`; `recall`, `false_flags`: P(flagged |
            text, menu other) of LABEL 0 and of others; `acceptance.tp` and the like; of all
            use-cases `text_rate`, `asks_at_once`, `asks_after_rejecting`, `positive_if_rejected`,
            `repeat_if_served`, `repeat_if_silent`, `repeat_if_abandoned`, `abandons`.
        max_attempts: Most contacts of one issue.
    """
    no_text = np.zeros_like(draws["prevalence"])
    flagged = draws["text_rate"]
    return ForecastRates(
        control=_rates(draws, no_text, no_text, max_attempts),
        treatment=_rates(
            draws, flagged * draws["recall"], flagged * draws["false_flags"], max_attempts
        ),
    )


def _rates(draws: Draws, found: Floats, false: Floats, max_attempts: int) -> Floats:
    """Return the rates where the text moves these shares of the menu's other, shape (3, draws)."""
    error, claim = draws["menu_error"], draws["menu_false_claim"]
    to_fn, to_tn = error * (1 - found), (1 - claim) * (1 - false)
    cells = np.array([[1 - to_fn, to_fn], [1 - to_tn, to_tn]])  # truth, cell of the truth, draws
    accepts, positive, repeat = (
        np.array([draws[f"{group}.{cell}"] for cell in CELLS]).reshape(2, 2, -1)
        for group in ("acceptance", "positive", "repeat")
    )
    asks, eps = draws["asks_at_once"], draws["positive_if_rejected"]
    after_agent = repeat_after_asking(draws)
    e = draws["asks_after_rejecting"]
    rejected = e * after_agent + (1 - e) * draws["repeat_if_silent"]
    by_cell = np.array(
        [
            (1 - asks) * accepts,
            accepts * positive + (1 - accepts) * eps,
            asks * after_agent + (1 - asks) * (accepts * repeat + (1 - accepts) * rejected),
        ]
    )  # metric, truth, cell of the truth, draws
    rates = (by_cell * cells).sum(axis=2)
    q = rates[2] if max_attempts > 1 else np.zeros_like(rates[2])
    contacts = (q[..., None] ** np.arange(max_attempts)).sum(axis=-1)  # truth, draws
    share = np.array([draws["prevalence"], 1 - draws["prevalence"]])
    whole = (share * contacts).sum(axis=0)
    automation, positives, _ = (share * contacts * rates).sum(axis=1) / whole
    repeats = (share * (contacts - 1)).sum(axis=0) / whole
    return np.array([automation, positives, repeats])


def repeat_after_asking(draws: Draws) -> Floats:
    """Return P(back within 24 h | asked for an agent), waiting in vain included."""
    gone = draws["abandons"]
    after: Floats = (1 - gone) * draws["repeat_if_served"] + gone * draws["repeat_if_abandoned"]
    return after
