"""Calibrators: known maps recovered, another library's fit, first-order conditions, laws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from abkit.core.errors import DataError
from abkit.core.rng import rng_for
from abkit.model.calibration import (
    fit_platt,
    fit_temperature,
    no_calibration,
)
from abkit.model.metrics import nll


def draw(n: int, k: int, *, temperature: float, bias=0.0, seed: int = 0):
    """Logits and labels whose true posterior is softmax(logits / temperature + bias)."""
    rng = rng_for(seed, "calibration test")
    z = 3 * rng.normal(size=(n, k))
    p = softmax(z / temperature + bias, axis=1)
    return z, (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, k - 1)


def exactly_calibrated(temperature: float, bias=(0.0, 0.0)):
    """A finite sample whose label shares equal the posterior: the fit must be exact."""
    margins = np.array([-3.0, -1.0, 0.5, 2.0])
    p = softmax(np.stack([margins, 0 * margins], 1) / temperature + np.array(bias), axis=1)[:, 0]
    rows = [(m, c) for m, q in zip(margins, p, strict=True) for c in [0] * round(2e4 * q)]
    rows += [(m, 1) for m, q in zip(margins, p, strict=True) for c in [0] * round(2e4 * (1 - q))]
    z = np.array([[m, 0.0] for m, _ in rows])
    return z, np.array([c for _, c in rows])


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_temperature_of_a_sample_that_has_it_exactly(temperature: float) -> None:
    z, y = exactly_calibrated(temperature)
    assert fit_temperature(z, y).temperature == pytest.approx(temperature, rel=2e-3)


def test_platt_of_a_sample_that_has_it_exactly() -> None:
    z, y = exactly_calibrated(2.0, (0.4, -0.4))
    fit = fit_platt(z, y)
    assert fit.temperature == pytest.approx(2.0, rel=2e-3)
    assert fit.bias == pytest.approx((0.4, -0.4), abs=2e-3)


def test_platt_against_logistic_regression() -> None:
    z, y = draw(3000, 2, temperature=2.0, bias=np.array([0.7, 0.0]))
    margin = z[:, :1] - z[:, 1:]
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(margin, y == 0)
    fit = fit_platt(z, y)
    assert 1 / fit.temperature == pytest.approx(peer.coef_[0, 0], rel=1e-4)
    assert fit.bias[0] - fit.bias[1] == pytest.approx(peer.intercept_[0], rel=1e-4)


@pytest.mark.parametrize("k", [2, 5])
def test_first_order_conditions(k: int) -> None:
    """At the optimum residuals are orthogonal to the logits, and Platt's class means are exact."""
    z, y = draw(2000, k, temperature=0.7, bias=np.linspace(-1, 1, k))
    for fit in (fit_temperature(z, y), fit_platt(z, y)):
        residual = fit.apply(z) - np.eye(k)[y]
        assert abs(np.mean((residual * z).sum(axis=1))) < 1e-5
    assert fit.apply(z).mean(axis=0) == pytest.approx(np.eye(k)[y].mean(axis=0), abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 30))
def test_never_worse_than_what_it_starts_from(seed: int, k: int, n: int) -> None:
    """Also on tiny, one-class or separable data, where T or a bias runs to its limit."""
    z, y = draw(n, k, temperature=1.5, seed=seed)
    plain = nll(no_calibration(k).apply(z), y)
    temperature, platt = fit_temperature(z, y), fit_platt(z, y)
    assert nll(temperature.apply(z), y) <= plain + 1e-12
    assert nll(platt.apply(z), y) <= nll(temperature.apply(z), y) + 1e-12
    assert math.isfinite(temperature.temperature)
    assert np.isfinite(platt.bias).all()


def test_laws_of_temperature() -> None:
    """Scaled logits scale T; a shift of a row's logits changes nothing; decisions are kept."""
    z, y = draw(1000, 3, temperature=2.0)
    fit = fit_temperature(z, y)
    assert fit_temperature(4 * z, y).temperature == pytest.approx(4 * fit.temperature, rel=1e-5)
    assert fit.apply(z + 7) == pytest.approx(fit.apply(z))
    assert (fit.apply(z).argmax(axis=1) == z.argmax(axis=1)).all()
    assert fit.apply(z).sum(axis=1) == pytest.approx(np.ones(1000))


def test_prior_shift_is_repaired_by_the_bias_not_by_the_temperature() -> None:
    """Bayes: another prior adds log(new / old) to a true log-odds; here log(.5 / .2)."""
    z, y = draw(60_000, 2, temperature=1.0, seed=3)
    keep = (y == 0) | (rng_for(0, "keep").random(len(y)) < 0.4)
    fit = fit_platt(z[keep], y[keep])
    assert fit.bias[0] - fit.bias[1] == pytest.approx(math.log(1 / 0.4), abs=0.06)
    assert fit.temperature == pytest.approx(1, abs=0.04)
    left = fit_temperature(z[keep], y[keep]).apply(z[keep])[:, 0].mean()
    assert np.mean(y[keep] == 0) - left > 0.05


@pytest.mark.parametrize(
    ("z", "y"),
    [
        (np.zeros((0, 2)), []),
        (np.zeros((2, 2)), [0]),
        (np.zeros((1, 2)), [2]),
        (np.zeros((1, 2)), [0.5]),
        (np.full((1, 2), np.nan), [0]),
        (np.zeros(2), [0, 1]),
    ],
)
def test_bad_data(z, y) -> None:
    for fit in (fit_temperature, fit_platt):
        with pytest.raises(DataError):
            fit(z, y)


def test_logits_of_another_number_of_classes() -> None:
    with pytest.raises(DataError, match=r"expected \(n, 2\)"):
        no_calibration(2).apply(np.zeros((3, 3)))
