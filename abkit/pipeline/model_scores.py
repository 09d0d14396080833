"""A model's probabilities of labelled texts that it was not fitted on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from abkit.core.errors import DataError
from abkit.core.progress import Progress
from abkit.core.tables import read_columns
from abkit.core.trained import TrainingReport
from abkit.model.artifact import Artifact, load
from abkit.pipeline.history import cached_model
from abkit.pipeline.labelled import NAME_CLASSES, Labelled, LabelledTexts
from abkit.pipeline.score_files import ScoreFile, row_weights
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_recipe
from abkit.pipeline.training import report_of
from abkit.simulations.scenario_files import load_scenario

_REST: Final = ("other", "not {}")  # second classes that stand for all that is not LABEL 0


def folder_of(model: Path | str | None, progress: Progress) -> Path:
    """Return where the model is; the default one is trained now unless it is cached."""
    if model is not None:
        return Path(model)
    return cached_model(default_recipe(load_scenario(DEFAULT_SCENARIO)), progress=progress)


def model_in(model: Path | str | None, progress: Progress) -> tuple[Artifact, Path]:
    """Return a model and where it is; the default one is trained now unless it is cached."""
    folder = folder_of(model, progress)
    return load(folder), folder


def stored(artifact: Artifact, folder: Path) -> TrainingReport:
    """Return what a model's folder holds, its metrics on its own parts among it."""
    return report_of(artifact, folder, "texts that its folder does not hold")


def scored_texts(
    models: Sequence[Artifact],
    data: LabelledTexts,
    weight: str | None,
    by: str | None,
    progress: Progress,
) -> list[ScoreFile]:
    """Return every model's probabilities of the texts that none of them was fitted on."""
    names = models[0].class_names
    if any(set(model.class_names) != set(names) for model in models):
        raise DataError("the two models have different classes")
    named = [name for name in (data.text, data.reason, weight, by) if name is not None]
    table = read_columns(data.path, list(dict.fromkeys(named)))
    texts, reasons = table[data.text].str.strip(), table[data.reason].str.strip()
    table = table[(texts != "") & (reasons != "")].reset_index(drop=True)
    rest = len(names) == 2 and names[1] in [form.format(names[0]) for form in _REST]
    labelled = LabelledTexts(data.path, data.text, data.reason, names[0]).read(remedy=NAME_CLASSES)
    codes = labelled.codes(names, rest=rest)
    unseen = np.flatnonzero(~np.any([model.has_seen(labelled.texts) for model in models], axis=0))
    if not len(unseen):
        raise DataError(
            f"every text of `{data.path}` is one that the model was fitted on",
            hint="evaluate on other texts",
        )
    kept = table.iloc[unseen].reset_index(drop=True)
    from abkit.model.scoring import probabilities  # torch

    return [
        ScoreFile(
            class_names=names,
            labels=codes[unseen],
            probabilities=probabilities(model, [labelled.texts[row] for row in unseen], progress)[
                :, [model.class_names.index(name) for name in names]
            ],
            weights=None if weight is None else row_weights(data.path, kept, weight),
            groups=None if by is None else tuple(kept[by].str.strip()),
            notes=_left_out(labelled, len(unseen)),
        )
        for model in models
    ]


def _left_out(labelled: Labelled, n: int) -> tuple[str, ...]:
    seen = len(labelled.texts) - n
    counts = (
        (labelled.left_out, "without a text or a reason"),
        (seen, "whose texts the model was fitted on"),
    )
    return tuple(f"left out: {count:,} rows {why}" for count, why in counts if count)
