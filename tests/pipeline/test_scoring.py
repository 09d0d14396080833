"""Scoring a file: what is refused before any work, and what a model without a threshold gives."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from abkit.core.errors import DataError, RunError
from abkit.core.tables import read_table
from abkit.model.artifact import load, save
from abkit.pipeline import scoring
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.scoring import score
from abkit.pipeline.training import train


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one epoch, with a threshold of its own choice replaced by .5."""
    folder = tmp_path_factory.mktemp("models")
    lines = [f"the bag number {i} is torn,defective\nno bag {i} came,late" for i in range(100)]
    (folder / "a.csv").write_text("text,reason\n" + "\n".join(lines) + "\n")
    train(data=LabelledTexts(folder / "a.csv"), epochs=1, out=folder / "made")
    artifact = load(folder / "made")
    return save(
        replace(artifact, threshold=replace(artifact.threshold, threshold=0.5)), folder / "half"
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text('id,=cmd(),text\n1,+1,the bag is torn\n2,x,""\n3,x,"a\r=1+1"\n', newline="")
    return path


def test_strings_are_paths_and_the_file_is_read_once(
    model: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def counted(path: Path, *, needed: list[str]) -> pd.DataFrame:
        reads.append(path)
        return read_table(path, needed=needed)

    monkeypatch.setattr(scoring, "read_table", counted)
    done = score(str(file), model=str(model), out=str(file.with_name("out.parquet")))
    assert reads == [file]
    assert done.threshold == 0.5
    assert done.table["flagged"].isna().tolist() == [False, True, False]
    assert done.n_flagged == int((done.table["score"] >= 0.5).sum())
    written = pd.read_parquet(file.with_name("out.parquet"))
    assert written["flagged"].isna().tolist() == [False, True, False]


def test_what_is_written_is_harmless_and_read_back(model: Path, file: Path) -> None:
    out = file.with_name("out.csv")
    done = score(file, model=model, out=out)
    assert out.read_bytes().startswith(b'"id","\'=cmd()","text","score","flagged"\n"1","\'+1",')
    back = read_table(out)
    assert len(back) == 3
    assert back["text"].tolist() == ["the bag is torn", "", "'a\r=1+1"]
    assert float(back["score"][0]) == pytest.approx(done.table["score"][0], rel=1e-12)


def test_without_a_threshold_nothing_is_said_of_flags(model: Path, file: Path) -> None:
    artifact = load(model)
    none = replace(artifact, threshold=replace(artifact.threshold, threshold=None))
    done = score(file, model=save(none, file.with_name("none")))
    assert done.threshold is None
    assert done.n_flagged == 0
    assert done.table["flagged"].isna().all()
    assert done.table["score"].isna().tolist() == [False, True, False]


def test_a_file_without_any_text_has_null_scores(model: Path, file: Path) -> None:
    file.write_text('text\n""\n" "\n')
    done = score(file, model=model)
    assert done.table["score"].isna().all()
    assert done.table["flagged"].isna().all()


def test_the_place_is_tried_before_the_work(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "read_table", lambda *_, **__: pytest.fail("read"))
    (file.parent / "folder.csv").mkdir()
    for name in ("folder.csv", "texts.csv/out.csv"):
        with pytest.raises(RunError):
            score(file, out=file.parent / name)


@pytest.mark.parametrize("name", ["score", "flagged"])
def test_columns_are_not_overwritten(file: Path, name: str) -> None:
    file.write_text(f"text,{name}\nx,1\n")
    with pytest.raises(DataError, match=f"has a column `{name}` already"):
        score(file)
