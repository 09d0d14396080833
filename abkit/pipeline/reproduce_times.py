"""What the study took, and what one epoch at the paper's sizes would take on this machine."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from abkit.core.cache import cache_folder
from abkit.core.progress import Progress
from abkit.core.store import write_json
from abkit.core.study import SeedTime, Spent
from abkit.model.presets import ModelConfig
from abkit.pipeline.reproduce_data import NAMES, study_texts
from abkit.pipeline.reproduce_job import Outcome
from abkit.pipeline.reproduce_key import key_of

T = TypeVar("T")


def seed_times(by_table: Mapping[int, Sequence[Sequence[Outcome]]]) -> tuple[SeedTime, ...]:
    """Return the recorded time of every seed's trainings, over all tables."""
    found = []
    for of_seed in zip(*by_table.values(), strict=True):
        trained = [outcome for of_table in of_seed for outcome in of_table]
        timed = [outcome.spent for outcome in trained if outcome.spent]
        found.append(
            SeedTime(
                seed=trained[0].job.config.seed, n_trainings=len(trained), n_timed=len(timed),
                spent=Spent(
                    cpu_s=sum(one.cpu_s for one in timed), wall_s=sum(one.wall_s for one in timed)
                ),
            )
        )  # fmt: skip
    return tuple(found)


def epoch_cpu_s(
    configs: Mapping[int, ModelConfig], *, n_texts: int, progress: Progress
) -> dict[int, float]:
    """Return the CPU seconds of one epoch of each table's config; measured once, then kept."""
    found = {}
    for table, config in configs.items():
        facts = {"epoch of": config.to_dict(), "table": table, "n_texts": n_texts}
        file = cache_folder("reproduce") / f"{key_of(facts)}.epoch.json"
        if not file.is_file():
            write_json(file, {"cpu_s": _measured(table, config, n_texts, progress)})
        found[table] = float(json.loads(file.read_text(encoding="utf-8"))["cpu_s"])
    return found


def _measured(table: int, config: ModelConfig, n_texts: int, progress: Progress) -> float:
    from abkit.model.epochs import Part, Training  # torch
    from abkit.model.text import normalise, split_by_text
    from abkit.model.threads import torch_seed, torch_threads

    logs = study_texts(table, n_texts=n_texts, seed=config.seed).logs
    forms = [normalise(text) for text in logs.texts]
    rows = split_by_text(forms, seed=config.seed).train
    part = Part([forms[row] for row in rows], logs.labels[rows])
    few = Part(part.forms[: len(NAMES[table])], np.arange(len(NAMES[table])))
    with torch_threads(config.threads), torch_seed(config.seed):
        training = Training(part, few, config)
        started = time.process_time()
        training.run_epoch(_Timing(progress))
        return time.process_time() - started


class _Timing:
    """A progress that says what the epoch is for."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items` under another description."""
        yield from self.progress.track(
            items, description="Timing an epoch of the paper's sizes", total=total
        )
