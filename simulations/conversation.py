"""One contact with the bot, for many customers at once: menu, text, offer, answer, way out.

Nothing here touches shared state, so it is evaluated in arrays, one attempt number at a time.
What depends on the agents' queue is left open: a repeat after an escalated contact is drawn for
both ways out of the queue.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import Floats, Microseconds
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Draws, Indices
from abkit.simulations.durations import Duration
from abkit.simulations.policies import FLAGGED, NO_TEXT, UNFLAGGED, beliefs
from abkit.simulations.scenario import Scenario, menu_error_by_level
from abkit.simulations.supply import Codes, ScoredSupply

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts of one attempt number, or of all; shape (n,) each."""

    customer: Indices
    arm: Codes  # that treats the contact
    menu: Codes  # reason selected in the menu
    text_row: npt.NDArray[np.int32]  # row of the supply; -1: no usable text
    believed: Codes  # reason that the bot acts on
    offered: Mask
    accepted: Mask
    responded: Mask
    positive: Mask
    escalated: Mask  # asks for an agent
    bot: Microseconds  # conversation with the bot
    service: Microseconds  # by an agent, if one is reached; 0 unless escalated
    patience: Microseconds  # in the agents' queue; 0 unless escalated
    repeats: Mask  # comes back, not escalated
    repeats_if_served: Mask  # comes back, escalated
    repeats_if_abandoned: Mask
    delay: Microseconds  # from the end to the start of the repeat; 0 without one

    def may_repeat(self) -> Mask:
        """Return whether some way out leads to a repeat."""
        return self.repeats | self.repeats_if_served | self.repeats_if_abandoned


class Bot:
    """A scenario's probabilities as arrays, a supply of scored texts, thresholds by arm."""

    def __init__(self, scenario: Scenario, supply: ScoredSupply, threshold: float) -> None:
        cases = scenario.use_cases.values()
        slope = scenario.customers.hardness_slope
        self.scenario = scenario
        self.supply = supply
        arms = scenario.arms.values()
        thresholds = np.array([arm.flags_from(threshold) for arm in arms])
        self.flags = supply.scores >= thresholds[:, None]  # by arm and row of the supply
        self.beliefs = np.array([beliefs(arm.policy) for arm in arms])  # (arm, text says, menu)
        self.menu_error = np.array([menu_error_by_level(c.menu_error, slope) for c in cases])
        self.false_claim = np.array([menu_error_by_level(c.menu_false_claim, slope) for c in cases])
        self.confusion = menu_error_by_level(scenario.customers.menu_confusion, slope)
        self.wrong_menu = np.cumsum(wrong_menu_shares(scenario), axis=1)[:, :-1]  # edges
        self.cells = scenario.cells()  # by true and believed reason
        self.acceptance = np.array([c.acceptance.values() for c in cases])  # (use-case, cell)
        self.positive = np.array([c.positive.values() for c in cases])
        self.repeat = np.array([c.repeat.values() for c in cases])

    def converse(
        self, customers: Customers, who: Indices, *, attempt: int, draws: Draws
    ) -> Contacts:
        """Return the contacts number `attempt` of the customers `who`, increasing indices."""
        shared, agents = self.scenario.customers, self.scenario.agents
        case, reason = customers.use_case[who], customers.reason[who]
        u = partial(draws.of, attempt=attempt, customers=who)
        menu = self._menu(case, reason, customers.level[who], u("menu"), u("menu other"))
        level = self.text_levels(customers, who, draws=draws)
        row = self.supply.rows(reason, level, u("text")).astype(np.int32)
        row[u("gives text") >= shared.text_rate] = -1
        arm = self.arms(customers, who, attempt=attempt, draws=draws)
        believed = self._believed(menu, row, arm)
        cell = self.cells.take(len(REASONS) * reason + believed)
        offered = u("asks at once") >= shared.asks_at_once
        accepted = offered & (u("accepts") < self.acceptance[case, cell])
        responded = offered & (u("responds") < shared.response_rate)
        p_positive = np.where(accepted, self.positive[case, cell], shared.positive_if_rejected)
        asks = u("asks after rejecting") < shared.asks_after_rejecting
        escalated = ~offered | (~accepted & asks)
        p_repeat = np.where(accepted, self.repeat[case, cell], shared.repeat_if_silent)
        u_repeat = u("repeats") if attempt < shared.max_attempts else np.ones(who.size)
        repeats = ~escalated & (u_repeat < p_repeat)
        if_served = escalated & (u_repeat < shared.repeat_if_served)
        if_abandoned = escalated & (u_repeat < shared.repeat_if_abandoned)
        comes_back = repeats | if_served | if_abandoned
        spell = partial(_spell, draws=draws, attempt=attempt, who=who)
        return Contacts(
            customer=who, arm=arm, menu=menu, text_row=row, believed=believed, offered=offered,
            accepted=accepted, responded=responded,
            positive=responded & (u("answers positively") < p_positive),
            escalated=escalated,
            bot=self.scenario.bot.quantile(u("bot time")),
            service=spell("service", agents.service, escalated),
            patience=spell("patience", agents.patience, escalated),
            repeats=repeats, repeats_if_served=if_served, repeats_if_abandoned=if_abandoned,
            delay=spell("repeat delay", self.scenario.repeat_delay, comes_back),
        )  # fmt: skip

    def arms(self, customers: Customers, who: Indices, *, attempt: int, draws: Draws) -> Codes:
        """Return the arm that treats each contact: the customer's own, for good."""
        return customers.arm[who]

    def text_levels(self, customers: Customers, who: Indices, *, draws: Draws) -> Codes:
        """Return the hardness of each customer's texts: that of the issue."""
        return customers.level[who]

    def flagged(self, text_row: npt.NDArray[np.int32], arm: Codes) -> Mask:
        """Return which texts the arm flags; no text, no flag."""
        first = arm.astype(np.int64) * self.supply.scores.size  # one index is faster than two
        flagged: Mask = self.flags.take(first + text_row)
        return flagged & (text_row >= 0)

    def _believed(self, menu: Codes, text_row: npt.NDArray[np.int32], arm: Codes) -> Codes:
        """Return the reason that the bot acts on, by the arm's policy."""
        says = np.where(self.flagged(text_row, arm), FLAGGED, UNFLAGGED).astype(np.int16)
        says[text_row < 0] = NO_TEXT
        _, n_says, n_menu = self.beliefs.shape
        believed: Codes = self.beliefs.take((n_says * arm.astype(np.int16) + says) * n_menu + menu)
        return believed

    def _menu(self, case: Codes, reason: Codes, level: Codes, u: Floats, other: Floats) -> Codes:
        """Return the reason selected in the menu."""
        defective = reason == DEFECTIVE
        claim = self.false_claim[case, level]
        claims = ~defective & (u < claim)
        wrong = np.where(
            defective,
            u < self.menu_error[case, level],
            ~claims & (u < claim + (1 - claim) * self.confusion[level]),
        )
        menu = np.where(claims, DEFECTIVE, reason).astype(np.int8)
        edges = self.wrong_menu[reason[wrong]]
        menu[wrong] = (other[wrong, None] >= edges).sum(axis=1)
        return menu


def _spell(
    purpose: str, law: Duration, mask: Mask, *, draws: Draws, attempt: int, who: Indices
) -> Microseconds:
    """Return a duration where `mask` holds, and 0 elsewhere."""
    duration = np.zeros(who.size, dtype=np.int64)
    duration[mask] = law.quantile(draws.of(purpose, attempt, who[mask]))
    return duration


def wrong_menu_shares(scenario: Scenario) -> Floats:
    """Return P(menu reason | true reason, menu wrong), shape (5, 5); rows sum to 1.

    In proportion to the other reasons' shares, without the true one; a reason that has no
    alternative keeps its own entry.
    """
    shares = np.zeros((len(REASONS), len(REASONS)))
    shares[:, 1:] = scenario.other_reasons.shares()
    np.fill_diagonal(shares, 0)
    for reason in np.flatnonzero(shares.sum(axis=1) == 0):
        shares[reason, reason] = 1
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
