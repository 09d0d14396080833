"""`simulate --replications`: one experiment many times over, resumable, the truth beside."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from operator import index
from pathlib import Path
from typing import Any, Final

from abkit.analysis.replications import enough_replications
from abkit.core import checks
from abkit.core.errors import ConfigError, listed
from abkit.core.metrics import TABLE_3
from abkit.core.progress import SILENT, Progress
from abkit.core.replicated import HalfWidth, Replication, Replications
from abkit.core.runs import new_id, whole_folder
from abkit.core.store import digest_of
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.one_replication import (
    Job,
    make_job,
    run_in_process,
    run_replication,
    start_process,
    stored,
)
from abkit.pipeline.replicated_rows import deltas, over_replications
from abkit.pipeline.simulating import DEFAULT_SCENARIO, Experiment, prepare, write_run
from abkit.simulations.scenario import Scenario

FIRST_STAGE: Final = 20  # replications whose spread says how many are enough, unless given
_LEAST_FIRST_STAGE: Final = 10
_MOST: Final = 10_000
_LEVEL: Final = 0.95


def replicate(
    *,
    replications: int | None = None,
    jobs: int = 1,
    until_half_width: float | None = None,
    of: Sequence[str] = ("AR",),
    weeks: int = 2,
    scenario: str | Path = DEFAULT_SCENARIO,
    seed: int = 1,
    model: Path | None = None,
    threshold: float | str | None = None,
    texts: LabelledTexts | None = None,
    changes: Mapping[str, Any] | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> Replications:
    """Repeat an experiment with independent draws, and return what lies behind one Table 3.

    Each finished replication is stored; a run that was stopped, or asks for more, begins where
    another left off. Replication 0 is what `simulate` makes of the same seed.

    Args:
        replications: How many, at least 2; with `until_half_width` those of the first stage, at
            least 10, by default 20.
        jobs: Processes that share the work. The result does not depend on it. With more than one, a
            script needs the usual `if __name__ == "__main__":`.
        until_half_width: As many replications as make 95 % intervals of mean deltas no wider than
            this many points to either side: Stein's two stages, see `enough_replications`.
        of: Rows that must be that narrow: `AR` in every use-case, or `A:AR` in one.
        weeks: As for `simulate`, as are the others.
        scenario: A packaged scenario's name, or a TOML file.
        seed: Of every draw; the replication's number is part of each draw's key.
        model: An artifact's folder.
        threshold: Flag from this score on, or `certified`.
        texts: Labelled texts to serve.
        changes: Values that replace the scenario's, by dotted key.
        runs: The result is kept in its folder `replications`.
        progress: Shows finished replications.

    Raises:
        ConfigError: An argument lies outside its domain, or that half-width would need more than
            10,000 replications.
    """
    clock = [("started", time.time())]
    n, jobs = _numbers(replications, jobs, until_half_width)
    place = Path(runs) / "replications"
    made = prepare(
        weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold, texts=texts,
        changes=changes, runs=place, check=partial(_check_rows, of), progress=progress,
    )  # fmt: skip
    clock.append(("scores at hand", time.time()))
    job = make_job(
        made.world, made.loop.supply, threshold=made.loop.threshold, weeks=made.weeks,
        seed=made.seed, treatments=made.treatments, digests=made.digests,
    )  # fmt: skip
    found = _replicated(job, range(n), jobs, progress)
    until = None
    if until_half_width is not None:
        until = HalfWidth(aim=until_half_width / 100, of=tuple(of), first_stage=n)
        enough = _enough(found, until)
        found += _replicated(job, range(n, enough), jobs, progress)
    clock.append(("simulated", time.time()))
    return _kept(place, made, found, until, clock)


def _kept(
    place: Path, made: Experiment, found: list[Replication], until: HalfWidth | None,
    clock: list[tuple[str, float]],
) -> Replications:  # fmt: skip
    """Return the result, once its folder is written."""
    asked: dict[str, Any] = {"replications": len(found) if until is None else until.first_stage}
    if until is not None:
        asked |= {"until-half-width": 100 * until.aim, "of": list(until.of)}
    made = replace(made, arguments=made.arguments | asked)
    folder = place / new_id(digest_of([made.arguments, made.digests]))
    heads = made.world.agents.heads
    result = Replications(
        run=folder,
        scenario=made.world.name,
        weeks=made.weeks,
        seed=made.seed,
        model=None if made.loop.model is None else made.loop.model.digest,
        threshold=None if made.loop.model is None else made.loop.threshold,
        unlimited_agents=heads == "unlimited",
        confidence_level=_LEVEL,
        until=until,
        rows=over_replications(
            found, made.world, made.loop, confidence_level=_LEVEL,
            first_stage=None if until is None else until.first_stage,
        ),
        replications=tuple(found),
    )  # fmt: skip
    with whole_folder(folder) as draft:
        write_run(draft, result, made, clock)
    return result


def _numbers(replications: int | None, jobs: int, until: float | None) -> tuple[int, int]:
    """Return the number of replications, or of those of the first stage, and of processes."""
    checks.at_least("jobs", index(jobs), 1)
    least = 2
    if until is not None:
        least = _LEAST_FIRST_STAGE
        if not (math.isfinite(until) and until > 0):
            raise ConfigError(f"`until_half_width` is {until}; expected a number of points > 0")
    n = FIRST_STAGE if replications is None else index(replications)
    if n < least:
        raise ConfigError(
            f"`replications` is {n}; expected at least {least}"
            + (", whose spread says how many are enough" if until is not None else ""),
            hint="one experiment is `simulate` without `replications`" if n == 1 else None,
        )
    if n > _MOST:
        raise ConfigError(f"`replications` is {n}; expected at most {_MOST}")
    return n, index(jobs)


def _check_rows(of: Sequence[str], world: Scenario) -> None:
    """Refuse names of rows that no table of the scenario has."""
    named = [f"{case}:{metric}" for case in world.use_cases for metric in TABLE_3]
    if unknown := [name for name in of if name not in [*TABLE_3, *named]]:
        raise ConfigError(
            f"`of` is {listed(unknown)}; expected {listed(TABLE_3)}, or one use-case's row, as in "
            f"`{named[0]}`"
        )
    if not of:
        raise ConfigError("`of` names no row; expected a metric, as in `AR`")


def _enough(found: Sequence[Replication], until: HalfWidth) -> int:
    """Return how many replications make every interval of the rows narrow enough."""
    aimed = {
        key: values
        for key, values in deltas(found).items()
        if (key[2] in until.of or f"{key[1]}:{key[2]}" in until.of) and values.size == len(found)
    }
    if not aimed:
        raise ConfigError(
            f"`of` is {listed(until.of)}, whose deltas are undefined in some replications: there "
            "is nothing to make narrow"
        )
    needed = {key: enough_replications(values, until.aim) for key, values in aimed.items()}
    key = max(needed, key=lambda key: needed[key])
    if (most := needed[key]) > _MOST:
        width = 100 * until.aim * math.sqrt(most / _MOST)
        raise ConfigError(
            f"`until_half_width` is {100 * until.aim:g}: the delta of {key[1]} {key[2]} would need "
            f"{most} replications; expected at most {_MOST}",
            hint=f"{math.ceil(100 * width) / 100:g} points are within reach",
        )
    return most


def _replicated(
    job: Job, numbers: Sequence[int], jobs: int, progress: Progress
) -> list[Replication]:
    """Return the replications, those that are not yet at hand made now."""
    found = {number: stored(job, number) for number in numbers}
    missing = [number for number, one in found.items() if one is None]
    if missing:
        at_hand = len(numbers) - len(missing)
        what = "Replications" + (f", {at_hand} of {len(numbers)} at hand" if at_hand else "")
        with _results(job, missing, min(jobs, len(missing))) as results:
            for one in progress.track(results, description=what, total=len(missing)):
                found[one.number] = one
    return [one for one in found.values() if one is not None]


@contextmanager
def _results(job: Job, numbers: Sequence[int], jobs: int) -> Iterator[Iterable[Replication]]:
    """Yield the replications in order, as they are finished."""
    if jobs == 1:
        yield map(partial(run_replication, job), numbers)
        return
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=start_process, initargs=(job,)
    )  # spawn: no copy of the parent's threads and memory, the same on every system
    try:
        yield pool.map(run_in_process, numbers)
    finally:
        pool.shutdown(cancel_futures=True)
