"""One training on real texts: a network or the linear baseline, and how it scores the test part."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core.real_texts import BASELINE, DEFAULT
from abkit.model.presets import preset
from abkit.pipeline.real_texts_changes import CHANGES, Change
from abkit.pipeline.real_texts_data import TASKS, TaskTexts

GAMMAS: Final = {"CE": 0.0, "FL1": 1.0, "FL5": 5.0}
MODELS: Final = (*GAMMAS, BASELINE)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training."""

    folder: Path
    task: str
    model: str  # a name of `MODELS`, or of a change
    seed: int
    rows: int | None  # at most so many, evenly spread; None: all
    epochs: int | None  # None: as `compact` plans them


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Probabilities of one model on the test part, plain and with a temperature."""

    job: Job
    plain: Floats  # (n, k)
    scaled: Floats | None  # (n, k)
    temperature: float | None
    labels: Ints  # (n,)
    weights: Floats  # (n,)
    agreed: npt.NDArray[np.bool_] | None  # (n,)
    n_train: int
    n_validation: int
    epochs: int | None


def run_job(job: Job) -> Outcome:
    """Train one model and score the test part."""
    if job.model in MODELS:
        change, of = Change(), job.model
    else:
        change = CHANGES[job.task][job.model]
        of = BASELINE if change.baseline else DEFAULT
    data = _cut((change.texts or TASKS[job.task])(job.folder), job.rows)
    if of == BASELINE:
        return _baseline(job, data)
    return _network(job, data, gamma=GAMMAS[of], settings=change.settings)


def _cut(data: TaskTexts, rows: int | None) -> TaskTexts:
    if rows is None or rows >= len(data.texts):
        return data
    kept = np.linspace(0, len(data.texts) - 1, rows).astype(np.int64)
    return replace(
        data,
        texts=[data.texts[row] for row in kept],
        labels=data.labels[kept],
        agreed=None if data.agreed is None else data.agreed[kept],
    )


def _network(job: Job, data: TaskTexts, *, gamma: float, settings: Mapping[str, Any]) -> Outcome:
    from abkit.model.calibration import fit_temperature, no_calibration
    from abkit.model.training import train  # torch

    k = len(data.class_names)
    config = replace(preset("compact", n_classes=k), gamma=gamma, seed=job.seed, **settings)
    if job.epochs is not None:
        config = replace(config, epochs=job.epochs)
    trained = train(data.texts, data.labels, config, class_names=data.class_names)
    texts, labels, weights, agreed = _test_part(data, trained.split.test)
    rows = trained.split.validation
    validation = trained.network.logits([data.texts[row] for row in rows])
    temperature = fit_temperature(validation, data.labels[rows])
    logits = trained.network.logits(texts)
    return Outcome(
        job=job,
        plain=no_calibration(k).apply(logits),
        scaled=temperature.apply(logits),
        temperature=temperature.temperature,
        labels=labels,
        weights=weights,
        agreed=agreed,
        n_train=len(trained.split.train),
        n_validation=len(rows),
        epochs=trained.kept_epoch,
    )


def _baseline(job: Job, data: TaskTexts) -> Outcome:
    from abkit.model.baseline import fit_baseline  # scikit-learn
    from abkit.model.text import normalise, split_by_text

    split = split_by_text([normalise(text) for text in data.texts], seed=job.seed)
    fitted = fit_baseline(
        [data.texts[row] for row in split.train],
        data.labels[split.train],
        n_classes=len(data.class_names),
    )
    texts, labels, weights, agreed = _test_part(data, split.test)
    return Outcome(
        job=job,
        plain=fitted.probabilities(texts),
        scaled=None,
        temperature=None,
        labels=labels,
        weights=weights,
        agreed=agreed,
        n_train=len(split.train),
        n_validation=len(split.validation),
        epochs=None,
    )


def _test_part(
    data: TaskTexts, rows: Ints
) -> tuple[list[str], Ints, Floats, npt.NDArray[np.bool_] | None]:
    """Return texts, labels, weights and agreement: the golden rows where there are any."""
    if gold := data.golden:
        return gold.texts, gold.labels, gold.weights, None
    agreed = None if data.agreed is None else data.agreed[rows]
    return [data.texts[row] for row in rows], data.labels[rows], np.ones(len(rows)), agreed
