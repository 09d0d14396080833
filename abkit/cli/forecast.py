"""`abkit forecast`: the effects that an A/B test will show, before it is run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show
from abkit.core.errors import ConfigError


def forecast(
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="LOG", help="Contacts of control alone, with scores: Parquet, CSV, run folder."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="GOLDEN", help="contact_id and the truth, yes or no to LABEL 0, or the reason."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that holds the labels.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="Centre of the priors of what the log does not show.  "
            "[default: returns-bot-points]",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A model's folder: its threshold, and scores for a log without."),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="SCORE|certified",
            help="Flag from this score on; default: the model's, else the log's lowest flagged "
            "score.",
        ),
    ] = None,
    weeks: Annotated[
        float | None, typer.Option(help="Of the planned test, two equal arms.  [default: 2]")
    ] = None,
    draws: Annotated[int | None, typer.Option(help="Of all parameters.  [default: 2000]")] = None,
    level: Annotated[float | None, typer.Option(help="Of the intervals.  [default: 0.9]")] = None,
    seed: Annotated[int | None, typer.Option(help="Of every draw.  [default: 1]")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FORECAST.json", help="Write the forecast with its hash."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="FORECAST.json", help="Instead: compare a written forecast with ..."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN|LOG", help="... this experiment, which came afterwards."),
    ] = None,
    companies: Annotated[
        int | None,
        typer.Option(help="Instead: grade forecasts on so many simulated companies; resumable."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="With --companies: processes.  [default: 1]")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Forecast the differences of AR, PRR and 24RR that an A/B test of the text check will show.

    From a log of control with shadow scores and golden labels of some contacts. Two intervals are
    given: of the true effect, which carries what labels, recall and unknown behaviour leave open,
    and of the estimate that the planned test will show, which adds the test's own chance.

    With --out the forecast is written with the hashes of its inputs and its own; --check with
    --against compares it with the experiment, and refuses a file that was changed.
    """
    of_forecast: dict[str, Any] = {
        "--log": log, "--labels": labels, "--label": label, "--scenario": scenario,
        "--model": model, "--threshold": threshold, "--weeks": weeks, "--draws": draws,
        "--level": level, "--out": out,
    }  # fmt: skip
    if companies is not None:
        _refuse("--companies", of_forecast | {"--check": check, "--against": against})
        _grade(companies, jobs, seed, output)
        return
    if jobs is not None:
        raise ConfigError("`--jobs` needs `--companies`")
    if check is not None:
        _refuse("--check", of_forecast | {"--seed": seed})
        _check(check, against, output)
        return
    if against is not None:
        raise ConfigError("`--against` needs `--check`", hint="name the forecast to compare")
    if log is None or labels is None:
        raise typer.BadParameter(
            "give --log LOG and --labels GOLDEN, or --check FORECAST.json and --against RUN, "
            "or --companies N"
        )
    from abkit.pipeline import forecasting

    numbers = {"weeks": weeks, "draws": draws, "level": level, "seed": seed, "scenario": scenario}
    given: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
    result = forecasting.forecast(
        log, labels=labels, label_column=label, model=model, threshold=threshold, out=out,
        progress=Bars(), **given,
    )  # fmt: skip
    show(result, output)


def _check(check: Path, against: str | None, output: Format) -> None:
    if against is None:
        raise ConfigError("`--check` needs `--against`", hint="name a run or a contact log")
    from abkit.pipeline.forecasting_check import check_forecast

    show(check_forecast(check, against), output)


def _grade(companies: int, jobs: int | None, seed: int | None, output: Format) -> None:
    from abkit.pipeline.forecasting_study import study_forecasts

    found = study_forecasts(
        companies, jobs=1 if jobs is None else jobs, seed=1 if seed is None else seed,
        progress=Bars(),
    )  # fmt: skip
    show(found, output)


def _refuse(mode: str, others: dict[str, Any]) -> None:
    """Refuse options of another mode, which would have no effect."""
    for option, value in others.items():
        if value is not None:
            raise ConfigError(f"`{mode}` and `{option}` exclude each other")
