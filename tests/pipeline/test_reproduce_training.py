"""The study's trainings: cached, resumed to the same bits, equal for any number of workers."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abkit.core.progress import SILENT
from abkit.model.presets import preset
from abkit.pipeline import reproduce_data, reproduce_training
from abkit.pipeline.reproduce_job import (
    TRUTH,
    VALIDATION,
    Job,
    Outcome,
    read_outcome,
    read_spent,
    train_job,
)
from abkit.pipeline.reproduce_key import CODE, meaning_of
from abkit.pipeline.reproduce_training import outcomes


def job(**changes: object) -> Job:
    config = replace(
        preset("compact", n_classes=2), vocabulary_size=200, embedding_size=4, hidden_size=4,
        dense_size=4, batch_size=128, epochs=3, patience=None, schedule="constant",
        token_dropout=0.0,
    )  # fmt: skip
    return Job(table=1, n_texts=500, config=replace(config, **changes))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Golden sets of 30 texts, a cache of its own."""
    monkeypatch.setattr(reproduce_data, "GOLDEN_SIZES", {1: 30, 2: 30})
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path))
    return tmp_path


def same(one: Outcome, other: Outcome) -> bool:
    logits = all(np.array_equal(one.logits[name], other.logits[name]) for name in one.logits)
    return logits and one.facts == other.facts


class Shown:
    """Counts what was shown; told to, it is interrupted in the middle of an epoch."""

    def __init__(self, break_in_epoch: int = 0) -> None:
        self.shown: list[str] = []
        self.break_in_epoch = break_in_epoch

    def track(
        self, items: Iterable[object], *, description: str, total: int | None = None
    ) -> Iterator[object]:
        for item in items:
            self.shown.append(description)
            if self.break_in_epoch and f"epoch {self.break_in_epoch} " in description:
                raise KeyboardInterrupt
            yield item


def test_an_outcome_holds_what_the_study_needs_and_is_made_once(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Shown()
    [first] = outcomes([job()], workers=1, progress=progress)
    assert progress.shown == ["Training 1 networks for 3 epochs"] * 3
    parts = {f"{purpose}-{g}" for purpose in ("calibrate", "report") for g in ("served", "paper")}
    assert set(first.labels) == parts | {VALIDATION, TRUTH}
    assert set(first.logits) == {
        f"{n}/{p}" for n in ("last", "early") for p in [*parts, VALIDATION]
    }
    assert all(first.logits[f"last/{part}"].shape == (30, 2) for part in parts)
    assert first.facts["last"]["epoch"] == 3
    assert 1 <= first.facts["early"]["epoch"] <= 3
    assert 0 < first.facts["wrong_labels"] < 0.3
    assert sum(first.facts["logged"]) == 500
    differs = (first.labels[VALIDATION] != first.labels[TRUTH]).mean()
    assert 0 < differs < 0.3
    assert not list(small.rglob("*.checkpoint"))

    monkeypatch.setattr(reproduce_training, "train_job", lambda *_, **__: pytest.fail("again"))
    [again] = outcomes([job()], workers=1, progress=progress)
    assert same(first, again)


def test_a_killed_training_goes_on_from_its_last_epoch(small: Path) -> None:
    train_job(job(seed=1), progress=SILENT)
    unbroken = read_outcome(job(seed=1))
    job(seed=1).file.unlink()
    with pytest.raises(KeyboardInterrupt):
        train_job(job(seed=1), progress=Shown(break_in_epoch=3))
    assert len(list(small.rglob("*.checkpoint"))) == 1
    progress = Shown()
    train_job(job(seed=1), progress=progress)
    assert set(progress.shown) == {"Training, epoch 3 of at most 3"}
    assert same(unbroken, read_outcome(job(seed=1)))
    assert not list(small.rglob("*.checkpoint"))


def test_an_error_in_a_worker_ends_the_study(small: Path) -> None:
    with pytest.raises(Exception, match="diverged"):
        outcomes([job(learning_rate=1e30)], workers=1, progress=SILENT)


def test_its_time_is_kept_beside_the_outcome_and_added_up(small: Path) -> None:
    one = job(seed=2)
    with pytest.raises(KeyboardInterrupt):
        train_job(one, progress=Shown(break_in_epoch=3))
    first = read_spent(one.file)
    assert first is not None
    train_job(one, progress=SILENT)
    both = read_spent(one.file)
    assert both is not None
    assert both.cpu_s > first.cpu_s > 0
    assert both.wall_s > first.wall_s > 0
    assert read_outcome(one).spent == both
    one.file.unlink()
    train_job(one, progress=SILENT)  # from the start: nothing to add to
    again = read_spent(one.file)
    assert again is not None
    assert again.wall_s < both.wall_s + first.wall_s
    one.file.with_suffix(".seconds.json").unlink()
    assert read_outcome(one).spent is None


def test_what_decides_a_training_decides_its_file(small: Path) -> None:
    files = {
        one.file
        for one in (job(), job(gamma=5.0), job(seed=1), job(epochs=4), replace(job(), n_texts=501))
    }
    assert len(files) == 5


def test_the_key_covers_all_code_that_a_training_runs() -> None:
    """Of everything that importing the training loads, only these cannot change a logit."""
    code = (
        "import sys, json, abkit.model.training\n"
        "print(json.dumps([n for n in sys.modules if n.startswith('abkit.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    harmless = {"abkit.core", "abkit.model"} | {
        f"abkit.core.{name}" for name in ("errors", "escape", "progress", "store")
    }
    keyed = {
        f"{package.__name__}.{name.removesuffix('.py')}"
        for package, names in CODE.items()
        for name in names
    }
    assert set(json.loads(done.stdout)) - harmless <= keyed
    for package, names in CODE.items():
        for name in names:
            assert (Path(package.__path__[0]) / name).is_file()


def test_only_what_code_does_is_in_the_key() -> None:
    plain = "import a\n\n\nclass B:\n    x: int = 1\n\n    def f(self):\n        return self.x\n"
    told = (
        '"""A module."""\nimport a  # why\n\nclass B:\n    """A class."""\n    x: int = 1\n'
        '    "of a field"\n    def f(self):\n        """A method."""\n        return (self.x)\n'
    )
    assert meaning_of(told) == meaning_of(plain)
    for changed in (plain.replace("= 1", "= 2"), plain.replace("return", "x ="), plain + "f()\n"):
        assert meaning_of(changed) != meaning_of(plain)
    only = 'def f():\n    """Nothing else."""\n'
    assert meaning_of(only) != meaning_of("")


@pytest.mark.slow
def test_workers_do_not_change_the_outcomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real processes: they take the golden sets of their real size."""
    jobs = [job(gamma=g) for g in (0.0, 1.0, 5.0)]
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "one"))
    alone = outcomes(jobs, workers=1, progress=SILENT)
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "two"))
    progress = Shown()
    together = outcomes(jobs, workers=2, progress=progress)
    assert len(progress.shown) == 9
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
