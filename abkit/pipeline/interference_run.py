"""One run of the study of interference: the same customers at every load, in every design."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from abkit.analysis import queue_signs
from abkit.analysis.block_comparison import Block, compare_blocks
from abkit.analysis.comparison import ArmPair, Comparison, compare
from abkit.core.interference import Sign
from abkit.core.store import write_json
from abkit.pipeline.interference_worlds import COUNTS, RATES, WorldFacts, world_facts
from abkit.simulations.expected_load import expected_load
from abkit.simulations.one_arm import one_arm
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.supply import ScoredSupply

UNLIMITED: Final = "unlimited"
LOADS: Final = (UNLIMITED, "0.80", "0.90", "0.95", "1.05", "1.20")
DESIGN_LOADS: Final = ("1.05", UNLIMITED)  # where blocks are randomised, too; the first is graded
SWITCHBACKS: Final = (24.0, 8.0, 2.0)  # hours
SATURATION: Final = (0.1, 0.9)
WEEKS: Final = 2
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all runs share."""

    folder: Path
    base: Scenario
    supply: ScoredSupply
    threshold: float
    seed: int

    def path(self, number: int) -> Path:
        """Return where a run is kept."""
        return self.folder / f"{number:05d}.json"


def stored(job: Job, number: int) -> dict[str, Any] | None:
    """Return a run that was finished; None when it is absent or damaged: made again."""
    try:
        found: dict[str, Any] = json.loads(job.path(number).read_bytes())
    except (OSError, ValueError):
        return None
    return found


def at_load(base: Scenario, load: str) -> Scenario:
    """Return the scenario with agents for a load: heads by hour in proportion, rounded."""
    values = base.model_dump()
    if load == UNLIMITED:
        values["agents"]["heads"] = UNLIMITED
        return parse_scenario(values)
    expected = expected_load(base)
    factor = float(expected.work.sum() / expected.heads.sum()) / float(load)
    values["agents"]["heads"] = {
        day: [max(1, round(n * factor)) for n in heads]
        for day, heads in values["agents"]["heads"].items()
    }
    return parse_scenario(values)


def with_design(scenario: Scenario, **design: Any) -> Scenario:
    """Return the scenario with another design."""
    return parse_scenario(scenario.model_dump() | {"design": design})


def make_run(job: Job, number: int) -> dict[str, Any]:
    """Return what one run shows, by load; stored whole or not at all."""
    found = {load: _at_one_load(job, number, load) for load in LOADS}
    write_json(job.path(number), found)
    return found


def _at_one_load(job: Job, number: int, load: str) -> dict[str, Any]:
    scenario = at_load(job.base, load)
    worlds = {arm: _facts(job, number, one_arm(scenario, arm)) for arm in ("control", "treatment")}
    usual = _facts(job, number, scenario)
    pairs = [ArmPair(*usual.moments[rate]) for rate in RATES]
    compared = dict(zip(RATES, compare(pairs, confidence_level=LEVEL), strict=True))
    designs = {"customer": {rate: _estimate(one) for rate, one in compared.items()}}
    signs = _signs(usual.hours)
    if load in DESIGN_LOADS:
        designs |= _designs(job, number, scenario, signs)
    return {
        "worlds": {arm: _levels(facts) for arm, facts in worlds.items()},
        "designs": designs,
        "signs": {_key(sign): sign.p_value for sign in signs},
    }


def _facts(job: Job, number: int, scenario: Scenario, **others: Any) -> WorldFacts:
    return world_facts(
        scenario, job.supply, threshold=job.threshold, seed=job.seed, replication=number,
        **{"weeks": WEEKS, **others},
    )  # fmt: skip


def _levels(facts: WorldFacts) -> dict[str, float]:
    """Return the rates of a world in which all are in one arm, and how long requests wait."""
    requests = max(facts.total("requests"), 1)
    return {rate: facts.rate(rate) for rate in RATES} | {
        "wait_s": facts.total("waited_us") / requests / 1e6,
        "abandon": facts.total("abandoned") / requests,
    }


def _designs(
    job: Job, number: int, scenario: Scenario, signs: list[Sign]
) -> dict[str, dict[str, list[float]]]:
    """Return the estimates of designs by blocks; adds the signs that need other designs."""
    found = {}
    for block_h in SWITCHBACKS:
        world = with_design(scenario, kind="switchback", block_h=block_h)
        facts = _facts(job, number, world, block_h=block_h)
        found[f"switchback {block_h:g} h"] = {
            rate: _estimate(_blocks_compared(facts, rate)) for rate in RATES
        }
        if block_h == SWITCHBACKS[-1]:  # within a day the share varies
            signs += [
                _renamed(queue_signs.share_sign(_hours(facts), rate, confidence_level=LEVEL),
                         "share in a switchback")
                for rate in queue_signs.RATES
            ]  # fmt: skip
    world = with_design(scenario, kind="saturation", shares=SATURATION)
    facts = _facts(job, number, world)
    high = facts.blocks[:, 1, 0] > facts.blocks[:, 0, 0]
    found["saturation 10/90"] = {
        rate: _estimate(_blocks_compared(facts, rate, low=~high, high=high)) for rate in RATES
    }
    for rate in queue_signs.RATES:
        spill = _blocks_compared(facts, rate, low=~high, high=high, arm=0)
        signs.append(Sign(code="spill-over", metric=rate, p_value=spill.p_value))
    launched = _facts(job, number, with_design(scenario, control_weeks=WEEKS), weeks=2 * WEEKS)
    signs += [
        queue_signs.before_sign(_hours(launched), 7 * WEEKS, rate, confidence_level=LEVEL)
        for rate in queue_signs.RATES
    ]
    return found


def _blocks_compared(
    facts: WorldFacts, rate: str, *, low: Any = slice(None), high: Any = slice(None), arm: int = 1
) -> Comparison:
    """Compare control in the blocks `low` with an arm in the blocks `high`."""
    of, per = (COUNTS.index(name) for name in RATES[rate])
    sides: list[list[Block]] = [
        [(int(block[of]), int(block[per])) for block in facts.blocks[where, a]]
        for where, a in ((low, 0), (high, arm))
    ]
    return compare_blocks(*sides, confidence_level=LEVEL)


def _hours(facts: WorldFacts) -> queue_signs.Counts:
    """Return the counts by hour that signs are made of."""
    return facts.hours[..., [COUNTS.index(name) for name in queue_signs.COUNTS]]


def _signs(counts: queue_signs.Counts) -> list[Sign]:
    hours = counts[..., [COUNTS.index(name) for name in queue_signs.COUNTS]]
    return [
        queue_signs.request_sign(hours, confidence_level=LEVEL),
        *(queue_signs.queue_sign(hours, r, confidence_level=LEVEL) for r in queue_signs.RATES),
        *(queue_signs.share_sign(hours, r, confidence_level=LEVEL) for r in queue_signs.RATES),
    ]


def _estimate(found: Comparison) -> list[float]:
    """Return estimate, bounds and standard error of a difference."""
    effect = found.difference
    return [effect.estimate or 0.0, effect.ci_lower, effect.ci_upper, found.standard_error or 0.0]


def _key(sign: Sign) -> str:
    return f"{sign.code}|{sign.metric or ''}"


def _renamed(sign: Sign, code: str) -> Sign:
    return Sign(code=code, metric=sign.metric, p_value=sign.p_value, why_not=sign.why_not)
