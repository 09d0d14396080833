"""What a scenario states: customers, bot, agents and arms; outcome rates appear nowhere.

Shares are in [0, 1]; a name's ending gives the unit (`_s` seconds, `_h` hours, `_per_week`).
Scenario files and their errors: `abkit.simulations.scenario_files`.
"""

import math
from typing import Annotated, Final, Literal, Self

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from abkit.core.reasons import REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.durations import Exponential, LogNormal, RepeatDelay
from abkit.simulations.sections import (
    Heads,
    Name,
    Positive,
    Section,
    Share,
    Variation,
    Weight,
)

LEVELS: Final = 5  # hardness levels, equally likely
HOURS_PER_WEEK: Final = 168
WORD, ROSTER = "word", "roster"  # the two ways to write `agents.heads`
MAX_ATTEMPTS: Final = 99  # contact identifiers carry two digits of attempt
MAX_CUSTOMERS: Final = 10**8  # ... and eight of customer
MAX_NAMES: Final = 127  # use-cases, arms: their codes are int8

Policy = Literal["menu", "menu_or_text"]


class Arrivals(Section):
    """First contacts: Poisson given rate = volume x hour-of-week profile x day factor."""

    # expected, all use-cases together
    first_contacts_per_week: Annotated[Positive, Field(le=MAX_CUSTOMERS)]
    day_factor_cv: Variation  # gamma, mean 1, one factor per day
    weekday_weights: Annotated[tuple[Weight, ...], Field(min_length=7, max_length=7)]
    hour_weights: Annotated[tuple[Weight, ...], Field(min_length=24, max_length=24)]

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        for name in ("weekday_weights", "hour_weights"):
            if sum(getattr(self, name)) < 1e-100:  # products of two would be rounded to 0
                raise ValueError(f"`{name}` are all 0 or next to 0; expected at least one above 0")
        return self

    def hourly_means(self) -> Floats:
        """Return the expected first contacts per hour of the week, shape (168,), Monday first."""
        profile = np.outer(self.weekday_weights, self.hour_weights).ravel()
        means: Floats = self.first_contacts_per_week * profile / profile.sum()
        return means


class OtherReasons(Section):
    """Shares among the customers whose true reason is not LABEL 0; they sum to 1."""

    missing: Share
    quality: Share
    preference: Share
    others: Share

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        if not math.isclose(total := float(self.shares().sum()), 1, abs_tol=1e-9):
            raise ValueError(f"the shares sum to {total:g}; expected 1")
        return self

    def shares(self) -> Floats:
        """Return the shares in the order of `REASONS[1:]`, shape (4,)."""
        return np.array([self.missing, self.quality, self.preference, self.others])


class Cells(Section):
    """A probability by (true reason is LABEL 0, bot believes LABEL 0)."""

    tp: Share  # true LABEL 0, believed: the resolution fits
    fn: Share  # true LABEL 0, not believed: it does not fit
    fp: Share  # another reason, believed LABEL 0: it does not fit
    tn: Share  # another reason, believed another

    def values(self) -> Floats:
        """Return (tp, fn, fp, tn): index 2 [true reason > 0] + [believed reason > 0]."""
        return np.array([self.tp, self.fn, self.fp, self.tn])


class UseCase(Section):
    """One use-case of the bot."""

    share: Share  # of first contacts
    prevalence: Share  # P(true reason is LABEL 0)
    menu_error: Share  # P(menu not LABEL 0 | true LABEL 0); 1: the menu has no such entry
    menu_false_claim: Share  # P(menu LABEL 0 | true other)
    acceptance: Cells  # P(accepts the offered resolution)
    positive: Cells  # P(answers positively | accepted, answers)
    repeat: Cells  # P(comes back within 24 h | accepted)


class Customers(Section):
    """Behaviour that all use-cases share."""

    hardness_slope: Share  # how strongly hardness tilts the menu errors; 0: not at all
    menu_confusion: Share  # P(menu names a wrong other reason | true other, menu other)
    text_rate: Share  # P(types usable free text)
    asks_at_once: Share  # P(asks for a human before any offer)
    asks_after_rejecting: Share  # P(asks for a human | rejected); the others leave silently
    response_rate: Share  # P(answers "did this help?" | offered)
    positive_if_rejected: Share  # P(answers positively | rejected, answers)
    repeat_if_served: Share  # P(comes back within 24 h | an agent served)
    repeat_if_silent: Share  # ... | left silently
    repeat_if_abandoned: Share  # ... | abandoned the agents' queue
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=MAX_ATTEMPTS)]  # contacts per issue


Day = Annotated[tuple[Heads, ...], Field(min_length=24, max_length=24)]


class Roster(Section):
    """Agents on duty by hour of the day. A leaving agent first finishes the contact at hand."""

    monday: Day
    tuesday: Day
    wednesday: Day
    thursday: Day
    friday: Day
    saturday: Day
    sunday: Day

    @model_validator(mode="after")
    def _somebody_works(self) -> Self:
        if not any(self.by_hour()):
            raise ValueError('no agent is ever on duty; expected some, or `heads = "unlimited"`')
        return self

    def by_hour(self) -> tuple[int, ...]:
        """Return heads by hour of the week, 168 values, Monday first."""
        week = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday)
        return sum((*week, self.saturday, self.sunday), start=())


class Agents(Section):
    """One pool of agents for all use-cases and arms; first come, first served."""

    service: LogNormal
    patience: Exponential  # before a waiting customer abandons
    heads: Annotated[
        Annotated[Literal["unlimited"], Tag(WORD)] | Annotated[Roster, Tag(ROSTER)],
        Discriminator(lambda heads: ROSTER if isinstance(heads, dict | Roster) else WORD),
    ]

    def by_hour(self) -> tuple[float, ...]:
        """Return heads by hour of the week, 168 values; infinity when unlimited."""
        if self.heads == "unlimited":
            return (math.inf,) * HOURS_PER_WEEK
        return self.heads.by_hour()


class Resolutions(Section):
    """What the bot offers for each reason it believes."""

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

    policy: Policy  # "menu": the menu's reason; "menu_or_text": LABEL 0 if either says so
    weight: Weight  # share of customers, up to a factor


class Scenario(Section):
    """A chatbot, its customers and agents, and the arms of an experiment."""

    name: Name
    description: str
    arrivals: Arrivals
    other_reasons: OtherReasons
    customers: Customers
    repeat_delay: RepeatDelay
    bot: LogNormal  # duration of the conversation with the bot
    agents: Agents
    resolutions: Resolutions
    arms: Annotated[dict[Name, Arm], Field(min_length=1, max_length=MAX_NAMES)]
    use_cases: Annotated[dict[Name, UseCase], Field(min_length=1, max_length=MAX_NAMES)]

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = math.fsum(case.share for case in self.use_cases.values())
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"the shares of `use_cases` sum to {total:g}; expected 1")
        if sum(arm.weight for arm in self.arms.values()) <= 0:
            raise ValueError("the weights of `arms` are all 0; expected at least one above 0")
        return self

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
