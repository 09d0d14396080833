"""What a scenario states: customers, bot, agents and arms; outcome rates appear nowhere.

Shares are in [0, 1]; a name's ending gives the unit (`_s` seconds, `_h` hours, `_per_week`).
Scenario files and their errors: `abkit.simulations.scenario_files`.
"""

from typing import Annotated, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.designs import Design, check_arms
from abkit.simulations.durations import BotTime, RepeatDelay
from abkit.simulations.policies import Policy
from abkit.simulations.sections import (
    Name,
    Positive,
    Section,
    Share,
    Variation,
    Weight,
    check_sum,
)  # fmt: skip
from abkit.simulations.staffing import Agents
from abkit.simulations.week_profile import NEXT_TO_NOTHING, HoursByWeekday, HourWeights
from abkit.simulations.workload import check_workload

LEVELS: Final = 5  # hardness levels, equally likely
TP, FN, FP, TN, WRONG = range(5)  # cells, as in `Cells.values`
MAX_ATTEMPTS: Final = 99  # contact identifiers carry two digits of attempt
MAX_CUSTOMERS: Final = 10**8  # ... and eight of customer
MAX_NAMES: Final = 127  # use-cases, arms: their codes are int8


class Arrivals(Section):
    """First contacts: Poisson given rate = volume x hour-of-week profile x day factor."""

    first_contacts_per_week: Annotated[Positive, Field(le=MAX_CUSTOMERS)]
    """Expected first contacts per week, all use-cases together."""
    day_factor_cv: Variation
    """Coefficient of variation of the day's factor: gamma, mean 1, one for each day."""
    weekday_weights: Annotated[tuple[Weight, ...], Field(min_length=7, max_length=7)] | None = None
    """Relative volume of the weekdays, Monday first; left out where `hour_weights` is a table."""
    hour_weights: HourWeights
    """Relative volume of the hours 0 to 23, UTC: 24 numbers for every day, or a table of weekdays
    with 24 each, which carry the volume of the days as well. Where one is 0 nobody comes."""

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        if isinstance(self.hour_weights, HoursByWeekday):
            if self.weekday_weights is not None:
                raise ValueError(
                    "`weekday_weights` stand beside `hour_weights` by weekday, which carry the "
                    "volume of the days; expected one of the two"
                )
            return self
        if self.weekday_weights is None:
            raise ValueError(
                "`weekday_weights` are missing; only `hour_weights` by weekday can do without"
            )
        for name in ("weekday_weights", "hour_weights"):
            if sum(getattr(self, name)) < NEXT_TO_NOTHING:
                raise ValueError(f"`{name}` are all 0 or next to 0; expected at least one above 0")
        return self

    def hourly_means(self) -> Floats:
        """Return the expected first contacts per hour of the week, shape (168,), Monday first."""
        hours = self.hour_weights
        if isinstance(hours, HoursByWeekday):
            profile = np.ravel(hours.rows())
        else:
            profile = np.outer(self.weekday_weights or (), hours).ravel()
        means: Floats = self.first_contacts_per_week * profile / profile.sum()
        return means


class OtherReasons(Section):
    """Shares among the customers whose true reason is not LABEL 0; they sum to 1."""

    missing: Share
    """Something was not in the parcel."""
    quality: Share
    """It is not as good as was hoped."""
    preference: Share
    """It does not please or fit."""
    others: Share
    """Anything else."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        check_sum(dict(self))
        return self

    def shares(self) -> Floats:
        """Return the shares in the order of `REASONS[1:]`, shape (4,)."""
        return np.array([self.missing, self.quality, self.preference, self.others])


class Cells(Section):
    """A probability by true reason and the reason that the bot believes.

    What decides is whether the believed reason's resolution is the true one's (`Scenario.cells`).
    """

    tp: Share
    """True LABEL 0, believed: the resolution fits."""
    fn: Share
    """True LABEL 0, another believed: it does not fit."""
    fp: Share
    """True other, LABEL 0 believed: it does not fit."""
    tn: Share
    """True other, believed: it fits."""
    wrong: Share | None = None
    """True other, a wrong other believed, whose resolution differs; default: as `tn`."""

    def values(self) -> Floats:
        """Return (tp, fn, fp, tn, wrong), shape (5,)."""
        wrong = self.tn if self.wrong is None else self.wrong
        return np.array([self.tp, self.fn, self.fp, self.tn, wrong])


class UseCase(Section):
    """One use-case of the bot."""

    share: Share
    """Share of first contacts; the shares of all use-cases sum to 1."""
    prevalence: Share
    """P(true reason is LABEL 0)."""
    menu_error: Share
    """P(menu not LABEL 0 | true LABEL 0); 1: the menu has no such entry."""
    menu_false_claim: Share
    """P(menu LABEL 0 | true other)."""
    acceptance: Cells
    """P(accepts the offered resolution)."""
    positive: Cells
    """P(answers positively | accepted, answers)."""
    repeat: Cells
    """P(comes back within 24 h | accepted)."""


class Customers(Section):
    """Behaviour that all use-cases share."""

    hardness_slope: Share
    """How strongly hardness tilts the menu errors, dimensionless; 0: not at all."""
    menu_confusion: Share
    """P(menu names a wrong other reason | true other, menu other)."""
    text_rate: Share
    """P(types usable free text)."""
    asks_at_once: Share
    """P(asks for a human before any offer)."""
    asks_after_rejecting: Share
    """P(asks for a human | rejected the offer); the others leave silently."""
    response_rate: Share
    """P(answers "did this help?" | offered)."""
    positive_if_rejected: Share
    """P(answers positively | rejected, answers)."""
    repeat_if_served: Share
    """P(comes back within 24 h | an agent served)."""
    repeat_if_silent: Share
    """P(comes back within 24 h | left silently)."""
    repeat_if_abandoned: Share
    """P(comes back within 24 h | abandoned the agents' queue)."""
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=MAX_ATTEMPTS)]
    """Most contacts of one issue."""


class Resolutions(Section):
    """What the bot offers for each reason it believes.

    Reasons with one resolution are served alike: believing either fits both.
    """

    defective: Name
    missing: Name
    quality: Name
    preference: Name
    others: Name

    def names(self) -> tuple[str, ...]:
        """Return the resolutions in the order of `REASONS`."""
        return tuple(getattr(self, reason) for reason in REASONS)


class Arm(Section):
    """One branch of the experiment."""

    policy: Policy
    """What the bot believes: the `menu`, or LABEL 0 if either says so (`menu_or_text`), or what
    the text says, else the menu (`text_over_menu`), or LABEL 0 if both do (`menu_and_text`)."""
    weight: Weight
    """Share of customers, up to a factor."""
    threshold: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None
    """Texts are flagged from this score on; above 1: none; default: the model's threshold."""

    def flags_from(self, threshold: float) -> float:
        """Return the arm's own threshold, or the model's."""
        return threshold if self.threshold is None else self.threshold


class Scenario(Section):
    """A chatbot, its customers and agents, and the arms of an experiment."""

    name: Name
    """What reports call the scenario."""
    description: str
    """What it stands for, in a line."""
    arrivals: Arrivals
    other_reasons: OtherReasons
    customers: Customers
    repeat_delay: RepeatDelay
    bot: BotTime
    agents: Agents
    resolutions: Resolutions
    arms: Annotated[dict[Name, Arm], Field(min_length=1, max_length=MAX_NAMES)]
    use_cases: Annotated[dict[Name, UseCase], Field(min_length=1, max_length=MAX_NAMES)]
    design: Design = Design()

    @field_validator("arms")  # of a field, not of the whole: one wrong sum hides no other
    @classmethod
    def _somebody_takes_part(cls, arms: dict[str, Arm]) -> dict[str, Arm]:
        if sum(arm.weight for arm in arms.values()) <= 0:
            raise ValueError("the weights are all 0; expected at least one above 0")
        return arms

    @field_validator("use_cases")
    @classmethod
    def _shares_add_up(cls, cases: dict[str, UseCase]) -> dict[str, UseCase]:
        check_sum({name: case.share for name, case in cases.items()})
        return cases

    @model_validator(mode="after")
    def _design_has_its_arms(self) -> Self:
        check_arms(self.design, {name: arm.weight for name, arm in self.arms.items()})
        return self

    @model_validator(mode="after")
    def _agents_can_do_it(self) -> Self:
        check_workload(self.agents, requests_per_week=self.least_requests_per_week())
        return self

    def cells(self) -> npt.NDArray[np.int8]:
        """Return the cell, an index of `Cells.values`, by true and believed reason, shape (5, 5).

        A believed reason fits if it offers what the true one offers.
        """
        names = self.resolutions.names()
        cells = np.full((len(REASONS), len(REASONS)), WRONG, dtype=np.int8)
        cells[:, DEFECTIVE], cells[DEFECTIVE] = FP, FN
        for true, believed in zip(*np.nonzero(np.equal.outer(names, names)), strict=True):
            cells[true, believed] = TP if true == DEFECTIVE else TN
        return cells

    def least_requests_per_week(self) -> float:
        """Return the expected requests for an agent, were every offer the best one; no repeats."""
        shared, share = self.customers, 0.0
        for name, case in self.use_cases.items():
            accepts, prevalence = case.acceptance.values(), self.reason_shares(name)[DEFECTIVE]
            best = accepts[[TP, FN]].max(), accepts[[FP, TN, WRONG]].max()
            rejects = 1 - prevalence * best[0] - (1 - prevalence) * best[1]
            offered = (1 - shared.asks_at_once) * rejects * shared.asks_after_rejecting
            share += case.share * (shared.asks_at_once + offered)
        return float(self.arrivals.first_contacts_per_week * share)

    def reason_shares(self, use_case: str) -> Floats:
        """Return P(true reason) in one use-case, shape (5,)."""
        prevalence = self.use_cases[use_case].prevalence
        return np.concatenate(([prevalence], (1 - prevalence) * self.other_reasons.shares()))

    def served_prior(self) -> Floats:
        """Return P(true reason) over first contacts of all use-cases, shape (5,)."""
        cases = self.use_cases
        prior = np.zeros(len(REASONS))
        for name, case in cases.items():
            prior += case.share * self.reason_shares(name)
        return prior


def menu_error_by_level(menu_error: float, slope: float) -> Floats:
    """Return the menu error at each hardness level, shape (5,).

    m_l = m + slope m (1 - m) (2 (l + 1/2) / 5 - 1). The mean over the levels is m; with slope in
    [0, 1] each value stays in [0, 1], and m = 0 and m = 1 stay what they are.
    """
    tilt = 2 * (np.arange(LEVELS) + 0.5) / LEVELS - 1
    values: Floats = menu_error + slope * menu_error * (1 - menu_error) * tilt
    return values
