"""A user's labelled texts: what is read, what is left out, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.pipeline.labelled import Labelled, LabelledTexts


def test_rows_without_text_or_reason_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,reason\n a ,defective\n  ,others\nb,\nc,others\nd,late\ne,others\n")
    read = LabelledTexts(path).read()
    assert read.texts == ["a", "c", "d", "e"]
    assert read.left_out == 2
    assert read.class_names("defective") == ("defective", "others", "late")
    np.testing.assert_array_equal(read.codes(("defective", "x"), rest=True), [0, 1, 1, 1])
    names = ("defective", "others", "late")
    np.testing.assert_array_equal(read.codes(names, rest=False), [0, 1, 2, 1])
    with pytest.raises(DataError, match="`late` is none of the model's classes"):
        read.codes(names[:2], rest=False)


@pytest.mark.parametrize(
    ("rows", "fact"), [("a,others\n", "never says `defective`"), ("a,defective\n", "every row")]
)
def test_one_reason_is_no_task(tmp_path: Path, rows: str, fact: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,reason\n" + rows)
    with pytest.raises(DataError, match=fact):
        LabelledTexts(path).read()


def test_one_column_cannot_be_both(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,reason\na,defective\nb,others\n")
    with pytest.raises(ConfigError, match="both name the column `reason`; expected two"):
        LabelledTexts(path, text="reason").read()


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,reason\na,defective\nb,others\n")
    source = LabelledTexts(str(path))  # type: ignore[arg-type]
    assert source.path == path
    assert source.read().texts == ["a", "b"]


def test_too_many_classes_are_refused_at_once() -> None:
    reasons = tuple(f"ticket {i}" for i in range(100_000))
    with pytest.raises(DataError, match="100,000 distinct reasons; expected at most 100") as caught:
        Labelled([""] * len(reasons), reasons, 0).class_names("ticket 0")
    assert "the right column?" in str(caught.value.hint)
    assert len(Labelled([""] * 100, reasons[:100], 0).class_names("ticket 0")) == 100
