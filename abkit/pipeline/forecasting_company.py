"""One simulated company: its control log, a forecast from it, the truth, the test afterwards."""

import json
import math
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

import abkit.analysis
import abkit.core
import abkit.simulations
from abkit.analysis.analyzing import analyze
from abkit.core.cache import cache_folder, sources_digest
from abkit.core.errors import ConfigError, DataError
from abkit.core.forecast_study import LEVEL, LEVELS, Bounds, GradedRow, Truth
from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.core.store import digest_of, sha256_of, write_json
from abkit.pipeline.child_process import end_with_parent
from abkit.pipeline.fitting_log_study import drawn_labels
from abkit.pipeline.forecasting import span
from abkit.simulations.clock import Floats
from abkit.simulations.closed_form import closed_form
from abkit.simulations.companies import draw_company, without_queue
from abkit.simulations.fit_log_rows import NEEDED, ControlLog, control_log
from abkit.simulations.forecast import CaseForecast, LogForecast, forecast_log
from abkit.simulations.forecast_effects import METRICS
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import Outcomes, outcome_sums
from abkit.simulations.paired import PairedDifference, difference_of_ratios, paired_difference
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import simulate_contacts

BEFORE, TEST, TRUTH = range(3)  # replications: draws of the log, of the test, of the truth
_PACKAGES: Final = (abkit.core, abkit.simulations, abkit.analysis)
_LIBRARIES: Final = ("duckdb", "numpy", "pandas", "pyarrow", "scipy", "simpy", "statsmodels")
_RATE_NAMES: Final = {AR.name: "automation", PRR.name: "positive", REPEAT_RATE.name: "repeat"}
Truths = dict[tuple[str, str], tuple[float, float]]  # (use-case, metric): value, standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What all companies share; small, sent once to each process."""

    folder: Path  # where finished companies are kept
    base: Scenario
    supply: ScoredSupply  # scores without texts
    threshold: float
    labels: int
    weeks: int
    truth_weeks: int
    draws: int
    seed: int

    def path(self, number: int) -> Path:
        """Return where a company is kept."""
        return self.folder / f"{number:04d}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedCompany:
    """One company, with agents unlimited and with its own."""

    number: int
    contacts: tuple[int, ...]  # of the control logs
    left_out: int  # use-cases without a forecast, both logs
    rows: tuple[GradedRow, ...]


def make_grading(
    base: Scenario, supply: ScoredSupply, *, digests: dict[str, str], **numbers: Any
) -> Grading:
    """Return the grading; its folder is named after all that decides a company's rows."""
    code = [sources_digest(Path(package.__path__[0])) for package in _PACKAGES]
    code.append(sha256_of(Path(__file__)))
    key = digest_of([digests, numbers, code, [version(name) for name in _LIBRARIES]])
    bare = ScoredSupply(
        pa.array([""] * len(supply.texts)), supply.reason, supply.level, supply.scores
    )
    return Grading(folder=cache_folder("forecasts") / key[:32], base=base, supply=bare, **numbers)


def stored_company(grading: Grading, number: int) -> GradedCompany | None:
    """Return a company that was finished; None when it is absent or damaged: made again."""
    try:
        facts = json.loads(grading.path(number).read_bytes())
        rows = tuple(GradedRow.from_dict(row) for row in facts.pop("rows"))
        found = GradedCompany(**facts | {"contacts": tuple(facts["contacts"])}, rows=rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.number == number else None


def grade_company(grading: Grading, number: int) -> GradedCompany:
    """Forecast company `number` from its control log, then look; store what was found."""
    company = draw_company(number, seed=grading.seed, base=grading.base)
    rows, contacts, left_out = list[GradedRow](), list[int](), 0
    for world in (without_queue(company), company):
        log = _control_log(grading, world, number)
        contacts.append(log.issue.size)
        try:
            forecast = _forecast(grading, log, number)
        except DataError:  # as a user would be refused
            left_out += len(world.use_cases)
            continue
        left_out += len(forecast.few_labels)
        found = _test(grading, world, number)
        for kind, truths in _truths(grading, world, number).items():
            for case in forecast.cases:
                rows += _rows(grading, case, world, (number, kind), truths, found)
    graded = GradedCompany(
        number=number, contacts=tuple(contacts), left_out=left_out, rows=tuple(rows)
    )
    write_json(grading.path(number), asdict(graded))
    return graded


def _seed(grading: Grading, number: int) -> int:
    """Return the seed of a company's draws."""
    return grading.seed * 1_000_000 + number


def _control_log(grading: Grading, world: Scenario, number: int) -> ControlLog:
    """Return two weeks of control with golden labels, as a user would have them."""
    log = simulate_contacts(
        one_arm(world, "control"), grading.supply, threshold=grading.threshold,
        weeks=grading.weeks, seed=_seed(grading, number), replication=BEFORE,
    )  # fmt: skip
    table: pd.DataFrame = log.select([*NEEDED, "score", "true_reason"]).to_pandas()
    labels = drawn_labels(table, grading.labels, seed=_seed(grading, number), replication=BEFORE)
    return control_log(table.drop(columns="true_reason"), labels)


def _forecast(grading: Grading, log: ControlLog, number: int) -> LogForecast:
    with threadpool_limits(1):  # as `forecast`
        return forecast_log(
            log, grading.base, threshold=grading.threshold, weeks=grading.weeks,
            draws=grading.draws, seed=_seed(grading, number),
        )  # fmt: skip


def _truths(grading: Grading, world: Scenario, number: int) -> dict[Truth, Truths]:
    """Return what is true of a world, by kind."""
    if world.agents.heads == "unlimited":
        return {"unlimited": _exact(grading, world)}
    return {
        "test": _in_a_test(grading, world, number),
        "launch": _launched(grading, world, number),
    }


def _exact(grading: Grading, world: Scenario) -> Truths:
    """Return treatment minus control in closed form."""
    truths: Truths = {}
    for case, form in closed_form(world, grading.supply, grading.threshold).items():
        effect = form.arms["treatment"].every - form.arms["control"].every
        for metric in METRICS:
            truths[case, metric] = (getattr(effect, _RATE_NAMES[metric]), 0.0)
    return truths


def _launched(grading: Grading, world: Scenario, number: int) -> Truths:
    """Return everybody in treatment minus everybody in control, on the same draws."""
    control, treatment = (
        _outcomes(grading, one_arm(world, arm), number) for arm in ("control", "treatment")
    )
    return {
        (case, metric): _effect(paired_difference(control, treatment, metric, use_case=case))
        for case in world.use_cases
        for metric in METRICS
    }


def _in_a_test(grading: Grading, world: Scenario, number: int) -> Truths:
    """Return what a test without end would show, whose arms share the agents.

    Two tests on the same draws: in the second everybody is in the other arm. So each customer is
    seen in both arms, with half of the others treated.
    """
    swapped = dict(reversed(world.arms.items()))  # arms are drawn by key, in their order
    tests = (
        _outcomes(grading, world, number),
        _outcomes(grading, world.model_copy(update={"arms": swapped}), number),
    )
    first = tests[0].members(arm="control")  # who is in control in the first test
    if not np.array_equal(first, tests[1].members(arm="treatment")):
        raise ConfigError(f"the arms of `{world.name}` cannot be swapped; expected equal weights")
    truths: Truths = {}
    for case in world.use_cases:
        of = tests[0].members(case)
        for metric in METRICS:
            yes = [test.successes[metric][of] for test in tests]
            all_of = [test.trials[metric][of] for test in tests]
            truths[case, metric] = _effect(
                difference_of_ratios(
                    np.where(first[of], yes[0], yes[1]), np.where(first[of], all_of[0], all_of[1]),
                    np.where(first[of], yes[1], yes[0]), np.where(first[of], all_of[1], all_of[0]),
                )
            )  # fmt: skip
    return truths


def _outcomes(grading: Grading, world: Scenario, number: int) -> Outcomes:
    return outcome_sums(
        world, grading.supply, threshold=grading.threshold, weeks=grading.truth_weeks,
        seed=_seed(grading, number), replication=TRUTH,
    )  # fmt: skip


def _effect(found: PairedDifference) -> tuple[float, float]:
    """Return a difference and its standard error; NaN where nobody came."""
    return (
        math.nan if found.difference is None else found.difference,
        math.nan if found.standard_error is None else found.standard_error,
    )


def _test(
    grading: Grading, world: Scenario, number: int
) -> dict[tuple[str, str], tuple[float | None, float, float]]:
    """Return what an A/B test of the same length shows: estimate and interval."""
    log = simulate_contacts(
        world, grading.supply, threshold=grading.threshold, weeks=grading.weeks,
        seed=_seed(grading, number), replication=TEST,
    )  # fmt: skip
    (table,) = analyze(log, confidence_level=LEVEL).tables
    return {
        (case, row.metric): (
            row.difference.estimate, row.difference.ci_lower, row.difference.ci_upper
        )
        for case, row in table.rows()
    }  # fmt: skip


def _rows(
    grading: Grading, case: CaseForecast, world: Scenario, who: tuple[int, Truth],
    truths: Truths, found: dict[tuple[str, str], tuple[float | None, float, float]],
) -> list[GradedRow]:  # fmt: skip
    estimates = case.estimates(_seed(grading, who[0]))
    rows = []
    for metric, effects, estimate in zip(METRICS, case.rates.effects, estimates, strict=True):
        at = case.use_case, metric
        truth, error = truths[at]
        rows.append(
            GradedRow(
                company=who[0], kind=who[1], use_case=case.use_case, metric=metric,
                has_entry=world.use_cases[case.use_case].menu_error < 1,
                median=span(effects, LEVEL).median,
                effect=_bounds(effects), estimate=_bounds(estimate),
                truth=truth, truth_error=error,
                found=found[at][0], found_lower=found[at][1], found_upper=found[at][2],
            )
        )  # fmt: skip
    return rows


def _bounds(draws: Floats) -> Bounds:
    spans = (span(draws, level) for level in LEVELS)
    return tuple((one.lower, one.upper) for one in spans)


_grading: Grading


def start_process(grading: Grading) -> None:
    """Keep the grading for `grade_in_process`; end with the parent, even if it was killed."""
    global _grading
    _grading = grading
    end_with_parent()


def grade_in_process(number: int) -> GradedCompany:
    """Return company `number` of the process's grading."""
    return grade_company(_grading, number)
