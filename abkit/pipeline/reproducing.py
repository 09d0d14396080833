"""`reproduce`: Tables 1 and 2 of the paper, trained, measured and judged."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from abkit.core import checks
from abkit.core.cache import cache_folder
from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.reproduced import Reproduction
from abkit.core.store import check_folder
from abkit.core.study import Study, Times
from abkit.model.presets import Device, ModelConfig
from abkit.model.presets import preset as named_preset
from abkit.pipeline.reproduce_claims import claims
from abkit.pipeline.reproduce_data import CLASSES, GOLDEN
from abkit.pipeline.reproduce_floor import stated_floors
from abkit.pipeline.reproduce_job import Job, Outcome
from abkit.pipeline.reproduce_pictures import pictured
from abkit.pipeline.reproduce_tables import GAMMAS, LEVEL, REPLICATIONS, paper_table
from abkit.pipeline.reproduce_times import epoch_cpu_s, seed_times
from abkit.pipeline.reproduce_training import outcomes

N_TEXTS: Final = 8_000
EPOCHS: Final = 30  # CE has then learnt the noisy labels by heart, see docs/calibration.md
WORKERS: Final = 2
MAX_SEEDS: Final = 100

_BATCH_SIZE: Final = 128
_PAPER: Final = "paper"


def reproduce(
    tables: Sequence[int] = (1, 2),
    *,
    seeds: int = 1,
    n_texts: int = N_TEXTS,
    epochs: int = EPOCHS,
    preset: str = "compact",
    device: str = "auto",
    workers: int = WORKERS,
    progress: Progress = SILENT,
) -> Reproduction:
    """Train every model of the paper's tables on noisy logs, as long as the paper seems to have.

    Adam at a constant rate, batches of 128, nothing but the network's dropout against
    overfitting, and no early stopping; the network of the best validation epoch is kept beside
    the last one. Measured on golden texts on which nothing was fitted. A training is made once
    and cached; a killed one goes on from its last finished epoch.

    Args:
        tables: 1 (two classes), 2 (five classes), or both.
        seeds: How many, from 0 on; each has its own logs, golden sets and weights.
        n_texts: Logged texts, of which 80 % train.
        epochs: Of every training.
        preset: `compact` or `paper`.
        device: `auto`, `cpu` or `cuda`.
        workers: Trainings side by side, one thread each; they do not change the results.
        progress: Shows the epochs.

    Raises:
        ConfigError: An argument lies outside its domain, or torch cannot use the device.
        DataError: The texts are too few to train on.
        RunError: The cache cannot be written.
    """
    numbers = _checked(tables, seeds=seeds, n_texts=n_texts, epochs=epochs, workers=workers)
    from abkit.model.threads import choose_device  # torch

    found = choose_device(device)
    check_folder(cache_folder("reproduce"))

    jobs = {
        (table, seed, gamma): Job(
            table=table,
            n_texts=n_texts,
            config=_config(preset, table, gamma, seed=seed, epochs=epochs, device=found),
        )
        for seed in range(seeds)
        for table in numbers
        for gamma in GAMMAS[table]
    }
    trained = dict(
        zip(jobs, outcomes(list(jobs.values()), workers=workers, progress=progress), strict=True)
    )
    by_table = {
        table: [[trained[table, seed, gamma] for gamma in GAMMAS[table]] for seed in range(seeds)]
        for table in numbers
    }
    study = _study(by_table, preset=preset, device=found)
    times = Times(
        by_seed=seed_times(by_table), paper_epoch_cpu_s=_paper_times(numbers, study, progress)
    )
    return _measured(study, by_table, times, progress)


def _config(
    preset: str, table: int, gamma: float, *, seed: int, epochs: int, device: Device
) -> ModelConfig:
    return replace(
        named_preset(preset, n_classes=CLASSES[table]), gamma=gamma, epochs=epochs, seed=seed,
        batch_size=_BATCH_SIZE, token_dropout=0.0, patience=None, schedule="constant",
        device=device,
    )  # fmt: skip


def _paper_times(
    numbers: Sequence[int], study: Study, progress: Progress
) -> dict[int, float] | None:
    """Return what an epoch at the paper's sizes would take; None where this study has run it."""
    if study.preset == _PAPER or study.device != "cpu":
        return None
    configs = {
        table: _config(_PAPER, table, 0, seed=0, epochs=1, device="cpu") for table in numbers
    }
    return epoch_cpu_s(configs, n_texts=study.n_texts, progress=progress)


def _checked(
    tables: Sequence[int], *, seeds: int, n_texts: int, epochs: int, workers: int
) -> tuple[int, ...]:
    for number in tables:
        if number not in CLASSES:
            raise unknown_choice("table", str(number), [str(known) for known in CLASSES])
    if not tables:
        raise ConfigError("no table was named", hint="--table 1, --table 2 or both")
    for name, value in (("seeds", seeds), ("epochs", epochs), ("workers", workers)):
        checks.at_least(name, value, 1)
    checks.at_least("texts", n_texts, 500)
    if seeds > MAX_SEEDS:
        raise ConfigError(f"`seeds` is {seeds}; expected at most {MAX_SEEDS}")
    return tuple(sorted(set(tables)))


def _study(by_table: dict[int, list[list[Outcome]]], *, preset: str, device: str) -> Study:
    some = next(iter(by_table.values()))
    job = some[0][0].job
    return Study(
        n_texts=job.n_texts,
        epochs=job.config.epochs or 0,
        seeds=tuple(of_seed[0].job.config.seed for of_seed in some),
        preset=preset,
        device=device,
        batch_size=job.config.batch_size,
        learning_rate=job.config.learning_rate,
        token_dropout=job.config.token_dropout,
        wrong_labels={
            table: tuple(of_seed[0].facts["wrong_labels"] for of_seed in of_table)
            for table, of_table in by_table.items()
        },
        replications=REPLICATIONS,
        confidence_level=LEVEL,
    )


def _measured(
    study: Study, by_table: dict[int, list[list[Outcome]]], times: Times, progress: Progress
) -> Reproduction:
    wanted = [(number, golden) for number in by_table for golden in GOLDEN]
    tables = [
        paper_table(number, golden, by_table[number])
        for number, golden in progress.track(wanted, description="Resampling the golden texts")
    ]
    return Reproduction(
        study=study,
        tables=tuple(tables),
        floors=tuple(floor for number in by_table for floor in stated_floors(number)),
        claims=tuple(claim for number in by_table for claim in claims(number, tables)),
        pictured=tuple(pictured(number, of_table[0]) for number, of_table in by_table.items()),
        times=times,
    )
