"""`evaluate` on files of scores: values, weights, strata, pairs, bytes, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abkit
from abkit.core.errors import ConfigError, DataError
from abkit.core.evaluated import Evaluated
from abkit.core.rng import rng_for
from abkit.model.metrics import evaluate as plain_evaluate
from abkit.pipeline.labelled import LabelledTexts


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """600 rows of a model that is too sure, weights from 0 to 2, three sites."""
    rng = rng_for(0, "evaluating")
    z = 1.5 * rng.normal(size=600)
    y = rng.random(600) < 1 / (1 + np.exp(-z))
    p = 1 / (1 + np.exp(-2 * z))
    table = pd.DataFrame(
        {
            "label": np.where(y, "sick", "well"), "p_sick": p, "p_well": 1 - p,
            "w": rng.integers(0, 3, 600), "site": rng.choice(["a", "b", "="], 600),
        }
    )  # fmt: skip
    table.to_csv(tmp_path / "s.csv", index=False)
    return tmp_path / "s.csv"


def measured(*args, **kwargs) -> Evaluated:
    found = abkit.evaluate(*args, **{"bootstrap": 100, **kwargs})
    assert isinstance(found, Evaluated)
    return found


def changed(scores: Path, name: str, change) -> Path:
    table = pd.read_csv(scores)
    place = scores.parent / name
    (change(table) if callable(change) else change).to_csv(place, index=False)
    return place


def test_the_contract(scores: Path) -> None:
    """The keys and values of the plain metrics, with the default convention."""
    table = pd.read_csv(scores)
    plain = plain_evaluate(
        table[["p_sick", "p_well"]].to_numpy(), (table["label"] == "well").to_numpy().astype(int)
    ).to_dict()
    got = measured(scores).to_dict()
    for key in ("n", "accuracy", "nll", "brier", "ece", "mce", "mce_min20"):
        assert got[key] == pytest.approx(plain[key]), key
    for key in ("precision", "recall", "f1"):
        assert got["macro"][key] == pytest.approx(plain["macro"][key])
    for one, want in zip(got["bins"], plain["bins"], strict=True):
        for key in ("lower", "upper", "n", "accuracy", "confidence"):
            assert one[key] == pytest.approx(want[key])
    assert set(got["average_precision"]) == {"sick", "well"}
    assert got["conventions"]["calibration_of"] == "top-label"
    parts = got["brier_parts"]
    assert got["brier"] == pytest.approx(
        parts["reliability"] - parts["resolution"] + parts["uncertainty"]
        + parts["within_bin_variance"] - parts["within_bin_covariance"]
    )  # fmt: skip
    assert [one["metric"] for one in got["intervals"]][:2] == ["accuracy", "macro.precision"]


def test_weights_are_copies(scores: Path) -> None:
    """A row of weight 2 is that row twice, one of weight 0 is not there."""
    copies = changed(scores, "c.csv", lambda t: t.loc[t.index.repeat(t["w"])])
    got, want = measured(scores, weight="w").rows, measured(copies).rows
    assert (got.n, got.weight) == ((pd.read_csv(scores)["w"] > 0).sum(), want.weight)
    by_rows = ("mce_min20", "l2_debiased", "l2_debiased_squared")
    for one, other in zip(got.measures, want.measures, strict=True):
        if one.metric not in by_rows:
            assert one.estimate == pytest.approx(other.estimate, abs=1e-6), one.metric
    for bar, other_bar in zip(got.bins, want.bins, strict=True):
        assert bar.weight == other_bar.n
        assert bar.accuracy == pytest.approx(other_bar.accuracy)
    assert got.brier_parts.resolution == pytest.approx(want.brier_parts.resolution)


def test_a_stratum_is_its_own_file(scores: Path) -> None:
    found = measured(scores, by="site")
    assert [one.stratum for one in found.strata] == ["=", "a", "b"]
    assert sum(one.n for one in found.strata) == 600
    alone = measured(changed(scores, "a.csv", lambda t: t[t["site"] == "a"]))
    assert found.strata[1].measures == alone.rows.measures


def test_pairs(scores: Path) -> None:
    """Columns in another order; the same scores differ by exactly 0; turned round, signs turn."""
    table = pd.read_csv(scores)
    same = changed(scores, "same.csv", table[["p_well", "label", "p_sick"]])
    nothing = measured(scores, against=same).against
    assert nothing is not None
    assert {(d.estimate, d.ci_lower, d.ci_upper) for d in nothing.differences} == {(0, 0, 0)}
    half = table.assign(p_sick=(table["p_sick"] + 1) / 3)
    other = changed(scores, "half.csv", half.assign(p_well=1 - half["p_sick"]))
    there, back = measured(scores, against=other), measured(other, against=scores)
    assert there.against is not None
    assert back.against is not None
    for one, turned in zip(there.against.differences, back.against.differences, strict=True):
        assert one.estimate == pytest.approx(-turned.estimate)
        assert one.ci_lower == pytest.approx(-turned.ci_upper)
        ours, theirs = (r.measure(one.metric, one.class_name) for r in (there.rows, back.rows))
        assert one.estimate == pytest.approx(ours.estimate - theirs.estimate)
    assert there.against.rows.measures == back.rows.measures


def test_pairing_narrows(scores: Path) -> None:
    """Two nearly equal models: the paired interval is far narrower than either's own."""
    table = pd.read_csv(scores)
    table["p_sick"] = table["p_sick"] * 0.98 + 0.01
    other = changed(scores, "o.csv", table.assign(p_well=1 - table["p_sick"]))
    found = measured(scores, against=other)
    assert found.against is not None
    paired = next(d for d in found.against.differences if d.metric == "nll")
    own = found.rows.measure("nll")
    assert paired.ci_upper - paired.ci_lower < (own.ci_upper - own.ci_lower) / 4

    assert paired.ci_lower < paired.estimate < paired.ci_upper
    assert not paired.ci_lower < -paired.estimate < paired.ci_upper


def test_three_classes_in_another_order(tmp_path: Path) -> None:
    text = "label,p_a,p_b,p_c\na,.6,.3,.1\nb,.2,.5,.3\nc,.1,.2,.7\na,.3,.4,.3\n"
    (tmp_path / "s.csv").write_text(text)
    order = ["p_b", "p_c", "label", "p_a"]
    pd.read_csv(tmp_path / "s.csv")[order].to_csv(tmp_path / "o.csv", index=False)
    found = measured(tmp_path / "s.csv", against=tmp_path / "o.csv").against
    assert found is not None
    assert found.rows.measures == measured(tmp_path / "s.csv").rows.measures


def test_bytes_repeat(scores: Path) -> None:
    one, two, other = (measured(scores, by="site", seed=seed).to_json() for seed in (1, 1, 2))
    assert one == two != other


def test_no_resamples(scores: Path) -> None:
    found = measured(scores, bootstrap=0)
    assert {(one.ci_lower, one.ci_upper) for one in found.rows.measures} == {(None, None)}
    assert found.rows.measures[0].estimate == measured(scores).rows.measures[0].estimate


def test_what_is_not_defined_is_null_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("label,p_a,p_b,p_c\na,0,1,0\nb,.2,.7,.1\n")
    facts = measured(path).to_dict()
    notes = {one["metric"]: one["note"] for one in facts["intervals"] if one["note"]}
    assert facts["mce_min20"] is None
    assert facts["average_precision"]["c"] is None
    assert set(notes) == {
        "nll", "mce_min20", "average_precision", "l2_debiased", "l2_debiased_squared",
    }  # fmt: skip
    assert facts["l2_debiased"] is None  # rows that stand alone in their bins have no variance
    assert '"nll": null' in measured(path).to_json()


def test_what_an_absent_class_does_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("label,p_a,p_b,p_c\n" + "a,.5,.4,.1\nb,.2,.7,.1\n" * 20)
    found = measured(path)
    assert found.rows.measure("macro.recall").estimate == pytest.approx(2 / 3)
    assert "no row is c: in macro precision, recall and F1 such a class counts as 0" in (
        found.to_markdown()
    )


def test_one_column(tmp_path: Path) -> None:
    """`score` with 1 and 0; average precision as scikit-learn would have it."""
    from sklearn.metrics import average_precision_score

    s, y = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1, 0, 1, 0])
    path = tmp_path / "s.csv"
    pd.DataFrame({"y": y, "score": s}).to_csv(path, index=False)
    found = measured(path, label="y", positive="fraud", calibration_of="positive")
    assert found.class_names == ("fraud", "not fraud")
    assert found.rows.measure("average_precision", "fraud").estimate == pytest.approx(
        average_precision_score(y, s)
    )
    assert measured(path, label="y", positive="fraud").conventions.calibration_of == "top-label"


def test_renderings(scores: Path) -> None:
    found = measured(scores, by="site", weight="w", calibration_of="positive", positive="sick")
    assert len(found.to_pandas()) == 4 * len(found.rows.measures)
    for text in (found.to_markdown(), found.to_latex()):
        assert "P(sick)" in text
        assert "Kish" in text
        assert "a weight adds no evidence" in text
        assert "nothing interpolated" in text
        assert "the largest |gap| of a bin" in text.replace("\\", "")
    assert "a weight adds no evidence" not in measured(scores).to_markdown()


def test_negative_numbers_look_like_the_others(tmp_path: Path) -> None:
    """A calibrated model: the debiased square is often below 0, printed as -.0005, not -0.0005."""
    path = tmp_path / "s.csv"
    path.write_text("label,p_a,p_b\n" + "a,.5,.5\nb,.5,.5\n" * 20)
    shown = measured(path).to_markdown()
    assert "| \u2212.0064 |" in shown  # -.25 / 39
    assert "\u22120." not in shown


@pytest.mark.parametrize(
    ("options", "error", "fact"),
    [
        ({"n_bins": 0}, ConfigError, "`n_bins` is 0"),
        ({"edges": "up"}, ConfigError, "`edges` is `up`"),
        ({"calibration_of": "top"}, ConfigError, "`calibration_of` is `top`"),
        ({"confidence_level": 95}, ConfigError, "`confidence_level` is 95"),
        ({"bootstrap": 20}, ConfigError, "`bootstrap` is 20; expected at least 100, or 0"),
        ({"bootstrap": -1}, ConfigError, "`bootstrap` is -1"),
        ({"calibration_of": "positive"}, ConfigError, "needs `positive`"),
        ({"positive": "sick"}, ConfigError, "`positive` is `sick` with calibration of `top-label`"),
        ({"positive": "ill"}, ConfigError, "`positive` is `ill`"),
        ({"by": "p_sick"}, DataError, "`p_sick` has 600 distinct values"),
        ({"by": "nothing"}, DataError, "has no column `nothing`"),
        ({"data": LabelledTexts("x.csv")}, ConfigError, "`data` is given beside the file"),
    ],
)
def test_refused(scores: Path, options: dict, error: type[Exception], fact: str) -> None:
    with pytest.raises(error, match=fact):
        measured(scores, **options)


def test_pairs_refused(scores: Path) -> None:
    table = pd.read_csv(scores)
    flipped = table.copy()
    flipped.loc[[4, 9], "label"] = "other"
    flipped = flipped.assign(p_other=0.0)
    for change, fact in (
        (table.iloc[:-1], "has 599 rows, the first file 600"),
        (flipped, "only one of the two files has the class `other`"),
        (table.iloc[::-1], r"labels differ in \d+ of \d+ rows; data row \d+ is `"),
    ):
        other = changed(scores, "o.csv", change)
        with pytest.raises(DataError, match=fact):
            measured(scores, against=other)


def test_strata_are_checked(scores: Path) -> None:
    table = pd.read_csv(scores)
    many = changed(scores, "m.csv", table.assign(id=range(600)))
    with pytest.raises(DataError, match="`id` has 600 distinct values; expected at most 100"):
        measured(many, by="id")
    none = changed(scores, "n.csv", table.assign(w=(table["site"] != "a").astype(int)))
    found = measured(none, by="site", weight="w")
    assert [one.stratum for one in found.strata] == ["=", "b"]
    assert found.notes == (f"left out: {(table['site'] == 'a').sum()} rows of weight 0",)
