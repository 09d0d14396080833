"""What a study took: sums over its trainings, and an epoch at other sizes, measured once."""

from dataclasses import replace
from pathlib import Path

import pytest

from abkit.core.progress import SILENT
from abkit.core.study import Spent
from abkit.model.presets import preset
from abkit.pipeline import reproduce_times
from abkit.pipeline.reproduce_times import epoch_cpu_s, seed_times

from ..study_fakes import by_seed


def test_times_are_summed_over_tables_and_tell_what_is_missing() -> None:
    timed = {
        table: [
            [replace(one, spent=Spent(cpu_s=10 * table, wall_s=30)) for one in of_seed]
            for of_seed in by_seed(table, 2)
        ]
        for table in (1, 2)
    }
    timed[2][1][0] = replace(timed[2][1][0], spent=None)
    first, second = seed_times(timed)
    assert (first.seed, first.n_trainings, first.n_timed) == (0, 8, 8)
    assert first.spent == Spent(cpu_s=5 * 10 + 3 * 20, wall_s=8 * 30)
    assert (second.seed, second.n_trainings, second.n_timed) == (1, 8, 7)
    assert second.spent == Spent(cpu_s=5 * 10 + 2 * 20, wall_s=7 * 30)


def test_an_epoch_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path))
    small = replace(
        preset("compact", n_classes=2), vocabulary_size=200, embedding_size=4, hidden_size=4,
        dense_size=4, batch_size=128, epochs=1,
    )  # fmt: skip
    found = epoch_cpu_s({1: small}, n_texts=500, progress=SILENT)
    assert 0 < found[1] < 60
    monkeypatch.setattr(reproduce_times, "_measured", lambda *_: pytest.fail("again"))
    assert epoch_cpu_s({1: small}, n_texts=500, progress=SILENT) == found
