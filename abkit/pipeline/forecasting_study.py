"""`forecast --companies`: forecasts graded on companies drawn at random, resumable."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from operator import index
from pathlib import Path
from typing import Any, Final

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.forecast_study import DrawnRange, ForecastStudy
from abkit.core.progress import SILENT, Progress
from abkit.pipeline.forecasting_company import (
    GradedCompany,
    Grading,
    grade_company,
    grade_in_process,
    make_grading,
    start_process,
    stored_company,
)
from abkit.pipeline.simulating import DEFAULT_SCENARIO, prepare
from abkit.simulations.companies import CELLS, LOAD, NO_ENTRY, SHARED, USE_CASE, VOLUME
from abkit.simulations.fit_parameters import stated
from abkit.simulations.scenario import Scenario

COMPANIES: Final = 100
LABELS: Final = 1_000
WEEKS: Final = 2
TRUTH_WEEKS: Final = 16
DRAWS: Final = 2_000
_MOST: Final = 10_000


def study_forecasts(
    companies: int = COMPANIES,
    *,
    jobs: int = 1,
    seed: int = 1,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> ForecastStudy:
    """Draw companies, forecast each from two weeks of control, and look what is true.

    Each finished company is stored; a study that was stopped begins where it left off.

    Args:
        companies: How many.
        jobs: Processes that share the work. The result does not depend on it. With more than one, a
            script needs the usual `if __name__ == "__main__":`.
        seed: Of the companies and of all their draws.
        runs: Nothing is written there; it must only be writable.
        progress: Shows companies.

    Raises:
        ConfigError: An argument lies outside its domain.
    """
    checks.at_least("companies", index(companies), 1)
    checks.at_least("jobs", index(jobs), 1)
    checks.at_least("seed", index(seed), 0)
    if companies > _MOST:
        raise ConfigError(f"`companies` is {companies}; expected at most {_MOST}")
    made = prepare(
        weeks=WEEKS, scenario=DEFAULT_SCENARIO, seed=seed, model=None, threshold=None, texts=None,
        runs=runs, progress=progress,
    )  # fmt: skip
    grading = make_grading(
        made.world, made.loop.supply, digests=made.digests, threshold=made.loop.threshold,
        labels=LABELS, weeks=WEEKS, truth_weeks=TRUTH_WEEKS, draws=DRAWS, seed=seed,
    )  # fmt: skip
    found = _graded(grading, range(companies), jobs, progress)
    contacts = [n for one in found for n in one.contacts]
    return ForecastStudy(
        companies=companies, seed=seed, labels=LABELS, weeks=WEEKS, truth_weeks=TRUTH_WEEKS,
        draws=DRAWS, base=made.world.name, model=made.digests["model"],
        threshold=grading.threshold, contacts=(min(contacts), max(contacts)),
        left_out=sum(one.left_out for one in found),
        ranges=_ranges(made.world), no_entry=NO_ENTRY,
        rows=tuple(row for one in found for row in one.rows),
    )  # fmt: skip


def _graded(grading: Grading, numbers: range, jobs: int, progress: Progress) -> list[GradedCompany]:
    """Return the companies, those that are not yet at hand graded now."""
    found = {number: stored_company(grading, number) for number in numbers}
    missing = [number for number, one in found.items() if one is None]
    if missing:
        at_hand = len(numbers) - len(missing)
        what = "Companies" + (f", {at_hand} of {len(numbers)} at hand" if at_hand else "")
        with _results(grading, missing, min(jobs, len(missing))) as results:
            for one in progress.track(results, description=what, total=len(missing)):
                found[one.number] = one
    return [one for one in found.values() if one is not None]


@contextmanager
def _results(grading: Grading, numbers: list[int], jobs: int) -> Iterator[Iterable[GradedCompany]]:
    """Yield the companies in order, as they are finished."""
    if jobs == 1:
        yield map(partial(grade_company, grading), numbers)
        return
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=start_process, initargs=(grading,)
    )
    try:
        yield pool.map(grade_in_process, numbers)
    finally:
        pool.shutdown(cancel_futures=True)


def _ranges(base: Scenario) -> tuple[DrawnRange, ...]:
    """Return what companies are drawn from beside the base's numbers."""
    cases = list(base.use_cases.values())
    found = [DrawnRange(name="first contacts a week", low=VOLUME[0], high=VOLUME[1], centres=())]
    for name, (low, high) in USE_CASE.items():
        centres = () if name == "weight" else tuple(stated(case, name) for case in cases)
        words = "share, up to a factor" if name == "weight" else name
        found.append(DrawnRange(name=words, low=low, high=high, centres=centres))
    for group, ranges in CELLS.items():
        for name, (low, high) in ranges.items():
            first, _, second = name.partition(" less ")
            values = [stated(case, f"{group}.{first}") for case in cases]
            less = [stated(case, f"{group}.{second}") if second else 0.0 for case in cases]
            centres = tuple(a - b for a, b in zip(values, less, strict=True))
            found.append(DrawnRange(name=f"{group} {name}", low=low, high=high, centres=centres))
    whole = base.model_dump()
    for key, (low, high) in SHARED.items():
        found.append(DrawnRange(name=key, low=low, high=high, centres=(_at(whole, key),)))
    found.append(DrawnRange(name="agents' load", low=LOAD[0], high=LOAD[1], centres=()))
    return tuple(found)


def _at(values: Any, key: str) -> float:
    for part in key.split("."):
        values = values[part]
    return float(values)
