"""`forecast --check`: a forecast beside what the experiment showed afterwards."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abkit.analysis.analyzing import analyze
from abkit.core.errors import DataError
from abkit.core.forecasted import HASH, CheckedRow, ForecastCheck, Span, forecast_hash
from abkit.core.runs import find_run, open_run
from abkit.core.table3 import MetricRow


class _Row(BaseModel):
    """One row of a forecast's file; the others of its numbers are not compared."""

    model_config = ConfigDict(frozen=True, strict=True)

    use_case: str
    metric: str
    effect: Span
    estimate: Span


class _Written(BaseModel):
    """What a check needs of a forecast's file."""

    model_config = ConfigDict(frozen=True, strict=True)

    level: Annotated[float, Field(gt=0, lt=1)]
    rows: list[_Row]
    sha256: str


def check_forecast(
    forecast: str | Path, against: str | Path, *, runs: Path = Path("runs")
) -> ForecastCheck:
    """Return a forecast's rows beside the experiment's.

    Args:
        forecast: The file that `forecast` wrote.
        against: The experiment: a run's name, or a contact log as for `analyze`, with control and
            one treatment arm.
        runs: Where runs are looked for by name.

    Raises:
        DataError: The file is no forecast, was changed after it was written, or the experiment
            cannot be read or has several treatment arms.
        RunError: There is no such run.
    """
    path = Path(forecast)
    facts = read_forecast(path)
    place = Path(against)
    if not place.exists():
        place = find_run(runs, str(against))
        open_run(place)
    analysis = analyze(place, confidence_level=facts.level)
    if len(analysis.tables) != 1:
        raise DataError(
            f"`{against}` has {len(analysis.tables)} treatment arms; a forecast is of one",
            hint="keep the rows of control and one treatment arm",
        )
    table = analysis.tables[0]
    found = {(case, row.metric): row for case, row in table.rows()}
    return ForecastCheck(
        forecast=path.name, sha256=facts.sha256, against=str(against), level=facts.level,
        control=table.control, treatment=table.treatment, trusted=table.trusted,
        rows=tuple(_row(row, found.get((row.use_case, row.metric))) for row in facts.rows),
    )  # fmt: skip


def read_forecast(path: Path) -> _Written:
    """Return what a check needs of a forecast, as it was written.

    Raises:
        DataError: The file cannot be read, is no forecast, or its hash is not that of its contents.
    """
    try:
        text = path.read_bytes()
        facts = json.loads(text)
    except OSError as error:
        raise DataError(f"`{path}` cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise DataError(f"`{path}` is no JSON", hint="`abkit forecast --out` writes one") from None
    if not isinstance(facts, dict) or HASH not in facts:
        raise DataError(f"`{path}` is no forecast", hint="`abkit forecast --out` writes one")
    if (made := forecast_hash(facts)) != facts[HASH]:
        raise DataError(
            f"`{path}` states the hash `{facts[HASH]!s:.12}`, its contents have `{made:.12}`: it "
            "was changed after it was written"
        )
    try:
        return _Written.model_validate_json(text)  # strict: numbers are numbers
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(map(str, wrong["loc"]))
        raise DataError(
            f"`{path}` is no forecast: `{place}`: {wrong['msg'].lower()}",
            hint="its hash is right, its contents are not those of `abkit forecast --out`",
        ) from None


def _row(facts: _Row, found: MetricRow | None) -> CheckedRow:
    effect = None if found is None else found.difference
    known = effect is not None and effect.estimate is not None
    return CheckedRow(
        use_case=facts.use_case,
        metric=facts.metric,
        effect=facts.effect,
        forecast=facts.estimate,
        estimate=effect.estimate if effect is not None else None,
        ci_lower=effect.ci_lower if effect is not None and known else None,
        ci_upper=effect.ci_upper if effect is not None and known else None,
    )
