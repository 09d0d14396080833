"""`evaluate`: every metric of a file of scores, or of a model on labelled texts."""

from dataclasses import fields
from pathlib import Path

from abkit.core.errors import ConfigError
from abkit.core.evaluated import Conventions, Evaluated
from abkit.core.progress import SILENT, Progress
from abkit.core.trained import TrainingReport
from abkit.model.reliability import CalibrationOf, Edges
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.measured_rows import check_options, evaluate_scores
from abkit.pipeline.score_files import read_scores, same_rows


def evaluate(
    scores: Path | str | None = None,
    *,
    data: LabelledTexts | None = None,
    label: str = "label",
    n_bins: int = 10,
    edges: Edges = "right",
    calibration_of: CalibrationOf = "top-label",
    positive: str | None = None,
    weight: str | None = None,
    by: str | None = None,
    against: Path | str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    confidence_level: float = 0.95,
    progress: Progress = SILENT,
) -> Evaluated | TrainingReport:
    """Measure a file of labels and probabilities, or a model on labelled texts.

    Args:
        scores: CSV or Parquet with `label` and one column `p_<class>` per class (`read_scores`);
            or a model's folder; None: the default model.
        data: Labelled texts for a model to score; those that it was fitted on are left out. Its
            `label_0` is the model's own. None: what the model's folder holds is returned.
        label: The column of true classes in a file of scores.
        n_bins: Of ECE, MCE and the diagram (equal width), and of equal mass.
        edges: `right`: bins (lower, upper], 0 in the first; `left`: [lower, upper), 1 in the last.
        calibration_of: `top-label`, `positive` or `classwise`: of which probability.
        positive: The class of `positive`; or the name of the class that one column `score` is of.
        weight: A column of row weights: 2 counts as two rows in every metric. Intervals,
            debiasing and the 20 rows of `mce_min20` go by rows: a weight adds no evidence.
        by: A column of strata, at most 100, each of which is measured by itself, too.
        against: Another file, of the same rows in the same order, or for a model another model:
            differences, paired.
        bootstrap: How often rows are drawn for the percentile intervals, at least 100; 0: none.
        seed: Of the draws.
        confidence_level: Of all intervals, in (0, 1).
        progress: Shows the draws.

    Raises:
        ConfigError: An option outside its domain.
        DataError: A file cannot be used, or two files are not of the same rows.
        ArtifactError: A model cannot be used.
    """
    check_options(n_bins, edges, calibration_of, bootstrap, confidence_level)
    conventions = Conventions(
        n_bins=n_bins, edges=edges, calibration_of=calibration_of, positive=positive,
        weight=weight, confidence_level=confidence_level, resamples=bootstrap, seed=seed,
    )  # fmt: skip
    theirs = None
    if scores is None or Path(scores).is_dir():
        from abkit.pipeline.model_scores import model_in, scored_texts, stored

        if data is None:
            _check_stored(conventions, by, against, label)
        artifact, folder = model_in(scores, progress)
        if data is None:
            return stored(artifact, folder)
        models = [artifact] + ([] if against is None else [model_in(against, progress)[0]])
        read = scored_texts(models, data, weight, by, progress)
        ours, theirs = read[0], read[1] if against is not None else None
        source = f"model {artifact.digest[:12]} on {data.path.name}"
    else:
        if data is not None:
            raise ConfigError(
                f"`data` is given beside the file of scores `{scores}`",
                hint="texts are for a model's folder; a file of scores has its own labels",
            )
        ours = read_scores(scores, label=label, weight=weight, by=by, positive=positive)
        if against is not None:
            theirs = read_scores(against, label=label, positive=positive)
            theirs = same_rows(theirs, ours, str(against))
        source = Path(scores).name
    return evaluate_scores(
        ours, conventions, source=source, by=by, against=theirs,
        against_source=None if against is None else Path(against).name, progress=progress,
    )  # fmt: skip


def _check_stored(
    asked: Conventions, by: str | None, against: Path | str | None, label: str
) -> None:
    """Refuse what cannot change the metrics that a model's folder holds."""
    plain = Conventions(
        n_bins=10, edges="right", calibration_of="top-label", positive=None, weight=None,
        confidence_level=0.95, resamples=1000, seed=0,
    )  # fmt: skip
    names = {"n_bins": "bins", "resamples": "bootstrap"}
    changed = [
        names.get(field.name, field.name)
        for field in fields(plain)
        if getattr(asked, field.name) != getattr(plain, field.name)
    ]
    others = {"by": by, "against": against, "label": None if label == "label" else label}
    changed += [name for name, given in others.items() if given is not None]
    if changed:
        raise ConfigError(
            f"`{changed[0]}` is given for the metrics that a model's folder holds",
            hint="add --data FILE: labelled texts, which the model then scores",
        )
