"""What a scenario assumes of wrong flags and of the recall, moved to other assumptions."""

from typing import Final

import numpy as np
from scipy import special

from abkit.core.errors import ConfigError
from abkit.core.reasons import DEFECTIVE
from abkit.simulations.clock import Floats
from abkit.simulations.scenario import Scenario

_LEAST: Final = 0.005  # an acceptance nearer to 0 or 1 has log-odds that say nothing
HARM_CELLS: Final = ("acceptance", "positive", "repeat")


def harm_gap(scenario: Scenario, use_case: str) -> float:
    """Return a_TN - a_FP: how much less often a wrong LABEL 0 is accepted than what would fit."""
    cells = scenario.use_cases[use_case].acceptance
    return cells.tn - cells.fp


def most_harm(scenario: Scenario, use_case: str) -> float:
    """Return the largest gap that `with_harm` can set: all but nobody accepts a wrong LABEL 0."""
    return scenario.use_cases[use_case].acceptance.tn - _LEAST


def with_harm(scenario: Scenario, gap: float) -> Scenario:
    """Return the scenario in which a wrong flag costs `gap` of acceptance, in every use-case.

    The cells of customers whose true reason is another and who are believed LABEL 0 move: the
    acceptance to a_TN - gap; on the log-odds scale by s, say. The other two cells move along, so
    that who accepts such an offer nevertheless is less content, too:

    - logit a_FP' = logit a_FP + s = logit(a_TN - gap)
    - logit p_FP' = logit p_FP + s
    - logit k_FP' = logit k_FP - s

    At the scenario's own gap nothing changes; 0 and 1 stay what they are.

    Raises:
        ConfigError: The gap leaves no acceptance in (0, 1) in some use-case.
    """
    cases = {}
    for name, case in scenario.use_cases.items():
        accepted = case.acceptance.tn - gap
        if not 0 < accepted < 1:
            raise ConfigError(
                f"`harm` is {gap:g}, but `use_cases.{name}.acceptance.tn` is "
                f"{case.acceptance.tn:g}; expected a gap that leaves an acceptance in (0, 1)",
                hint=f"at most {most_harm(scenario, name):.3g} in this use-case",
            )
        own = float(np.clip(case.acceptance.fp, _LEAST, 1 - _LEAST))
        shift = float(special.logit(accepted) - special.logit(own))
        fp = {
            "acceptance": accepted,
            "positive": _moved(case.positive.fp, shift),
            "repeat": _moved(case.repeat.fp, -shift),
        }
        if gap == harm_gap(scenario, name):
            fp = {cell: getattr(case, cell).fp for cell in HARM_CELLS}
        cases[name] = case.model_copy(
            update={
                cell: getattr(case, cell).model_copy(update={"fp": fp[cell]}) for cell in HARM_CELLS
            }
        )
    return scenario.model_copy(update={"use_cases": cases})


def _moved(share: float, shift: float) -> float:
    return float(special.expit(special.logit(share) + shift))


def with_recall_shift(flags: Floats, shift: float) -> Floats:
    """Return P(flagged | text), shape (5, 5), with LABEL 0's row moved by `shift` in log-odds.

    Its other rows stay: what is in doubt is how many LABEL 0 texts are found.
    """
    moved = flags.copy()
    moved[DEFECTIVE] = special.expit(special.logit(flags[DEFECTIVE]) + shift)
    return moved


def recall_error(recall: float, n_positive: int) -> float:
    """Return the standard error of a recall's log-odds, seen on that many LABEL 0 texts.

    sqrt(1 / (n r (1 - r))), with r = (n recall + 1/2) / (n + 1), so that it stays finite where
    all of them, or none, are found.
    """
    r = (n_positive * recall + 0.5) / (n_positive + 1)
    return float(1 / np.sqrt(n_positive * r * (1 - r)))
