"""The study behind docs/interference.md: what the usual A/B test misses where agents are shared.

Finished runs are kept in the cache: a study that was stopped begins where it left off.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from scipy import stats

import abkit.analysis
import abkit.simulations
from abkit.core import checks
from abkit.core.cache import cache_folder, sources_digest
from abkit.core.errors import ConfigError
from abkit.core.interference_study import (
    DesignRow,
    InterferenceStudy,
    LoadRow,
    SignRow,
    WaitRow,
)
from abkit.core.progress import SILENT, Progress
from abkit.core.store import digest_of
from abkit.pipeline import interference_run, interference_worlds
from abkit.pipeline.interference_run import (
    DESIGN_LOADS,
    LOADS,
    UNLIMITED,
    WEEKS,
    Job,
    make_run,
    stored,
)
from abkit.pipeline.interference_worlds import RATES
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.pipeline.supplies import generated_texts, scored
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.supply import ScoredSupply

RUNS: Final = 24
_ALPHA: Final = 0.05
Run = dict[str, Any]


def study_interference(
    *, runs: int = RUNS, seed: int = 1, jobs: int = 2, progress: Progress = SILENT
) -> InterferenceStudy:
    """Simulate experiments whose true effects are known, and grade estimates, designs and signs.

    The default scenario with agents for several loads: everybody in control, everybody in treatment
    and the usual A/B test on the same random numbers; at one load, and with unlimited agents, also
    switchbacks, two levels of saturation, and two weeks of control before the A/B test.

    Args:
        runs: How often all of it, with independent draws, at least 10.
        seed: Of every draw.
        jobs: Processes that share the runs; the result does not depend on it.
        progress: Shown by run.

    Raises:
        ConfigError: `runs` is too small, or the default model flags nothing.
    """
    checks.at_least("runs", runs, 10)
    base = load_scenario(DEFAULT_SCENARIO)
    artifact = default_model(base, progress)
    threshold = artifact.threshold.threshold
    if threshold is None:
        raise ConfigError("the default model has no threshold, so that nothing is flagged")
    supply = scored(generated_texts(progress), artifact, progress)
    code = [sources_digest(Path(of.__path__[0])) for of in (abkit.analysis, abkit.simulations)]
    own = [
        Path(str(of.__file__)).read_text(encoding="utf-8")
        for of in (interference_run, interference_worlds)
    ]
    key = digest_of([artifact.digest, threshold, seed, code, own])
    job = Job(
        folder=cache_folder("interference") / key[:32],
        base=base,
        supply=ScoredSupply(
            pa.array([""] * len(supply.texts)), supply.reason, supply.level, supply.scores
        ),
        threshold=threshold,
        seed=seed,
    )
    found = _runs(job, range(runs), jobs, progress)
    return summary(found, scenario=base.name, seed=seed, model=artifact.digest)


def summary(found: Sequence[Run], *, scenario: str, seed: int, model: str) -> InterferenceStudy:
    """Return what runs say together."""
    return InterferenceStudy(
        scenario=scenario,
        weeks=WEEKS,
        seed=seed,
        runs=len(found),
        model=model,
        design_load=float(DESIGN_LOADS[0]),
        loads=tuple(_load_row(found, load, rate) for rate in RATES for load in LOADS),
        waits=tuple(_wait_row(found, load) for load in LOADS),
        designs=tuple(
            _design_row(found, design, rate)
            for rate in RATES
            for design in found[0][DESIGN_LOADS[0]]["designs"]
        ),
        signs=(*_sign_rows(found), *_agreements(found)),
    )


def _runs(job: Job, numbers: Sequence[int], jobs: int, progress: Progress) -> list[Run]:
    """Return the runs, those that are not yet at hand made now."""
    found = {number: stored(job, number) for number in numbers}
    missing = [number for number, one in found.items() if one is None]
    if missing:
        with _results(job, missing, jobs) as results:
            made = progress.track(results, description="Runs", total=len(missing))
            found |= dict(zip(missing, made, strict=True))
    return [one for one in found.values() if one is not None]


@contextmanager
def _results(job: Job, numbers: Sequence[int], jobs: int) -> Iterator[Iterable[Run]]:
    """Yield the runs in order, as they are finished."""
    if jobs == 1:
        yield map(partial(make_run, job), numbers)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        yield pool.map(partial(make_run, job), numbers)
    finally:
        pool.shutdown(cancel_futures=True)


def _number(load: str) -> float | None:
    return None if load == UNLIMITED else float(load)


def _launch(found: Sequence[Run], load: str, rate: str) -> np.ndarray:
    """Return the true effect of each run: all in treatment - all in control."""
    worlds = [run[load]["worlds"] for run in found]
    return np.array([world["treatment"][rate] - world["control"][rate] for world in worlds])


def _mean_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))


def _load_row(found: Sequence[Run], load: str, rate: str) -> LoadRow:
    launch = _launch(found, load, rate)
    estimates = np.array([run[load]["designs"]["customer"][rate] for run in found])
    truth, truth_error = _mean_error(launch)
    bias, bias_error = _mean_error(estimates[:, 0] - launch)
    return LoadRow(
        load=_number(load),
        metric=rate,
        control=float(np.mean([run[load]["worlds"]["control"][rate] for run in found])),
        launch=truth,
        launch_error=truth_error,
        estimate=float(estimates[:, 0].mean()),
        bias=bias,
        bias_error=bias_error,
        covered=_covered(estimates, truth),
    )


def _covered(estimates: np.ndarray, truth: float) -> int:
    return int(((estimates[:, 1] <= truth) & (truth <= estimates[:, 2])).sum())


def _wait_row(found: Sequence[Run], load: str) -> WaitRow:
    wait, abandon = (
        tuple(
            float(np.mean([run[load]["worlds"][arm][of] for run in found]))
            for arm in ("control", "treatment")
        )
        for of in ("wait_s", "abandon")
    )
    return WaitRow(load=_number(load), wait_s=(wait[0], wait[1]), abandon=(abandon[0], abandon[1]))


def _design_row(found: Sequence[Run], design: str, rate: str) -> DesignRow:
    load = DESIGN_LOADS[0]
    launch = _launch(found, load, rate)
    estimates = np.array([run[load]["designs"][design][rate] for run in found])
    bias, bias_error = _mean_error(estimates[:, 0] - launch)
    return DesignRow(
        design=design,
        metric=rate,
        bias=bias,
        bias_error=bias_error,
        sd=float(estimates[:, 0].std(ddof=1)),
        half_width=float((estimates[:, 2] - estimates[:, 1]).mean() / 2),
        covered=_covered(estimates, float(launch.mean())),
    )


def _sign_rows(found: Sequence[Run]) -> Iterator[SignRow]:
    names = dict.fromkeys(name for load in LOADS for name in found[0][load]["signs"])
    for name in names:
        code, _, metric = name.partition("|")
        for load in LOADS:
            if name in found[0][load]["signs"]:
                p_values = [run[load]["signs"][name] for run in found]
                asked = [p for p in p_values if p is not None]
                yield SignRow(
                    code=code, metric=metric or None, load=_number(load),
                    shown=sum(p < _ALPHA for p in asked), asked=len(asked),
                )  # fmt: skip


def _agreements(found: Sequence[Run]) -> Iterator[SignRow]:
    """Compare the A/B estimate of each run with the next run's switchback: z of the difference.

    Of another run, since two experiments have other customers.
    """
    for rate in ("24RR", "abandoned"):
        for load in reversed(DESIGN_LOADS):
            p_values = []
            for run, other in zip(found, [*found[1:], found[0]], strict=True):
                usual = run[load]["designs"]["customer"][rate]
                blocks = other[load]["designs"]["switchback 24 h"][rate]
                error = math.hypot(usual[3], blocks[3])
                if error:
                    p_values.append(2 * float(stats.norm.sf(abs(usual[0] - blocks[0]) / error)))
            yield SignRow(
                code="agreement", metric=rate, load=_number(load),
                shown=sum(p < _ALPHA for p in p_values), asked=len(p_values),
            )  # fmt: skip
