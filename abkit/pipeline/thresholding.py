"""`threshold`: one that promises a precision or a recall, or the answer that none can."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from abkit.core.errors import ConfigError, DataError
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import REASONS
from abkit.core.store import sha256_of
from abkit.core.thresholded import AtThreshold, ThresholdReport
from abkit.model.artifact import load
from abkit.model.certified_thresholds import STEP, default_start
from abkit.model.fresh_uses import FreshUse, read_uses
from abkit.model.prior_shift import prior_for_precision
from abkit.pipeline.history import BINARY_NAMES
from abkit.pipeline.model_scores import folder_of
from abkit.pipeline.served_prior import (
    Served,
    aim_at,
    at_priors,
    estimated_prior,
    expected_precision,
    flag_rate,
    given_prior,
    labelled_share,
    scenario_prior,
    served_threshold,
    use_case_flags,
)
from abkit.pipeline.simulating import DEFAULT_SCENARIO
from abkit.pipeline.threshold_aim import Aim
from abkit.pipeline.threshold_rows import Labelled, Rows, of_file, of_model, of_texts
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

DEFAULT_TARGET: Final = 0.85  # of a file; a model has its own


def threshold(
    scores: Path | str | None = None,
    *,
    precision: float | None = None,
    recall: float | None = None,
    positive: str | None = None,
    confidence: float = 0.95,
    start: int | None = None,
    step: int | None = None,
    label: str | None = None,
    model: Path | str | None = None,
    data: Path | str | None = None,
    text: str = "text",
    reason: str = "reason",
    scenario: Path | str | None = None,
    served_prior: float | None = None,
    served_scores: Path | str | None = None,
    correct_prior: bool = False,
    progress: Progress = SILENT,
) -> ThresholdReport:
    """Certify a threshold for a target precision or recall, on labelled rows.

    Args:
        scores: CSV or Parquet with a label and `p_<class>` columns; or a model's folder; None:
            a model's golden parts.
        precision: To exceed; None with `recall` None: the model's own target, .85 for a file.
        recall: To reach, instead of a precision.
        positive: The class that is flagged; None: LABEL 0, the first.
        confidence: Share of draws of labelled rows in which the promise holds, at least.
        start: Rows in the smallest flagged set tested; None: 30, or what the target needs.
        step: Rows between tests; None: 10.
        label: The column of true classes in `scores`; None: `label`.
        model: An artifact's folder; None: the default model.
        data: Fresh labelled texts to certify the model on, instead of its own part.
        text: The column of texts in `data`.
        reason: The column of true reasons in `data`.
        scenario: Whose volumes and shares are shown; None: the default, where it fits the model.
        served_prior: The share of `positive` among what is served.
        served_scores: Unlabelled scores of what is served, to estimate that share from.
        correct_prior: Promise the precision at the served share, not at the labelled rows'. An
            estimated share counts with the lower limit that its error leaves.
        progress: Shows training and scoring.

    Raises:
        ConfigError: Arguments outside their domain, or that exclude each other.
        DataError: A file cannot be used, or its texts served the model before.
        ArtifactError: The model cannot be used.
    """
    _check_goal(precision, recall, start, step, correct_prior)
    if served_prior is not None and served_scores is not None:
        raise ConfigError("`served_prior` and `served_scores` exclude each other")
    stated = None if served_prior is None else given_prior(served_prior)
    scores, model = _source(scores, model, {"data": data, "scenario": scenario}, label)
    aim = Aim(
        goal="precision" if recall is None else "recall",
        target=next((x for x in (recall, precision) if x is not None), DEFAULT_TARGET),
        confidence=confidence, start=start, step=STEP if step is None else step,
    )  # fmt: skip
    world, folder = None, None
    if scores is not None:
        labelled = of_file(Path(scores), label=label or "label", positive=positive)
    else:
        folder = folder_of(model, progress)
        artifact = load(folder)
        if precision is None and recall is None:
            aim = replace(aim, target=artifact.threshold.target_precision)
        served_by = (served_prior, served_scores, scenario) if correct_prior else None
        asked = _question(aim, served_by)
        labelled = of_model(artifact, positive=positive, question=asked) if data is None else (
            of_texts(
                artifact, Path(data), text=text, reason=reason, positive=positive,
                question=asked, uses=read_uses(folder), progress=progress,
            )
        )  # fmt: skip
        world = _world(labelled, scenario)
    if served_scores is not None:
        stated = estimated_prior(Path(served_scores), labelled, confidence=confidence)
    if stated is None and world is not None:
        stated = scenario_prior(world, labelled)
    if correct_prior and stated is None:
        raise ConfigError(
            "`correct_prior` needs the served share",
            hint="give it with --served-prior, or unlabelled scores with --served-scores",
        )
    report = _report(aim, labelled, world, stated, correct=correct_prior)
    if labelled.fresh is None or folder is None:
        return report
    return _recorded(report, labelled.fresh, folder, progress)


def _report(
    aim: Aim, labelled: Labelled, world: Scenario | None, served: Served | None, *, correct: bool
) -> ThresholdReport:
    """Certify, measure, and move everything to other shares."""
    golden = labelled_share(labelled)
    here = aim
    if correct and served is not None:
        if golden is None:
            raise DataError("the labelled rows are all of one class: no share can be corrected")
        here = aim_at(aim, golden, served)
    certified = here.certify(labelled.certify)
    needs = here.needs(labelled.certify) if certified.threshold is None else None
    expected = _at(labelled.measure, certified.threshold)
    plug_in = _at(labelled.measure, here.plug_in(labelled.choose))
    shown = expected or plug_in
    promised = here.target if expected is not None and aim.goal == "precision" else None
    place = served.prior if correct and served is not None else None
    kept = served.promised if correct and served is not None else golden
    return ThresholdReport(
        source=labelled.source,
        positive=labelled.class_names[labelled.place],
        goal=aim.goal,
        target=aim.target,
        confidence=aim.confidence,
        threshold=certified.threshold,
        promise_at_prior=kept,
        corrected=correct,
        certified=certified.to_dict(),
        expected=_moved(expected, place),
        plug_in=_moved(plug_in, place),
        expected_on=labelled.measured_on,
        more_labels_needed=needs.labels if needs else None if certified.threshold is None else 0,
        start_then=needs.start if needs else None,
        breaks_at_prior=_breaks(aim, shown),
        by_prior=at_priors(shown, golden, promised, served),
        served=None
        if served is None or golden is None
        else served_threshold(aim, labelled, golden, served),
        scenario=world.name if world else None,
        use_cases=use_case_flags(world, labelled, shown, golden, promised)
        if world and shown
        else (),
        tables_for="certified" if expected else "plug-in" if plug_in else None,
        golden=labelled.golden,
        notes=labelled.notes,
    )


def _at(rows: Rows, threshold: float | None) -> AtThreshold | None:
    """Return what flagging from a threshold on does to labelled rows."""
    if threshold is None:
        return None
    flagged, y = rows.scores >= threshold, rows.is_positive
    hits, n_flagged, n_positive = int((flagged & y).sum()), int(flagged.sum()), int(y.sum())
    n_rest = len(y) - n_positive
    return AtThreshold(
        threshold=threshold,
        precision=hits / n_flagged if n_flagged else None,
        recall=hits / n_positive if n_positive else None,
        false_positive_rate=(n_flagged - hits) / n_rest if n_rest else None,
        flag_rate=float(np.mean(flagged)),
    )


def _moved(row: AtThreshold | None, prior: float | None) -> AtThreshold | None:
    """Return a threshold's precision and flags at another share of positives."""
    if row is None or prior is None:
        return row
    rate = flag_rate(row, prior)
    return replace(
        row,
        precision=expected_precision(row, prior),
        flag_rate=row.flag_rate if rate is None else rate,
    )


def _breaks(aim: Aim, shown: AtThreshold | None) -> float | None:
    """Return the share of positives below which the expected precision misses the target."""
    if aim.goal == "recall" or shown is None:
        return None
    if shown.recall is None or shown.false_positive_rate is None:
        return None
    return prior_for_precision(shown.recall, shown.false_positive_rate, aim.target)


def _question(
    aim: Aim, served_by: tuple[float | None, Path | str | None, Path | str | None] | None
) -> dict[str, Any]:
    """Return what is asked of fresh rows; `served_by`: the share that a promise is corrected to."""
    asked: dict[str, Any] = {
        "goal": aim.goal, "target": aim.target, "confidence": aim.confidence,
    }  # fmt: skip
    if aim.goal == "precision":
        start = default_start(aim.target, aim.confidence) if aim.start is None else aim.start
        asked |= {"start": start, "step": aim.step}
    if served_by is not None:
        prior, scores, scenario = served_by
        file = sha256_of(Path(scores)) if scores and Path(scores).is_file() else None
        asked["served"] = [prior, file, None if scenario is None else str(scenario)]
    return asked


def _recorded(
    report: ThresholdReport, fresh: FreshUse, folder: Path, progress: Progress
) -> ThresholdReport:
    """Record what the fresh rows were asked, beside the model, and say so."""
    task = "Recording these rows beside the model"
    (done,) = [use.record(folder) for use in progress.track([fresh], description=task)]
    said = (
        "these rows are now on record beside the model: another question to them is refused"
        if done
        else f"`{folder}` cannot be written, so these rows are not on record: another question to "
        "them would not be refused"
    )
    return replace(report, notes=(*report.notes, said))


def _world(labelled: Labelled, scenario: Path | str | None) -> Scenario | None:
    """Return the scenario, where its reasons are the model's classes."""
    name = labelled.class_names[labelled.place]
    if labelled.class_names in (BINARY_NAMES, tuple(REASONS)) and name in REASONS:
        return load_scenario(DEFAULT_SCENARIO if scenario is None else scenario)
    if scenario is not None:
        raise ConfigError(
            f"the model flags `{name}`, which is no reason of a scenario's customers",
            hint="leave --scenario out",
        )
    return None


def _check_goal(
    precision: float | None, recall: float | None, start: int | None, step: int | None,
    correct_prior: bool,
) -> None:  # fmt: skip
    if recall is None:
        return
    if precision is not None:
        raise ConfigError("`precision` and `recall` exclude each other")
    if start is not None or step is not None:
        raise ConfigError("`start` and `step` have no effect beside `recall`")
    if correct_prior:
        raise ConfigError("`correct_prior` has no effect on a recall: it does not move")


def _source(
    scores: Path | str | None, model: Path | str | None,
    of_a_model: dict[str, Path | str | None], label: str | None,
) -> tuple[Path | str | None, Path | str | None]:  # fmt: skip
    """Return the file of scores, or None, and the model's folder; `scores` may name either."""
    if scores is not None and model is None and Path(scores).is_dir():
        scores, model = None, scores
    if scores is None and label is not None:
        raise ConfigError("`label` has no effect without a file of scores")
    given = [name for name, value in ({"model": model} | of_a_model).items() if value is not None]
    if scores is not None and given:
        raise ConfigError(f"`{given[0]}` has no effect beside a file of scores")
    return scores, model
