"""Equal-mass, debiased and smooth calibration error: closed forms, second implementations, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import erf
from sklearn.calibration import calibration_curve

from abkit.core.errors import ConfigError, DataError
from abkit.core.rng import rng_for
from abkit.model.calibration_error import (
    debiased_squared_error,
    equal_mass_ece,
    smooth_ece,
)

rows_of = st.lists(
    st.tuples(st.integers(0, 20), st.booleans(), st.integers(1, 3)), min_size=1, max_size=50
)


def columns(rows):
    c, y, w = map(np.array, zip(*rows, strict=True))
    return c / 20, y, w


def drawn(n: int, seed: int, shape=lambda c: c):
    rng = rng_for(seed, "smooth ece")
    c = rng.random(n)
    return c, rng.random(n) < shape(c)


# equal mass


def test_equal_mass_by_hand() -> None:
    """Four rows in two bins: {.1, .2} and {.6, .9}; ties at .2 pull a row into the first bin."""
    assert equal_mass_ece([0.9, 0.1, 0.6, 0.2], [1, 0, 0, 1], n_bins=2) == pytest.approx(
        (abs(1 - 0.3) + abs(1 - 1.5)) / 4
    )
    assert equal_mass_ece([0.1, 0.2, 0.2, 0.9], [0, 1, 0, 1], n_bins=2) == pytest.approx(
        (abs(1 - 0.5) + 0.1) / 4
    )


def test_equal_mass_against_array_split() -> None:
    """Without ties and with n a multiple of the bins, the bins are the sorted rows split evenly."""
    c, y = drawn(1000, 1)
    order = np.argsort(c)
    parts = zip(np.split(c[order], 20), np.split(y[order], 20), strict=True)
    want = np.mean([abs(hit.mean() - confidence.mean()) for confidence, hit in parts])
    assert equal_mass_ece(c, y, n_bins=20) == pytest.approx(want)


def test_equal_mass_against_scikit_learn() -> None:
    """Without ties its quantile bins are ours: `calibration_curve(strategy="quantile")`."""
    rng = rng_for(8, "equal mass")
    c = rng.random(1000)
    y = rng.random(1000) < c**2
    share, mean = calibration_curve(y, c, n_bins=10, strategy="quantile")
    assert equal_mass_ece(c, y) == pytest.approx(np.mean(np.abs(share - mean)))


# debiased


def test_debiased_is_kumars_where_a_bin_has_one_confidence() -> None:
    """Kumar et al. (2019), section 5: sum p_b [(y_b - s_b)^2 - y_b (1 - y_b) / (n_b - 1)]."""
    c = np.repeat([0.2, 0.6], 10)
    y = np.array([1, 1, 1] + [0] * 7 + [1] * 4 + [0] * 6)
    want = ((0.1**2 - 0.3 * 0.7 / 9) + (0.2**2 - 0.4 * 0.6 / 9)) / 2
    assert debiased_squared_error(c, y, n_bins=2) == pytest.approx(want)


@pytest.mark.parametrize("shift", [0.0, 0.05])
def test_debiased_is_unbiased(shift: float) -> None:
    """Ten bins, confidences spread within them; the true squared error of the bins is known.

    Mean of 4,000 draws of 200 rows within 4 standard errors; the plug-in sum is not.
    """
    rng = rng_for(2, "debiased")
    c = np.sort(rng.random(200)) * 0.9
    truth = np.mean([np.mean(np.full(20, shift)) ** 2 for _ in range(10)])
    draws = rng.random((4000, 200)) < c + shift
    found = np.array([debiased_squared_error(c, y) for y in draws])
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - truth) < 4 * error
    gaps = (draws - c).reshape(4000, 10, 20).mean(axis=2)
    assert (gaps**2).mean() - truth > 20 * error


def test_a_bin_of_one_row_adds_nothing() -> None:
    """.9 stands alone: 2/3 (.3^2 - spread / 1), spread of (.8, -.2) being .25; alone, no number."""
    got = debiased_squared_error([0.2, 0.2, 0.9], [1, 0, 0], n_bins=2)
    assert got == pytest.approx(2 / 3 * (0.3**2 - 0.25))
    assert np.isnan(debiased_squared_error([0.2, 0.9], [1, 0], n_bins=2))


def test_weights_are_no_evidence() -> None:
    """All weights 7: the same number; copies of the rows: less is subtracted."""
    c, y = drawn(60, 3)
    got = debiased_squared_error(c, y)
    assert debiased_squared_error(c, y, weights=np.full(60, 7.0)) == pytest.approx(got)
    assert debiased_squared_error(np.repeat(c, 7), np.repeat(y, 7)) > got


# smooth


@pytest.mark.parametrize(("confidence", "share"), [(0.5, 0.5), (0.3, 0.8), (1.0, 0.0), (0.0, 0.25)])
def test_smooth_of_a_constant_is_its_gap(confidence: float, share: float) -> None:
    """One confidence: smoothing moves the residual but keeps its integral, at any bandwidth."""
    y = np.arange(100) < 100 * share
    got = smooth_ece(np.full(100, confidence), y)
    assert got == pytest.approx(abs(share - confidence), abs=1e-6)


def test_smooth_of_two_points_in_closed_form() -> None:
    """.4 always right, .6 always wrong: residuals +.3 and -.3, with their images behind 0 and 1.

    They are antisymmetric about .5, so the integral is twice that over [0, .5], in error functions.
    """

    def half(at: float, s: float) -> float:
        images = [sign * at + 2 * m for m in range(-5, 6) for sign in (1, -1)]
        return sum(
            (erf((0.5 - i) / (s * 2**0.5)) - erf((0 - i) / (s * 2**0.5))) / 2 for i in images
        )

    want = brentq(lambda s: 2 * 0.3 * (half(0.4, s) - half(0.6, s)) - s, 1e-3, 1)
    got = smooth_ece([0.4] * 5 + [0.6] * 5, [1] * 5 + [0] * 5)
    assert got == pytest.approx(want, abs=1e-4)


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (lambda c: c**2, 0.1783),
        (lambda c: c, 0.0283),
        (lambda c: 1 / (1 + np.exp(-8 * (c - 0.5))), 0.0855),
    ],
)
def test_smooth_against_relplot(shape, published: float) -> None:
    """relplot 1.0.3, the authors' package, smECE(c, y); its search stops within 2^-10."""
    c, y = drawn(1000, 0, shape)
    assert smooth_ece(c, y) == pytest.approx(published, abs=2**-10)


def test_smooth_by_quadrature() -> None:
    """The definition on a fine mesh, kernel by kernel: at the error itself it returns itself."""
    c, y = drawn(200, 5, lambda c: c**2)
    s = smooth_ece(c, y)
    t = np.linspace(0, 1, 4001)
    kernel = sum(
        np.exp(-0.5 * ((t[:, None] - image) / s) ** 2)
        for m in range(-3, 4)
        for image in (c + 2 * m, -c + 2 * m)
    ) / (s * np.sqrt(2 * np.pi))
    assert np.trapezoid(np.abs(kernel @ (y - c)) / 200, t) == pytest.approx(s, abs=1e-5)


# all three


@pytest.mark.parametrize("metric", [equal_mass_ece, smooth_ece])
def test_a_calibrated_model_goes_to_zero(metric) -> None:
    found = [metric(*drawn(n, 7)) for n in (100, 10_000, 1_000_000)]
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.004
    assert abs(debiased_squared_error(*drawn(1_000_000, 7))) < 1e-5


@given(rows_of, st.randoms(use_true_random=False))
def test_laws(rows, shuffle) -> None:
    """Order does not matter, a row of weight 2 is two rows, and no error leaves [0, 1]."""
    c, y, w = columns(rows)
    order = list(range(len(c)))
    shuffle.shuffle(order)
    for metric in (equal_mass_ece, smooth_ece):
        got = metric(c, y, weights=w)
        assert 0 <= got <= 1 + 1e-12
        assert metric(c[order], y[order], weights=w[order]) == pytest.approx(got, abs=1e-6)
        assert metric(np.repeat(c, w), np.repeat(y, w)) == pytest.approx(got, abs=1e-6)
    got = debiased_squared_error(c, y, weights=w)
    assert np.isnan(got) or got <= 1 + 1e-12
    again = debiased_squared_error(c[order], y[order], weights=w[order])
    assert again == pytest.approx(got, nan_ok=True)


@pytest.mark.parametrize("metric", [equal_mass_ece, smooth_ece, debiased_squared_error])
def test_refused(metric) -> None:
    with pytest.raises(DataError, match="confidences run from"):
        metric([1.5], [1])
    with pytest.raises(DataError, match=r"row 1 has the weight -1\.0"):
        metric([0.5, 0.5], [1, 0], weights=[1, -1])
    with pytest.raises(DataError, match="every row has the weight 0"):
        metric([0.5], [1], weights=[0])
    with pytest.raises(DataError, match="weights of shape"):
        metric([0.5], [1], weights=[1, 1])


def test_bins_are_checked() -> None:
    with pytest.raises(ConfigError, match="`n_bins` is 0"):
        equal_mass_ece([0.5], [1], n_bins=0)
