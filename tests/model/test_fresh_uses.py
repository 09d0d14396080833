"""The record of fresh parts: beside the model, one file each, whole or told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abkit.core.errors import ArtifactError
from abkit.model.artifact import load, save
from abkit.model.fresh_uses import FOLDER, FreshUse, read_uses, told

ASKED = {"goal": "precision", "target": 0.85, "class": "lost"}


@pytest.fixture
def use() -> FreshUse:
    hashes = np.array([2**64 - 1, 0, 7, 7], dtype=np.uint64)
    return FreshUse(question=ASKED, hashes=hashes, labels=np.array([0, 1, 1, 0]))


def test_round_trip(use: FreshUse, tmp_path: Path) -> None:
    assert read_uses(tmp_path) == []
    assert use.record(tmp_path)
    (got,) = read_uses(tmp_path)
    assert got.question == ASKED
    assert np.array_equal(got.hashes, use.hashes)
    assert np.array_equal(got.labels, use.labels)
    assert got.words == "were tested for 85 % precision of `lost`"


def test_a_question_is_told_with_all_that_decides_its_answer() -> None:
    full = ASKED | {"confidence": 0.9, "start": 40, "step": 5}
    said = "85 % precision of `lost` with 90 % confidence (start 40, step 5)"
    assert told(full) == said
    for served, where in (
        ([0.125, None, None], "at a served share of 12.5 %"),
        ([None, "0123456789abcdef", None], "at the share in served scores 01234567"),
        ([None, None, None], "at the default scenario's share"),
        ([None, None, "mine.toml"], "in scenario `mine.toml`"),
        ([0.125, None, "mine.toml"], "at a served share of 12.5 % in scenario `mine.toml`"),
    ):
        assert told(full | {"served": served}) == f"{said} {where}"


def test_the_same_rows_and_question_are_one_record(use: FreshUse, tmp_path: Path) -> None:
    again = replace(use, hashes=use.hashes[::-1], labels=use.labels[::-1])
    others = [
        replace(use, question=ASKED | {"target": 0.9}),
        replace(use, labels=1 - use.labels),
        replace(use, hashes=use.hashes + np.uint64(1)),
    ]
    assert again.same_as(use)
    assert not any(other.same_as(use) for other in others)
    for one in (use, again, *others):
        one.record(tmp_path)
    assert len(read_uses(tmp_path)) == 4


@pytest.mark.parametrize("damage", ["truncate", "question", "hash", "shape"])
def test_damage_is_told(use: FreshUse, tmp_path: Path, damage: str) -> None:
    use.record(tmp_path)
    (path,) = (tmp_path / FOLDER).iterdir()
    facts = json.loads(path.read_text())
    if damage == "question":
        facts["question"]["target"] = 0.9
    elif damage == "hash":
        facts["hashes"][0] = "0" * 16
    elif damage == "shape":
        facts["labels"] = facts["labels"][:-1]
    text = json.dumps(facts)
    path.write_text(text[:20] if damage == "truncate" else text)
    with pytest.raises(ArtifactError, match="is not the record of a fresh part that was saved"):
        read_uses(tmp_path)


def test_a_folder_that_cannot_be_written(use: FreshUse, tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder would be")
    assert not use.record(tmp_path)


def test_the_record_is_no_part_of_the_model_but_stays_with_it(
    artifact, use: FreshUse, tmp_path: Path
) -> None:
    folder = save(artifact, tmp_path / "m")
    use.record(folder)
    assert load(folder).digest == artifact.digest
    save(artifact, folder)  # trained again, to the same model
    assert len(read_uses(folder)) == 1
    save(replace(artifact, class_names=("lost", "other")), folder)
    assert read_uses(folder) == []
