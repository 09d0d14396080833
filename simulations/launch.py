"""What a launch of the text check would bring, in closed form, at any threshold."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.closed_form import Rates, arm_rates, belief_weights, cell_weights
from abkit.simulations.harm import with_recall_shift
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import FN, FP, LEVELS, TN, TP, Scenario

VALUE: Final = "value"
PER: Final = 1_000  # contacts, of a value
QUANTITIES: Final = (AR.name, PRR.name, REPEAT_RATE.name, VALUE)
_NO_FLAGS: Final = np.zeros((len(REASONS), LEVELS))


def with_check(scenario: Scenario, arm: str, *, policy: Policy, threshold: float) -> Scenario:
    """Return the scenario whose arm runs that policy from that score on."""
    changed = scenario.arms[arm].model_copy(update={"policy": policy, "threshold": threshold})
    return scenario.model_copy(update={"arms": {**scenario.arms, arm: changed}})


def quantities(scenario: Scenario, rates: Rates, weights: Mapping[str, float]) -> Floats:
    """Return (AR, PRR, 24RR, value per 1,000 contacts), shape (4,).

    With h asks at once, e asks after rejecting, rho the response rate, per contact:

    - positive: rho (1 - h) PRR
    - escalated: h + e (1 - h - AR)
    """
    shared = scenario.customers
    offered = 1 - shared.asks_at_once
    per_contact = {
        "automated": rates.automation,
        "positive": shared.response_rate * offered * rates.positive,
        "repeat": rates.repeat,
        "escalated": shared.asks_at_once
        + shared.asks_after_rejecting * (offered - rates.automation),
    }
    value = PER * sum(weight * per_contact[name] for name, weight in weights.items())
    return np.array([rates.automation, rates.positive, rates.repeat, value])


def launch_gains(
    scenario: Scenario,
    use_case: str,
    *,
    flags: Floats,
    shifts: Floats,
    weights: Mapping[str, float],
    control: str,
    treatment: str,
) -> Floats:
    """Return what everybody treated has above everybody in control, over all contacts.

    Args:
        scenario: Its treatment arm states the policy; agents are taken to be unlimited.
        use_case: Which use-case.
        flags: P(flagged | text) by threshold, true reason and level, shape (t, 5, 5).
        shifts: Of the recall's log-odds, at each threshold, shape (t,).
        weights: Of the value function.
        control: An arm whose policy reads no text.
        treatment: The arm that does.

    Returns:
        Gains in `QUANTITIES`, shape (t, 4).
    """

    def made(arm: str, flagged: Floats) -> Floats:
        cells = cell_weights(scenario, use_case, arm, flagged)
        return quantities(scenario, arm_rates(scenario, use_case, cells).every, weights)

    before = made(control, _NO_FLAGS)
    return np.array(
        [
            made(treatment, with_recall_shift(flagged, shift)) - before
            for flagged, shift in zip(flags, shifts, strict=True)
        ]
    )


def rule(scenario: Scenario, use_case: str) -> tuple[float, float] | None:
    """Return what a flag must reach for AR, and the prior it is to be read at.

    A flag moves a contact from FN to TP, which gains G = a_TP - a_FN of acceptance, or from TN to
    FP, which costs g = a_TN - a_FP. So it pays where P(LABEL 0 | text, menu other) >= g / (g + G).
    Among customers whose menu says something else the share of LABEL 0 is the second number.

    Returns:
        None where that probability lies outside (0, 1): no flag pays, every flag does, or nobody
        of a class has selected something else.

    References:
        Elkan (2001), The Foundations of Cost-Sensitive Learning, IJCAI, section 2.
    """
    accepts = scenario.use_cases[use_case].acceptance.values()
    gain, harm = accepts[TP] - accepts[FN], accepts[TN] - accepts[FP]
    believer = next(iter(scenario.arms))
    menu = with_check(scenario, believer, policy="menu", threshold=0.0)
    weights = belief_weights(menu, use_case, believer, _NO_FLAGS)[..., np.arange(5) != DEFECTIVE]
    prior = float(weights[DEFECTIVE].sum() / weights.sum()) if weights.sum() else 0.0
    if gain <= 0 or harm <= 0 or not 0 < prior < 1:
        return None
    return harm / (harm + gain), prior
