"""Artifacts: whole or absent, every byte checked, no code run, no torch needed to read one."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from abkit.core.errors import ArtifactError
from abkit.model.artifact import FACTS, FILES, MANIFEST, WEIGHTS, load, save
from abkit.model.scoring import score_texts


@pytest.fixture
def folder(artifact, tmp_path: Path) -> Path:
    return save(artifact, tmp_path / "models" / "m")


def reseal(folder: Path) -> None:
    """Make the manifest agree with damaged files, as a forger would."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"] = {f: sha256((folder / f).read_bytes()).hexdigest() for f in FILES}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_round_trip(artifact, folder: Path, corpus) -> None:
    got = load(folder)
    assert got.digest == artifact.digest
    assert json.loads((folder / MANIFEST).read_text())["digest"] == artifact.digest
    for name in (
        "config", "class_names", "calibrator", "threshold", "certified", "class_prior",
        "label_source",
    ):  # fmt: skip
        assert getattr(got, name) == getattr(artifact, name)
    assert {name: part.digest for name, part in got.golden.items()} == {
        name: part.digest for name, part in artifact.golden.items()
    }
    assert np.array_equal(got.seen_texts, artifact.seen_texts)
    texts = corpus.texts[:50]
    assert np.array_equal(score_texts(got, texts), score_texts(artifact, texts))
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, MANIFEST])
    assert [path.name for path in folder.parent.iterdir()] == ["m"]  # no scratch left


def test_saving_twice_gives_the_same_bytes(artifact, folder: Path, tmp_path: Path) -> None:
    other = save(artifact, tmp_path / "again")
    for name in (*FILES, MANIFEST):
        assert (other / name).read_bytes() == (folder / name).read_bytes()


def test_the_digest_moves_with_every_part(artifact) -> None:
    weights = {name: value.copy() for name, value in artifact.weights.items()}
    weights["embed.weight"][0, 0] += 1
    changed = [
        replace(artifact, weights=weights),
        replace(artifact, tokenizer=artifact.tokenizer + " "),
        replace(artifact, class_names=("defective", "rest")),
        replace(artifact, threshold=replace(artifact.threshold, threshold=0.123)),
        replace(artifact, calibrator=replace(artifact.calibrator, temperature=9.0)),
        replace(artifact, seen_texts=artifact.seen_texts[1:]),
    ]
    assert len({artifact.digest, *(one.digest for one in changed)}) == 1 + len(changed)


def test_seen_texts(artifact, corpus, trained, golden) -> None:
    """Training, validation and calibration texts were seen; the logs' test part was not."""
    parts = trained.split
    assert artifact.has_seen([corpus.texts[row] for row in parts.train]).all()
    assert artifact.has_seen([corpus.texts[row].upper() for row in parts.validation]).all()
    assert artifact.has_seen(golden[0].texts).all()
    assert not artifact.has_seen(["never written before by anybody", ""]).any()
    assert artifact.has_seen([corpus.texts[row] for row in parts.test]).mean() < 0.1


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", ["delete", "truncate", "empty", "flip", "append"])
def test_any_damage_is_one_clear_error(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    if damage == "delete":
        path.unlink()
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        new = {"truncate": content[: len(content) // 2], "empty": b"", "append": content + b"x"}
        path.write_bytes(new[damage])
    with pytest.raises(ArtifactError, match="cannot be used") as caught:
        load(folder)
    assert caught.value.hint is not None
    assert str(folder) in str(caught.value)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="there is no model in"):
        load(tmp_path / "absent")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("extra", 1),
        ("config", {"n_classes": 2}),
        ("config", None),
        ("calibrator", {"kind": "eval"}),
        ("threshold", []),
        ("class_prior", None),
    ],
)
def test_forged_facts_are_refused(folder: Path, key: str, value) -> None:
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps(facts | {key: value}))
    reseal(folder)
    with pytest.raises(ArtifactError, match="make no model"):
        load(folder)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("bomb.went.off"),))


def test_a_pickle_is_not_loaded(folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (folder / WEIGHTS).write_bytes(pickle.dumps(Bomb()))
    reseal(folder)
    with pytest.raises(ArtifactError, match="make no model"):
        load(folder)
    assert not Path("bomb.went.off").exists()


def test_another_format(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(ArtifactError, match="its format is 99; this version reads 2"):
        load(folder)


def test_an_older_model_is_replaced_and_a_failure_keeps_it(artifact, folder, monkeypatch) -> None:
    other = replace(artifact, class_names=("defective", "rest"))
    save(other, folder)
    assert load(folder).digest == other.digest

    def full(self: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ArtifactError, match="No space left"):
        save(artifact, folder)
    monkeypatch.undo()
    assert load(folder).digest == other.digest
    assert [path.name for path in folder.parent.iterdir()] == ["m"]


def test_a_folder_of_something_else_is_left_alone(artifact, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match="holds something else"):
        save(artifact, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    save(artifact, tmp_path / "empty")


@pytest.mark.parametrize("module", ["abkit.model", "abkit.model.artifact", "abkit.model.metrics"])
def test_torch_stays_unimported(folder: Path, module: str) -> None:
    code = f"import sys, {module}\n"
    if module.endswith("artifact"):
        code += f"from pathlib import Path; {module}.load(Path({str(folder)!r})).digest\n"
    code += "assert not {'torch', 'sklearn'} & set(sys.modules), 'heavy import'"
    subprocess.run([sys.executable, "-c", code], check=True)
