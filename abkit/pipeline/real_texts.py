"""Networks and the linear baseline, trained and measured on real texts."""

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import DataError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.real_texts import RealTexts
from abkit.model.presets import preset
from abkit.pipeline.real_texts_data import TASKS, TaskTexts
from abkit.pipeline.real_texts_measures import task_report

GAMMAS: Final = {"CE": 0.0, "FL1": 1.0, "FL5": 5.0}
BASELINE: Final = "TF-IDF, logistic regression"
_SLOWEST: Final = "clothing not recommended"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training."""

    folder: Path
    task: str
    model: str
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


def real_texts(
    folder: Path,
    *,
    seeds: int = 1,
    tasks: Sequence[str] = tuple(TASKS),
    rows: int | None = None,
    epochs: int | None = None,
    workers: int = 2,
    progress: Progress = SILENT,
) -> RealTexts:
    """Train CE, FL1 and FL5 and the linear baseline on every task, and measure them.

    The networks are `compact`, stopped early; temperatures are fitted on the validation part.

    Args:
        folder: Of the files that `abkit.pipeline.real_texts_data` reads.
        seeds: How many, from 0 on; each has its own split and weights.
        tasks: Names of `TASKS`.
        rows: At most so many of each task; None: all.
        epochs: At most; None: as many as `compact` plans.
        workers: Trainings side by side, one thread each; they do not change the results.
        progress: Counts the models.

    Raises:
        ConfigError: A number is out of its domain, or a task unknown.
        DataError: A file cannot be used.
    """
    for name, value in (("seeds", seeds), ("workers", workers)):
        checks.at_least(name, value, 1)
    for task in tasks:
        if task not in TASKS:
            raise unknown_choice("task", task, TASKS)
    if not folder.is_dir():
        raise DataError(f"there is no folder `{folder}`", hint="check the path")
    texts = {task: TASKS[task](folder) for task in tasks}  # refused before any training
    in_order = sorted(tasks, key=lambda task: task != _SLOWEST)  # so that workers end together
    jobs = [
        Job(folder=folder, task=task, model=model, seed=seed, rows=rows, epochs=epochs)
        for task in in_order
        for seed in range(seeds)
        for model in (*GAMMAS, BASELINE)
    ]
    what = f"Training {len(jobs)} models"
    found: dict[Job, Outcome] = {}
    for outcome in progress.track(_run(jobs, workers), description=what, total=len(jobs)):
        found[outcome.job] = outcome
    return RealTexts(
        seeds=tuple(range(seeds)),
        tasks=tuple(
            task_report(texts[task], _of_task(task, jobs, found), baseline=BASELINE)
            for task in tasks
        ),
    )


def _of_task(
    task: str, jobs: Sequence[Job], found: Mapping[Job, Outcome]
) -> dict[str, list[Outcome]]:
    """Return the outcomes by model, seed by seed."""
    return {
        model: [found[job] for job in jobs if (job.task, job.model) == (task, model)]
        for model in (*GAMMAS, BASELINE)
    }


def _run(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    if workers == 1:
        yield from map(run_job, jobs)
        return
    spawning = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(min(workers, len(jobs)), spawning) as pool:
        try:
            for future in as_completed([pool.submit(run_job, job) for job in jobs]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_job(job: Job) -> Outcome:
    """Train one model and score the test part."""
    data = _cut(TASKS[job.task](job.folder), job.rows)
    return _baseline(job, data) if job.model == BASELINE else _network(job, data)


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


def _network(job: Job, data: TaskTexts) -> Outcome:
    from abkit.model.calibration import fit_temperature, no_calibration
    from abkit.model.training import train  # torch

    k = len(data.class_names)
    config = replace(
        preset("compact", n_classes=k), gamma=GAMMAS[job.model], seed=job.seed, epochs=job.epochs
    )
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
