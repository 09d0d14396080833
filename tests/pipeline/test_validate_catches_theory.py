"""Every comparison with theory can fail: a bug is planted, and the checks notice it.

Laws and scenario are shared by the retraced draws, so that only theory can find their bugs.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abkit.core.progress import SILENT
from abkit.core.world_checks import TheoryCheck
from abkit.pipeline import validate_outcomes, validate_queues, validate_worlds
from abkit.pipeline.validate_arrivals import check_day_factor, check_poisson
from abkit.simulations import agents, arrivals, world
from abkit.simulations.conversation import Bot, Contacts
from abkit.simulations.durations import ExponentialService, LogNormal
from abkit.simulations.patience import Exponential

from .planted import Patch, patched

LIMIT = 4.2  # about that of the whole battery


def beyond(checks: list[TheoryCheck]) -> set[str]:
    return {check.quantity for check in checks if not abs(check.z) <= LIMIT}


def scaled(factor: float) -> Callable[..., Any]:
    return lambda method, *args: np.rint(method(*args) * factor).astype(np.int64)


LAW_BUGS = {
    "patience times 1.1": (Exponential, scaled(1.1), 2, {"E[W]"}),
    "service times 1.02": (ExponentialService, scaled(1.02), 1, {"P(wait)", "occupancy"}),
    "service times 1.05, nobody abandons": (
        ExponentialService, scaled(1.05), 0, {"P(wait)", "E[W]", "occupancy"}
    ),
    "the log-normal's median is the mean": (
        LogNormal, scaled((1 + 1.2**2) ** 0.5), 3, {"P(wait)", "E[W]", "occupancy"}
    ),
    "half the log-normal's spread": (
        LogNormal, lambda method, law, u: method(law.model_copy(update={"cv": law.cv / 2}), u), 3,
        {"E[W]"},
    ),
    "stays a tenth too long": (
        ExponentialService, scaled(1.1), 4, {f"mean number at {h} h" for h in (0, 6, 12, 18)}
    ),
    "stays of a fixed law that is too long": (
        LogNormal, scaled(1.2), 5, {"mean number", "P(0)", "P(5 or more)"}
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("bug", LAW_BUGS)
def test_bugs_of_the_laws(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law, change, system, must = LAW_BUGS[bug]
    one = validate_queues.systems()[system : system + 1]
    monkeypatch.setattr(validate_queues, "systems", lambda: one)
    patched(law, "quantile", change)(monkeypatch)
    found, _ = validate_queues.check_queues(replications=25, seed=1, progress=SILENT)
    assert must <= beyond(found), found


def counted(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Patch:
    """Return a patch that draws counts of hours from other means."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        def counts(law: Any, *, days: int, seed: int, replication: int) -> np.ndarray:
            rng = np.random.default_rng([seed, replication])
            return change(np.resize(law.hourly_means(), 24 * days), rng)

        patch.setattr(arrivals, "hourly_counts", counts)

    return apply


def early(patch: pytest.MonkeyPatch) -> None:
    draw = arrivals.uniforms
    patch.setattr(arrivals, "uniforms", lambda *key: draw(*key) ** 1.02)


CLOSED = "nobody comes in a closed hour"
COUNTS, SPREAD = "counts by hour of week, \u03c7\u00b2", "variance / mean of an hour's count"
JUMP, WITHIN = "count in the hour after the jump", "times within the hour uniform, D"
GAPS, MEMORY = "rescaled gaps exponential, D", "correlation of neighbouring gaps"
DAYS = "squared CV of daily counts"
ARRIVAL_BUGS = {
    "the rate of the hour before": (
        counted(lambda mean, rng: rng.poisson(np.roll(mean, 1))), {COUNTS, SPREAD, JUMP, CLOSED}
    ),
    "regular counts": (
        counted(lambda mean, rng: np.rint(mean).astype(np.int64)), {COUNTS, SPREAD, DAYS}
    ),
    "hours differ more than Poisson": (
        counted(lambda mean, rng: rng.poisson(mean * rng.gamma(400, 1 / 400, mean.size))),
        {SPREAD},
    ),
    "one in a hundred is lost": (
        counted(lambda mean, rng: rng.poisson(0.99 * mean)), {COUNTS, GAPS}
    ),
    "early in the hour": (early, {WITHIN}),
}  # fmt: skip


@pytest.mark.parametrize("bug", ARRIVAL_BUGS)
def test_bugs_of_the_arrivals(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, must = ARRIVAL_BUGS[bug]
    plant(monkeypatch)
    law = validate_outcomes.uncongested().arrivals
    days = validate_outcomes.DAYS
    runs = [
        np.sort(arrivals.first_contacts(law, days=days, seed=2, replication=r)) for r in range(3)
    ]
    found, closed = check_poisson(law, runs, days=days, subject="planted")
    found.append(check_day_factor(law, replications=60, seed=2))
    failed = beyond(found) | (set() if closed.passed else {closed.statement})
    assert must <= failed, failed


def test_a_day_factor_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_day_factors", lambda cv, days, seed, replication: np.ones(days))
    law = validate_outcomes.uncongested().arrivals
    assert beyond([check_day_factor(law, replications=60, seed=2)]) == {DAYS}


def bot(**columns: Callable[[Bot], np.ndarray]) -> Patch:
    """Return a patch that replaces arrays of the bot once it is made."""
    make = Bot.__init__

    def apply(patch: pytest.MonkeyPatch) -> None:
        def changed(self: Bot, *args: Any) -> None:
            make(self, *args)
            for name, column in columns.items():
                setattr(self, name, column(self))

        patch.setattr(Bot, "__init__", changed)

    return apply


def conversed(change: Callable[[Contacts, Any], dict[str, Any]]) -> Patch:
    """Return a patch that replaces columns of the contacts: of their customers, too."""
    converse = Bot.converse

    def apply(patch: pytest.MonkeyPatch) -> None:
        def changed(self: Bot, customers: Any, who: Any, **options: Any) -> Contacts:
            contacts = converse(self, customers, who, **options)
            return replace(contacts, **change(contacts, (self, customers, who)))

        patch.setattr(Bot, "converse", changed)

    return apply


OUTCOME_BUGS = {
    "the fifth cell is forgotten": (
        bot(acceptance=lambda b: b.acceptance[:, [0, 1, 2, 3, 3]]), {("AR", "B, menu")}
    ),
    "the arm's own threshold is forgotten": (
        bot(flags=lambda b: np.tile(b.flags[0], (5, 1))), {("PRR", "C, menu_or_text .7")}
    ),
    "either says so where both should": (
        bot(beliefs=lambda b: b.beliefs[[0, 1, 2, 1, 4]]), {("AR", "A, menu_and_text")}
    ),
    "the menu errs alike at every hardness": (
        bot(menu_error=lambda b: np.tile(b.menu_error.mean(axis=1, keepdims=True), (1, 5))),
        {("recall, menu wrong", f"use-case {name}") for name in "ABC"},
    ),
    "silent customers answer, too": (
        conversed(lambda c, _: {"responded": c.responded | c.offered & (c.customer % 9 == 0)}),
        {("PRR", "A, menu")},
    ),
    "repeats after an agent as after silence": (
        conversed(lambda c, _: {"repeats_if_served": c.repeats_if_abandoned}),
        {("24RR", "A, menu"), ("24RR", "C, menu")},
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("bug", OUTCOME_BUGS)
def test_bugs_of_the_outcomes(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, must = OUTCOME_BUGS[bug]
    plant(monkeypatch)
    found, _, _ = validate_outcomes.check_outcomes(
        replications=2, factor_replications=2, seed=3, progress=SILENT
    )
    failed = {(c.quantity, c.subject) for c in found if abs(c.z) > LIMIT}
    assert must <= failed, failed


def policy_takes_time(contacts: Contacts, of: Any) -> dict[str, Any]:
    b, customers, who = of
    reads = np.array([arm.policy != "menu" for arm in b.scenario.arms.values()])
    return {"bot": contacts.bot + reads[customers.arm[who]]}


def arm_moves_a_draw(contacts: Contacts, of: Any) -> dict[str, Any]:
    _, customers, who = of
    return {"bot": contacts.bot + customers.arm[who]}


def by_name(contacts: Contacts, of: Any) -> dict[str, Any]:
    b, customers, who = of
    names = np.array(list(b.scenario.arms))[customers.arm[who]]
    return {"accepted": contacts.accepted & ((names == "control") | (contacts.customer % 20 > 0))}


def shown_progress(patch: pytest.MonkeyPatch) -> None:
    play = world.run_agents

    def changed(*args: Any, progress: Any, **options: Any) -> agents.Waits:
        waits = play(*args, progress=progress, **options)
        return agents.Waits(waits.wait + (progress is not SILENT), waits.served)

    patch.setattr(world, "run_agents", changed)


PLACEBO = "placebo: all-control = all-treatment but for the name"
PLACEBO_ARM = "placebo by arm: the same but for name and flag"
SWAP = "labels swapped: the same contacts"
SIGNS = "labels swapped: differences of AR, PRR, 24RR turn signs"
ALONE = "unlimited agents: a mixed world = the pure ones"
BYTES = "logging and progress on or off: the same bytes"
WORLD_BUGS = {
    "reading takes time": (conversed(policy_takes_time), {PLACEBO, PLACEBO_ARM}),
    "the arm's place moves a draw": (conversed(arm_moves_a_draw), {ALONE}),
    "the arm's name matters": (conversed(by_name), {SWAP, SIGNS}),
    "progress moves a draw": (shown_progress, {BYTES}),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", WORLD_BUGS)
def test_bugs_between_worlds(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, must = WORLD_BUGS[bug]
    plant(monkeypatch)
    found, _ = validate_worlds.check_worlds(seed=1, progress=SILENT)
    assert must <= {check.statement for check in found if not check.passed}
