"""The bars of the diagram: counts, exact intervals, effective rows."""

import numpy as np
import pytest
from scipy import stats

from abkit.core.errors import ConfigError
from abkit.model.diagram import diagram, exact_interval
from abkit.model.reliability import reliability


def test_clopper_and_pearson_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5, 4 decimals."""
    for hits, n, low, high in (
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ):
        assert exact_interval(hits / n, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 3), (3, 3), (7, 11), (250, 1000)])
def test_against_scipy(hits: int, n: int) -> None:
    want = stats.binomtest(hits, n).proportion_ci(0.9, method="exact")
    got = exact_interval(hits / n, n, confidence_level=0.9)
    assert got == pytest.approx((want.low, want.high))


def test_bars_are_the_bins() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 300)
    y = rng.integers(3, size=300)
    names = ("a", "b", "c")
    for of, positive in (("top-label", None), ("positive", 2), ("classwise", None)):
        bars = diagram(p, y, class_names=names, calibration_of=of, positive=positive)
        bins = reliability(p, y, calibration_of=of, positive=positive).bins
        assert [(b.lower, b.n, b.accuracy) for b in bars] == [
            (b.lower, b.n, b.accuracy) for b in bins
        ]
        known = [b for b in bars if b.accuracy is not None and b.ci_lower is not None]
        assert all(b.ci_lower <= b.accuracy <= b.ci_upper for b in known)
        assert [b.class_name for b in bars] == [
            None if b.class_index is None else names[b.class_index] for b in bins
        ]
    assert all(b.ci_lower is None for b in bars if b.n == 0)


def test_a_weight_adds_no_evidence() -> None:
    """Equal weights: the rows' interval. Unequal: Kish's number, (1 + 3)^2 / (1 + 9) = 1.6 of 2."""
    p = [[0.75, 0.25], [0.75, 0.25]]
    plain, same = (diagram(p, [0, 1], class_names="ab", weights=w) for w in (None, [5, 5]))
    assert same[7].ci_upper == pytest.approx(plain[7].ci_upper)
    unequal = diagram(p, [0, 1], class_names="ab", weights=[1, 3])[7]
    assert (unequal.n, unequal.weight, unequal.accuracy) == (2, 4, 0.25)
    assert (unequal.ci_lower, unequal.ci_upper) == pytest.approx(exact_interval(0.25, 1.6))


def test_refused() -> None:
    with pytest.raises(ConfigError, match="`share` is 1.5"):
        exact_interval(1.5, 2)
    with pytest.raises(ConfigError, match="`n` is 0"):
        exact_interval(0.5, 0)
