"""Calibration error: exact edges, named conventions, a second implementation, laws."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for
from abkit.model.reliability import reliability


def pairs(column):
    """Two-class probabilities whose second column is given."""
    column = np.asarray(column, dtype=float)
    return np.stack([1 - column, column], axis=1)


def naive_ece(confidence, hit, n_bins: int, edges: str) -> tuple[float, float]:
    """Bin by bin, with rational edges: the definition, spelt out."""
    ece, mce = 0.0, 0.0
    for b in range(n_bins):
        low, high = Fraction(b, n_bins), Fraction(b + 1, n_bins)
        if edges == "right":
            inside = [low < c <= high or (b == 0 and c == 0) for c in map(shown, confidence)]
        else:
            inside = [
                low <= c < high or (b == n_bins - 1 and c == 1) for c in map(shown, confidence)
            ]
        if any(inside):
            gap = abs(np.mean(hit[inside]) - np.mean(confidence[inside]))
            ece, mce = ece + gap * sum(inside) / len(hit), max(mce, gap)
    return ece, mce


def shown(c: float) -> Fraction:
    """The decimal a reader sees: .6 is 6/10, though the float is a little less."""
    return Fraction(repr(float(c)))


@pytest.mark.parametrize("edges", ["right", "left"])
@pytest.mark.parametrize("n_bins", [1, 4, 10, 15])
def test_against_the_definition(edges: str, n_bins: int) -> None:
    rng = rng_for(0, "reliability")
    column = rng.integers(0, 101, size=500) / 100  # many values on an edge
    y = (rng.random(500) < column**2).astype(int)
    got = reliability(
        pairs(column), y, n_bins=n_bins, edges=edges, calibration_of="positive", positive=1
    )
    assert (got.ece, got.mce) == pytest.approx(naive_ece(column, y == 1, n_bins, edges))


@pytest.mark.parametrize(
    ("value", "right", "left"),
    [(0.0, 0, 0), (0.3, 2, 3), (0.6, 5, 6), (0.7, 6, 7), (1.0, 9, 9), (0.65, 6, 6)],
)
def test_edges_are_exact(value: float, right: int, left: int) -> None:
    """numpy's linspace(0, 1, 11) has .30000000000000004 where .3 belongs, and so for .6 and .7."""
    for edges, where in (("right", right), ("left", left)):
        got = reliability(pairs([value]), [1], edges=edges, calibration_of="positive", positive=1)
        assert [b.n for b in got.bins].index(1) == where
        assert got.bins[3].lower == 0.3


def test_top_label_by_hand() -> None:
    """Confidences .9 .8 .6 .5, hits 1 0 1 0 (a tie predicts the first class)."""
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
    got = reliability(p, [0, 1, 1, 1])
    assert got.ece == pytest.approx((0.1 + 0.8 + 0.4 + 0.5) / 4)
    assert got.mce == pytest.approx(0.8)
    assert got.mce_min20 is None
    assert [b.n for b in got.bins] == [0, 0, 0, 0, 1, 1, 0, 1, 1, 0]
    assert got.bins[0].accuracy is None


def test_top_label_and_positive_class_differ() -> None:
    """One row, P(class 1) = .2 and label 0: top label .8 hit, positive .2 no event."""
    assert reliability(pairs([0.2]), [0]).ece == pytest.approx(0.2)
    of = reliability(pairs([0.2, 0.8]), [0, 0], calibration_of="positive", positive=1)
    assert of.ece == pytest.approx((0.2 + 0.8) / 2)
    top = reliability(pairs([0.2, 0.8]), [0, 0])
    assert top.ece == pytest.approx(abs(0.5 - 0.8))


def test_bins_against_scikit_learn() -> None:
    rng = rng_for(1, "reliability")
    column = rng.random(2000)
    y = (rng.random(2000) < column).astype(int)
    share, mean = calibration_curve(y, column, n_bins=10)
    bins = reliability(pairs(column), y, calibration_of="positive", positive=1).bins
    assert [b.accuracy for b in bins] == pytest.approx(share)
    assert [b.confidence for b in bins] == pytest.approx(mean)


def test_published_by_torchmetrics_and_scikit_learn() -> None:
    """torchmetrics 1.9.0, binary_calibration_error, two bins: ECE .2900, MCE .3167 (no value on an
    edge, so the end of a bin does not matter); scikit-learn 1.9.1, calibration_curve, three bins.
    """
    got = reliability(
        pairs([0.25, 0.25, 0.55, 0.75, 0.75]), [0, 0, 1, 1, 1], n_bins=2, calibration_of="positive",
        positive=1,
    )  # fmt: skip
    assert (got.ece, got.mce) == pytest.approx((0.2900, 0.3167), abs=5e-5)
    column, y = [0.1, 0.2, 0.3, 0.4, 0.65, 0.7, 0.8, 0.9, 1.0], [0, 0, 0, 0, 1, 1, 1, 1, 1]
    bins = reliability(pairs(column), y, n_bins=3, calibration_of="positive", positive=1).bins
    assert [b.accuracy for b in bins] == pytest.approx([0, 0.5, 1])
    assert [b.confidence for b in bins] == pytest.approx([0.2, 0.525, 0.85])


def test_classwise_against_scikit_learn() -> None:
    """Kull et al. (2019): the mean over classes of the ECE in scikit-learn's bins of the class."""
    rng = rng_for(3, "reliability")
    p = rng.dirichlet([1, 1, 1], size=900)
    y, each = rng.integers(0, 3, size=900), []
    for c in range(3):
        share, mean = calibration_curve(y == c, p[:, c], n_bins=10)
        rows = np.histogram(p[:, c], bins=np.arange(11) / 10)[0]
        each.append(np.sum(rows[rows > 0] * np.abs(share - mean)) / 900)
    got = reliability(p, y, calibration_of="classwise").ece
    assert got == pytest.approx(np.mean(each))


def test_classwise_is_the_mean_over_classes() -> None:
    rng = rng_for(2, "reliability")
    p = rng.dirichlet([1, 1, 1], size=400)
    y = rng.integers(0, 3, size=400)
    each = [reliability(p, y, calibration_of="positive", positive=c) for c in range(3)]
    got = reliability(p, y, calibration_of="classwise")
    assert got.ece == pytest.approx(np.mean([one.ece for one in each]))
    assert got.mce == max(one.mce for one in each)
    assert got.bins == tuple(b for one in each for b in one.bins)


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=60))
def test_laws(rows) -> None:
    """ECE <= MCE; doubled rows change nothing; one bin is the calibration in the large."""
    column = np.array([c / 10 for c, _ in rows])
    y = np.array([int(hit) for _, hit in rows])
    got = reliability(pairs(column), y)
    assert 0 <= got.ece <= got.mce + 1e-12 <= 1 + 1e-12
    twice = reliability(np.repeat(pairs(column), 2, axis=0), np.repeat(y, 2))
    assert (twice.ece, twice.mce) == pytest.approx((got.ece, got.mce))
    one = reliability(pairs(column), y, n_bins=1, calibration_of="positive", positive=1)
    assert one.ece == pytest.approx(abs(column.mean() - y.mean()))


def test_small_bins_are_barred_from_mce_min20() -> None:
    column = np.array([0.95] * 20 + [0.55] * 19)
    y = np.array([1] * 20 + [0] * 19)
    got = reliability(pairs(column), y)
    assert got.mce == pytest.approx(0.55)
    assert got.mce_min20 == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"edges": "rigth"}, "`edges` is `rigth`"),
        ({"calibration_of": "top"}, "`calibration_of` is `top`"),
        ({"n_bins": 0}, "`n_bins` is 0"),
        ({"calibration_of": "positive"}, "`positive` is None"),
        ({"calibration_of": "positive", "positive": 2}, "`positive` is 2"),
        ({"positive": 1}, "`positive` is 1 with"),
    ],
)
def test_unknown_conventions(options, fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        reliability(pairs([0.2]), [0], **options)
