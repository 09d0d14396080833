"""Files of scores: what is read, in which forms, and what is refused with its rows."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.pipeline.score_files import read_scores

TWO = "label,p_cat,p_dog,w,site\ncat,0.75,0.25,1,x\ndog,0.5,0.5,2.5, y\ndog,0,1,0,x\n"


def write(folder: Path, text: str, name: str = "s.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_two_classes(tmp_path: Path) -> None:
    found = read_scores(write(tmp_path, TWO), weight="w", by="site")
    assert found.class_names == ("cat", "dog")
    assert found.labels.tolist() == [0, 1, 1]
    assert found.probabilities.tolist() == [[0.75, 0.25], [0.5, 0.5], [0, 1]]
    assert found.weights is not None
    assert found.weights.tolist() == [1, 2.5, 0]
    assert found.groups == ("x", "y", "x")
    assert found.notes == ()
    plain = read_scores(tmp_path / "s.csv", positive="dog")
    assert (plain.weights, plain.groups) == (None, None)


def test_the_same_in_every_form(tmp_path: Path) -> None:
    csv = write(tmp_path, TWO)
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(("\ufeff" + TWO).encode()))
    pd.read_csv(csv).to_parquet(tmp_path / "s.parquet")
    for name in ("s.csv.gz", "s.parquet"):
        found, want = (read_scores(tmp_path / each, weight="w") for each in (name, csv.name))
        assert found.labels.tolist() == want.labels.tolist()
        assert found.probabilities.tolist() == want.probabilities.tolist()


def test_numbers_are_class_names_too(tmp_path: Path) -> None:
    found = read_scores(write(tmp_path, "y,p_0,p_1\n1,.4,.6\n0,.9,.1\n"), label="y")
    assert (found.class_names, found.labels.tolist()) == (("0", "1"), [1, 0])


@pytest.mark.parametrize(
    ("text", "positive", "names", "note"),
    [
        ("label,p_sick\nsick,.8\nwell,.3\nwell?,.1\n", None, ("sick", "not sick"), "`well`"),
        ("label,p_sick\n1,.8\n0,.3\n0,.1\n", None, ("sick", "not sick"), "`0`, `1`"),
        ("label,score\nyes,.8\nNo,.3\nno,.1\n", None, ("positive", "not positive"), "whether"),
        ("label,score\nsick,.8\nwell,.3\nwell,.1\n", "sick", ("sick", "not sick"), "`well`"),
    ],
)
def test_one_column_makes_two_classes(
    tmp_path: Path, text: str, positive: str | None, names: tuple[str, str], note: str
) -> None:
    found = read_scores(write(tmp_path, text), positive=positive)
    assert found.class_names == names
    assert found.labels.tolist() == [0, 1, 1]
    assert found.probabilities == pytest.approx(np.array([[0.8, 0.2], [0.3, 0.7], [0.1, 0.9]]))
    assert note in found.notes[0]


def test_score_beside_probabilities_is_another_column(tmp_path: Path) -> None:
    assert read_scores(write(tmp_path, "label,score,p_a,p_b\na,9,.5,.5\n")).class_names == (
        "a",
        "b",
    )


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        ("label,p_a,p_b\na,.5,.4\na,.5,.5\nb,.6,.5\n",
         "is not 1 within 0.01 in 2 of 3 rows", "every class"),
        ("label,p_a,p_b\na,.5,.4\n", "data row 1 `0.9000`", "every class"),
        ("label,p_a,p_b\nab,.5,.5\nb,.5,.5\n", "the label `ab` (data row 1", "did you mean"),
        ("label,p_a,p_b\nz,.5,.5\n", "has no column `p_z`; the classes are `a`, `b`", "right"),
        ("label,p_a,p_b\n,.5,.5\n", "is empty in 1 of 1 rows: data row 1", "without a label"),
        ("label,p_a,p_b\na,.5,.5\na,nan,.5\n", "data row 2 `nan`", "from 0 to 1"),
        ("label,p_a,p_b\na,.5,.5\na, ,.5\n", "`p_a` of", "fill the cells or drop the rows"),
        ("label,p_a,p_b\na,,.5\n", "is empty in 1 of 1 rows: data row 1", "fill the cells or drop"),
        ("label,p_a,p_b\na,-.1,1.1\n", "data row 1 `-.1`", "from 0 to 1"),
        ("label,p_a,p_b\na,1.1,-.1\n", "data row 1 `1.1`", "logits"),
        ("label,p_a,p_b\na,inf,0\n", "data row 1 `inf`", "logits"),
        ("label,p_a,p_a\na,.5,.5\n", "has 2 columns named `p_a`", "leave one"),
        ("label,a,b\na,.5,.5\n", "no column of probabilities", "`p_<class>`"),
        ("y,p_a,p_b\na,.5,.5\n", "has no column `label`", "--label names the column"),
        ("labl,p_a,p_b\na,.5,.5\n", "has no column `label`", "did you mean `labl`?"),
        ("label;p_a;p_b\na;.5;.5\n", "has no column `label`", "separated by semicolons"),
        ("label\tp_a\na\t.5\n", "has no column `label`", "separated by tabs"),
        ("label,score\nsick,.5\nwell,.5\n", "never says `positive`", "--positive"),
        ("label,p_sick\nsik,.5\nwell,.5\n", "never says `sick`", "did you mean `sik`?"),
        ("label,p_sick\nsick,.5\nSick,.5\n", "says `sick` and `Sick`", "did you mean `Sick`?"),
        ("label,p_a,p_b\n", "has a header but no rows", None),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, fact: str, hint: str | None) -> None:
    with pytest.raises(DataError) as refused:
        read_scores(write(tmp_path, text))
    assert fact in str(refused.value)
    assert hint is None or hint in str(refused.value.hint)


@pytest.mark.parametrize("weight", ["-1", "", "nan", "inf", "much"])
def test_weights_are_refused(tmp_path: Path, weight: str) -> None:
    path = write(tmp_path, f"label,p_a,p_b,w\na,.5,.5,1\nb,.5,.5,{weight}\n")
    with pytest.raises(DataError, match="is no number of at least 0 in 1 of 2 rows: data row 2"):
        read_scores(path, weight="w")


def test_no_weight_at_all_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "label,p_a,p_b,w\na,.5,.5,0\n")
    with pytest.raises(DataError, match="every weight in `w`"):
        read_scores(path, weight="w")


def test_roles_and_classes_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, TWO)
    with pytest.raises(ConfigError, match="both name the column `w`"):
        read_scores(path, label="w", weight="w")
    assert read_scores(path, by="label").groups == ("cat", "dog", "dog")
    with pytest.raises(ConfigError, match="`positive` is `dig`") as refused:
        read_scores(path, positive="dig")
    assert refused.value.hint == "did you mean `dog`?"


def test_a_label_column_may_look_like_a_class(tmp_path: Path) -> None:
    """Named columns are never probabilities."""
    path = write(tmp_path, "p_true,p_a,p_b\na,.5,.5\n")
    assert read_scores(path, label="p_true").class_names == ("a", "b")
