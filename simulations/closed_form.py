"""What the bot achieves with unlimited agents, exactly: no draw, no clock.

Customers fall into strata (true reason, hardness level). Within a stratum contacts are alike and
independent, so a rate is a sum over strata and cells (true reason, does the offer fit it?); an
issue's contacts are geometric in each stratum. Recall among mis-selected customers, which
differs from overall recall because hardness tilts both menu and text, falls out of the sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abkit.core.errors import unknown_choice
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.conversation import wrong_menu_shares
from abkit.simulations.policies import beliefs
from abkit.simulations.scenario import (
    FN,
    FP,
    LEVELS,
    TN,
    TP,
    WRONG,
    Scenario,
    menu_error_by_level,
)
from abkit.simulations.supply import ScoredSupply

__all__ = [
    "FN", "FP", "TN", "TP", "WRONG",
    "ArmRates", "CaseForm", "FlagRates", "Rates",
    "belief_weights", "cell_weights", "closed_form", "deltas", "rejection_repeat",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The three metrics of Table 3, or differences of them; proportions."""

    automation: float  # AR: automated / contacts
    positive: float  # PRR: positive / responses
    repeat: float  # 24RR: repeated within 24 h / contacts

    def __sub__(self, other: "Rates") -> "Rates":
        return Rates(
            automation=self.automation - other.automation,
            positive=self.positive - other.positive,
            repeat=self.repeat - other.repeat,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRates:
    """One use-case in one arm."""

    first: Rates  # first contacts of an issue
    every: Rates  # all contacts, repeats included


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRates:
    """What the text check does in one use-case; shares; NaN where nothing is to be divided.

    At the threshold that was given, under the policy `menu_or_text`.
    """

    prevalence: float  # P(true LABEL 0)
    recall: float  # P(flagged | true LABEL 0, text)
    false_flag_rate: float  # P(flagged | true other, text)
    precision: float  # P(true LABEL 0 | flagged)
    npv: float  # P(true other | not flagged, text)
    recall_mis_selected: float  # P(flagged | true LABEL 0, menu other, text): r'
    false_flag_rate_menu_other: float  # P(flagged | true other, menu other, text): f'
    corrected: float  # share of contacts moved from FN to TP: x
    miscorrected: float  # share of contacts moved from TN to FP: y

    @property
    def incremental_precision(self) -> float:
        """x / (x + y): precision of those flags that change what the bot does."""
        return _ratio(self.corrected, self.corrected + self.miscorrected)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """One use-case: rates by arm and what the text check does."""

    arms: Mapping[str, ArmRates]
    flags: FlagRates


def closed_form(scenario: Scenario, supply: ScoredSupply, threshold: float) -> dict[str, CaseForm]:
    """Return every use-case's rates by arm, with unlimited agents.

    With w the weights of strata s and cells c (sum 1), h asks at once, e asks after rejecting,
    a, p, k acceptance, positive answers and repeats by cell, and kh, kl repeats after an agent
    and after silence:

    - AR = (1 - h) sum w a
    - PRR = sum w [a p + (1 - a) eps]
    - 24RR = h kh + (1 - h) sum w {a k + (1 - a) [e kh + (1 - e) kl]}

    For all contacts, stratum s weighs sum_{j < max_attempts} q_s^j, q_s its 24RR.

    Args:
        scenario: Customers, bot, arms.
        supply: Texts' scores by true reason and hardness.
        threshold: A text is flagged when its score is at least this, unless its arm has another.
    """
    flags = {
        name: supply.flag_rates(arm.flags_from(threshold)) for name, arm in scenario.arms.items()
    }
    return {
        name: CaseForm(
            arms={
                arm: arm_rates(scenario, name, cell_weights(scenario, name, arm, flags[arm]))
                for arm in scenario.arms
            },
            flags=_flag_rates(scenario, name, supply.flag_rates(threshold)),
        )
        for name in scenario.use_cases
    }


def deltas(
    form: Mapping[str, CaseForm], *, control: str = "control", treatment: str = "treatment"
) -> dict[str, Rates]:
    """Return treatment minus control over first contacts by use-case, in proportions."""
    for arm in (control, treatment):
        if arm not in (known := next(iter(form.values())).arms):
            raise unknown_choice("arm", arm, known)
    return {
        name: case.arms[treatment].first - case.arms[control].first for name, case in form.items()
    }


def cell_weights(scenario: Scenario, use_case: str, arm: str, flags: Floats) -> Floats:
    """Return the share of first contacts by reason, level and cell, shape (5, 5, 5); sum 1.

    Args:
        scenario: Customers and arms.
        use_case: Which use-case.
        arm: Which arm.
        flags: P(flagged | text) in this arm by true reason and level, shape (5, 5).
    """
    in_cell = scenario.cells()[:, :, None] == np.arange(5)  # true, believed, cell
    weights = belief_weights(scenario, use_case, arm, flags)
    cells: Floats = np.einsum("rlb,rbc->rlc", weights, in_cell)
    return cells


def belief_weights(scenario: Scenario, use_case: str, arm: str, flags: Floats) -> Floats:
    """Return the share of first contacts by reason, level and believed reason, shape (5, 5, 5).

    Arguments as in `cell_weights`.
    """
    n, text = len(REASONS), scenario.customers.text_rate
    says = np.array([np.full_like(flags, 1 - text), text * (1 - flags), text * flags])
    decides = beliefs(scenario.arms[arm].policy)[..., None] == np.arange(n)  # says, menu, believed
    menu = _menu_shares(scenario, use_case)
    shares: Floats = np.einsum("srl,rlm,smb->rlb", says, menu, decides, optimize=True)
    return shares * scenario.reason_shares(use_case)[:, None, None] / LEVELS


def _menu_shares(scenario: Scenario, use_case: str) -> Floats:
    """Return P(menu reason | true reason, level), shape (5, 5, 5)."""
    says_so = _menu_says_defective(scenario, use_case)
    slope, n = scenario.customers.hardness_slope, len(REASONS)
    wrong = np.tile(menu_error_by_level(scenario.customers.menu_confusion, slope), (n, 1))
    wrong[DEFECTIVE] = 1  # given that the menu does not say LABEL 0
    other = wrong[..., None] * wrong_menu_shares(scenario)[:, None, :]
    other += (1 - wrong)[..., None] * np.eye(n)[:, None, :]
    shares: Floats = (1 - says_so)[..., None] * other
    shares[..., DEFECTIVE] += says_so
    return shares


def _menu_says_defective(scenario: Scenario, use_case: str) -> Floats:
    """Return P(menu LABEL 0) by true reason and level, shape (5, 5)."""
    case, slope = scenario.use_cases[use_case], scenario.customers.hardness_slope
    says_so = np.tile(menu_error_by_level(case.menu_false_claim, slope), (len(REASONS), 1))
    says_so[DEFECTIVE] = 1 - menu_error_by_level(case.menu_error, slope)
    return says_so


def arm_rates(scenario: Scenario, use_case: str, weights: Floats) -> ArmRates:
    """Return the rates of one arm from its cell weights, shape (5, 5, 5)."""
    shared, case = scenario.customers, scenario.use_cases[use_case]
    accepts, eps = case.acceptance.values(), shared.positive_if_rejected
    offered = 1 - shared.asks_at_once
    rejected = rejection_repeat(scenario)
    by_cell = np.array(
        [
            offered * accepts,
            accepts * case.positive.values() + (1 - accepts) * eps,
            shared.asks_at_once * shared.repeat_if_served
            + offered * (accepts * case.repeat.values() + (1 - accepts) * rejected),
        ]
    )  # shape (3, 5)
    stratum = weights.sum(axis=2)  # (5, 5)
    rates = np.einsum("rlc,mc->mrl", weights, by_cell)  # joint with the stratum
    q = np.divide(rates[2], stratum, out=np.zeros_like(stratum), where=stratum > 0)
    attempts = np.arange(shared.max_attempts)
    contacts = (q[..., None] ** attempts).sum(axis=-1)  # per issue
    total = (stratum * contacts).sum()
    repeats = (stratum * (contacts - 1)).sum() / total  # of the last attempt none comes
    automation, positive, repeat = rates.sum(axis=(1, 2))
    return ArmRates(
        first=Rates(
            automation=float(automation),
            positive=float(positive),
            repeat=float(repeat) if shared.max_attempts > 1 else 0.0,
        ),
        every=Rates(
            automation=float((rates[0] * contacts).sum() / total),
            positive=float((rates[1] * contacts).sum() / total),
            repeat=float(repeats),
        ),
    )


def rejection_repeat(scenario: Scenario) -> float:
    """Return P(repeat | offer rejected) with unlimited agents: e kh + (1 - e) kl."""
    shared = scenario.customers
    asks = shared.asks_after_rejecting
    return asks * shared.repeat_if_served + (1 - asks) * shared.repeat_if_silent


def _flag_rates(scenario: Scenario, use_case: str, flags: Floats) -> FlagRates:
    """Return what the text check does, from P(flagged | text), shape (5, 5)."""
    weights = np.repeat(scenario.reason_shares(use_case)[:, None] / LEVELS, LEVELS, axis=1)
    other_menu = weights * (1 - _menu_says_defective(scenario, use_case))
    prevalence = float(weights[DEFECTIVE].sum())
    hit, false = (weights * flags)[DEFECTIVE].sum(), (weights * flags)[1:].sum()
    x, y = (other_menu * flags)[DEFECTIVE].sum(), (other_menu * flags)[1:].sum()
    silent = 1 - hit - false
    return FlagRates(
        prevalence=prevalence,
        recall=_ratio(hit, prevalence),
        false_flag_rate=_ratio(false, 1 - prevalence),
        precision=_ratio(hit, hit + false),
        npv=_ratio(1 - prevalence - false, silent),
        recall_mis_selected=_ratio(x, other_menu[DEFECTIVE].sum()),
        false_flag_rate_menu_other=_ratio(y, other_menu[1:].sum()),
        corrected=float(scenario.customers.text_rate * x),
        miscorrected=float(scenario.customers.text_rate * y),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
