"""`forecast`: the effects that an A/B test will show, written and hashed before it is run."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from operator import index
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.forecasted import Forecast, ForecastCase, ForecastRow, Span
from abkit.core.progress import SILENT, Progress
from abkit.core.store import check_writable, digest_of, sha256_of, write_json
from abkit.model.artifact import load
from abkit.pipeline.fitting_log import CONTACTS, read_control_log, read_labels
from abkit.pipeline.shadow_scores import threshold_of, with_scores
from abkit.pipeline.simulating import DEFAULT_SCENARIO
from abkit.pipeline.threshold_choice import read_threshold
from abkit.simulations.clock import Floats
from abkit.simulations.fit_log_rows import control_log
from abkit.simulations.forecast import CaseForecast, LogForecast, forecast_log
from abkit.simulations.forecast_effects import METRICS
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import MAX_WEEKS

LIBRARIES: Final = ("abkit", "numpy", "pandas", "pyarrow", "scipy")
LEAST_DRAWS: Final = 100
_SHOWN_Z: Final = 1.959963984540054  # of the analysis's 95 % interval


def forecast(
    log: str | Path,
    *,
    labels: str | Path,
    scenario: str | Path = DEFAULT_SCENARIO,
    label_column: str | None = None,
    model: Path | None = None,
    threshold: float | str | None = None,
    weeks: float = 2,
    draws: int = 2_000,
    level: float = 0.9,
    seed: int = 1,
    out: Path | None = None,
    progress: Progress = SILENT,
) -> Forecast:
    """Return the differences of AR, PRR and 24RR that an A/B test of the text check will show.

    Args:
        log: Contacts of control alone: Parquet, CSV, CSV.gz, or a run folder.
        labels: A table with `contact_id` and a label, as for `fit_to_log`.
        scenario: A packaged scenario's name, or a TOML file: the priors' centre. One fitted to this
            log is as good as its base, since what the log knows takes no prior.
        label_column: Which column holds the labels.
        model: An artifact's folder: its threshold is taken, and texts without a score are scored.
        threshold: Of the text check; `certified` is the model's; None: the model's plug-in one,
            else the lowest score that the log says is flagged.
        weeks: Of the planned test, with two equally large arms; above 0, at most 520.
        draws: Of all parameters, at least 100.
        level: Of the intervals, strictly in (0, 1).
        seed: Of every draw.
        out: Where the forecast is written with its hash, as JSON.
        progress: Shows scoring.

    Raises:
        ConfigError: An argument lies outside its domain.
        DataError: A file cannot be used, the log is no control log, has no scores, or no use-case
            has enough labels.
        ArtifactError: The model cannot be used.
        RunError: `out` cannot be written.
    """
    log, labels, asked = Path(log), Path(labels), read_threshold(threshold)
    checks.positive("weeks", weeks)
    if weeks > MAX_WEEKS:
        raise ConfigError(f"`weeks` is {weeks:g}; expected at most {MAX_WEEKS}")
    checks.at_least("draws", index(draws), LEAST_DRAWS)
    checks.level("level", level)
    checks.at_least("seed", index(seed), 0)
    if isinstance(asked, str) and model is None:
        raise ConfigError("`threshold` is `certified`, which is a model's", hint="add --model")
    if out is not None:
        _check_out(out, log, labels)
    base = load_scenario(scenario)
    given = read_labels(labels, label_column)
    table = read_control_log(log)
    used, origin = threshold_of(table, model, asked)
    if used is None:
        raise ConfigError(
            "no threshold is known: the log says of no text that it is flagged",
            hint="give --threshold SCORE, or --model",
        )
    if model is not None:
        table = with_scores(table, model, progress)
    rows = control_log(table, given)
    with threadpool_limits(1):  # small matrices: one thread is faster, and sums repeat to the bit
        found = forecast_log(rows, base, threshold=used, weeks=weeks, draws=draws, seed=seed)
    inputs = {"log": _hash(log), "labels": _hash(labels)}
    inputs["scenario"] = digest_of(base.model_dump(mode="json"))
    if model is not None:
        inputs["model"] = load(model).digest
    arguments = {
        "log": str(log), "labels": str(labels), "scenario": str(scenario), "label": label_column,
        "model": None if model is None else str(model), "threshold": asked, "weeks": weeks,
        "draws": draws, "level": level, "seed": seed,
    }  # fmt: skip
    result = Forecast(
        log=log.name, labels=labels.name, scenario=base.name, arguments=arguments, inputs=inputs,
        versions={"python": platform.python_version()} | {n: version(n) for n in LIBRARIES},
        contacts=rows.issue.size, threshold=used, threshold_origin=origin, weeks=weeks,
        draws=draws, seed=seed, level=level,
        cases=tuple(_case(case, level) for case in found.cases),
        rows=tuple(row for case in found.cases for row in forecast_rows(case, level, seed)),
        notes=_notes(found),
    )  # fmt: skip
    if out is not None:
        write_json(out, result.to_dict())
    return result


def _check_out(out: Path, *inputs: Path) -> None:
    check_writable(out)
    if out.suffix != ".json":
        raise ConfigError(f"`out` is `{out}`; expected a name that ends in .json")
    if out.exists():
        if any(path.exists() and out.samefile(path) for path in inputs):
            raise ConfigError(f"`out` is `{out}`, which the forecast reads")
        raise ConfigError(
            f"`{out}` exists; a forecast is written once", hint="give another name, or remove it"
        )


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file, of a run folder that of its contacts."""
    return sha256_of(path / CONTACTS if path.is_dir() else path)


def _case(case: CaseForecast, level: float) -> ForecastCase:
    values: Mapping[str, Floats] = case.draws.values
    return ForecastCase(
        use_case=case.use_case, labels=case.labels,
        prevalence=span(values["prevalence"], level), menu_error=span(values["menu_error"], level),
        recall=span(values["recall"], level), false_flags=span(values["false_flags"], level),
        from_prior=case.draws.from_prior, helps=case.draws.helps,
        contacts_per_arm=case.contacts_per_arm,
    )  # fmt: skip


def forecast_rows(case: CaseForecast, level: float, seed: int) -> list[ForecastRow]:
    """Return one use-case's rows; the planned test's chance is drawn once for each draw."""
    rows = []
    estimates = case.estimates(seed)
    for metric, control, effects, estimate, errors in zip(
        METRICS, case.rates.control, case.rates.effects, estimates, case.errors, strict=True
    ):
        rows.append(
            ForecastRow(
                use_case=case.use_case,
                metric=metric,
                control=span(control, level),
                effect=span(effects, level),
                estimate=span(estimate, level),
                standard_error=float(np.median(errors)),
                positive=float((effects > 0).mean()),
                shown=float((np.abs(estimate) > _SHOWN_Z * errors).mean()),
            )
        )
    return rows


def span(draws: Floats, level: float) -> Span:
    """Return the median and the quantiles that leave out equal shares of the draws."""
    tail = (1 - level) / 2
    lower, median, upper = np.quantile(draws, (tail, 0.5, 1 - tail)).tolist()
    return Span(median=median, lower=lower, upper=upper)


def _notes(found: LogForecast) -> tuple[str, ...]:
    notes = []
    if found.few_labels:
        notes.append(
            f"not forecast, too few labels: {', '.join(found.few_labels)}; five of LABEL 0 and "
            "five of others are needed on first contacts"
        )
    if found.from_prior:
        notes.append(f"the log does not show, for all use-cases: {', '.join(found.from_prior)}")
    if helps := [f"{c.use_case} {name}" for c in found.cases for name in c.draws.helps]:
        notes.append(
            f"the log says that a wrong resolution helps: {', '.join(helps)}; look for wrong labels"
        )
    if found.unreached:
        notes.append(
            f"no score of the log reaches the threshold in {', '.join(found.unreached)}: nothing "
            "is flagged, so nothing can differ"
        )
    return tuple(notes)
