"""Every calibrator: round trip, refusals, laws that hold for all, peers in scikit-learn."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from abkit.core.errors import ConfigError, DataError
from abkit.core.rng import rng_for
from abkit.model.calibration import fit_platt, fit_temperature, mean_nll, no_calibration
from abkit.model.calibrators import fit_calibrator, read_calibrator
from abkit.model.isotonic import fit_isotonic, log_odds
from abkit.model.metrics import average_precision, nll
from abkit.model.presets import CALIBRATORS
from abkit.model.vector_scaling import fit_vector_scaling


def draw(n: int, k: int, *, seed: int = 0, scale=0.5, bias=0.0):
    """Logits and labels whose true posterior is softmax(scale * logits + bias)."""
    rng = rng_for(seed, "calibrators test")
    z = 3 * rng.normal(size=(n, k))
    p = softmax(z * scale + bias, axis=1)
    return z, (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, k - 1)


class Logits(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier whose decision function is its input."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = x.shape[1]
        return self

    def decision_function(self, x):
        return x if x.shape[1] > 1 else x[:, 0]

    def predict(self, x):
        return self.classes_[self.decision_function(x).argmax(axis=1)]


def peer(method: str, z, y):
    """scikit-learn's calibration of the same logits."""
    frozen = FrozenEstimator(Logits().fit(z, y))
    return CalibratedClassifierCV(frozen, method=method).fit(z, y).predict_proba(z)


@pytest.mark.parametrize("k", [3, 5])
def test_temperature_against_scikit_learn(k: int) -> None:
    z, y = draw(800, k)
    assert fit_temperature(z, y).apply(z) == pytest.approx(peer("temperature", z, y), abs=2e-4)


def test_isotonic_against_scikit_learn_one_against_the_rest() -> None:
    """Theirs reads the raw logit of a class, ours its log-odds: given log-odds, the same."""
    z, y = draw(600, 3)
    odds = np.stack([log_odds(z, c) for c in range(3)], axis=1)
    ours, theirs = fit_isotonic(z, y).apply(z), peer("isotonic", odds, y)
    inside = ((theirs > 0.01) & (theirs < 0.99)).all(axis=1)
    assert inside.sum() > 100
    assert ours[inside] == pytest.approx(theirs[inside], abs=0.01)  # ours stays off 0 and 1


def test_isotonic_of_two_classes_is_isotonic_regression_on_the_margin() -> None:
    z, y = draw(700, 2)
    margin = z[:, 0] - z[:, 1]
    fit = IsotonicRegression(out_of_bounds="clip").fit(margin, y == 0)
    new = np.linspace(-20, 20, 400)
    logits = np.stack([new, 0 * new], axis=1)
    want = np.clip(fit.predict(new), 1 / 702, 701 / 702)
    got = fit_isotonic(z, y).apply(logits)
    assert got[:, 0] == pytest.approx(want, abs=2e-3)  # one value is levelled before, one after
    assert got.sum(axis=1) == pytest.approx(np.ones(400), abs=1e-15)


def test_isotonic_by_hand() -> None:
    """Margins 1 2 3 4 4, labels 0 1 0 1 0 of P(LABEL 0): blocks by pooling adjacent violators.

    Shares in order: 0, 1, 0, and 1/2 of two tied rows; 1, 0, 1/2 of weights 1, 1, 2 pool to 1/2.
    0 is raised to 1/(5 + 2).
    """
    margin = np.array([1.0, 2.0, 3.0, 4.0, 4.0])
    y = np.array([1, 0, 1, 0, 1])
    fit = fit_isotonic(np.stack([margin, 0 * margin], axis=1), y)
    (curve,) = fit.curves
    assert curve.log_odds == (1.0, 2.0, 4.0)
    assert curve.probability == pytest.approx((1 / 7, 0.5, 0.5))
    at = np.array([-9.0, 1.5, 3.0, 99.0])
    got = fit.apply(np.stack([at, 0 * at], axis=1))[:, 0]
    assert got == pytest.approx([1 / 7, (1 / 7 + 0.5) / 2, 0.5, 0.5])


def test_log_odds_keep_what_probabilities_round_off() -> None:
    """p = 1 - e^-50 and 1 - e^-60 are one float, their log-odds are not."""
    z = np.array([[50.0, 0.0], [60.0, 0.0], [1e4, 0.0]])
    assert log_odds(z, 0).tolist() == [50.0, 60.0, 1e4]
    three = np.array([[1.0, 2.0, 0.5]])
    p = softmax(three, axis=1)[0]
    assert log_odds(three, 1)[0] == pytest.approx(math.log(p[1] / (1 - p[1])))


def test_vector_scaling_recovers_what_made_the_labels() -> None:
    """Also its own bias; one temperature or Platt's map cannot."""
    scale, bias = np.array([0.3, 0.8, 1.5]), np.array([0.5, 0.0, -0.5])
    z, y = draw(40_000, 3, scale=scale, bias=bias)
    fit = fit_vector_scaling(z, y)
    assert fit.scale == pytest.approx(scale, rel=0.04)
    assert fit.bias == pytest.approx(bias, abs=0.05)
    assert nll(fit.apply(z), y) < nll(fit_platt(z, y).apply(z), y) - 0.005


def test_vector_scaling_against_logistic_regression() -> None:
    """Of two classes it is a logistic regression on both logits, without penalty."""
    z, y = draw(3_000, 2, scale=np.array([0.4, 0.9]), bias=np.array([0.3, -0.3]))
    regression = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z, y == 0)
    fit = fit_vector_scaling(z, y)
    assert (fit.scale[0], -fit.scale[1]) == pytest.approx(tuple(regression.coef_[0]), rel=1e-4)
    assert fit.bias[0] - fit.bias[1] == pytest.approx(regression.intercept_[0], abs=1e-4)


def test_first_order_conditions_of_vector_scaling() -> None:
    z, y = draw(2_000, 5, scale=np.linspace(0.4, 1, 5))
    residual = fit_vector_scaling(z, y).apply(z) - np.eye(5)[y]
    assert np.abs((residual * z).mean(axis=0)).max() < 1e-5
    assert np.abs(residual.mean(axis=0)).max() < 1e-5


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 60))
def test_each_family_is_at_least_as_good_as_the_one_inside_it(seed: int, k: int, n: int) -> None:
    """In NLL on the data it was fitted on, also if tiny, of one class or separable."""
    z, y = draw(n, k, seed=seed)
    plain, one = mean_nll(z, y), nll(fit_temperature(z, y).apply(z), y)
    assert one <= plain + 1e-12
    assert nll(fit_platt(z, y).apply(z), y) <= one + 1e-12
    vector = fit_vector_scaling(z, y)
    assert nll(vector.apply(z), y) <= one + 1e-12
    assert min(vector.scale) > 0


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 80), st.booleans())
def test_isotonic_is_the_likeliest_increasing_curve(seed: int, n: int, rounded: bool) -> None:
    """No other one inside the same limits, Platt's among them, has a lower NLL; ties too."""
    z, y = draw(n, 2, seed=seed)
    z = np.round(z) if rounded else z
    fit = fit_isotonic(z, y).apply(z)
    for other in (no_calibration(2), fit_platt(z, y)):
        p = np.clip(other.apply(z), 1 / (n + 2), 1 - 1 / (n + 2))
        assert nll(fit, y) <= nll(p, y) + 1e-9
    order = np.argsort(z[:, 0] - z[:, 1])
    assert (np.diff(fit[order, 0]) >= -1e-15).all()
    assert (fit > 0).all()


def test_average_precision_is_kept_by_increasing_maps() -> None:
    """Temperature and Platt change no order of P(LABEL 0); isotonic makes ties and no more."""
    z, y = draw(1_500, 2, bias=np.array([-1.0, 0.0]))
    before = average_precision(z[:, 0] - z[:, 1], y == 0)
    for fit in (fit_temperature, fit_platt):
        assert average_precision(fit(z, y).apply(z)[:, 0], y == 0) == before
    scores = fit_isotonic(z, y).apply(z)[:, 0]
    assert len(np.unique(scores)) < len(scores)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("kind", CALIBRATORS)
def test_round_trip(kind: str, k: int) -> None:
    """Through JSON, to the bit; rows of probabilities sum to 1; other shapes are refused."""
    z, y = draw(300, k)
    fit = fit_calibrator(kind, z, y)
    again = read_calibrator(json.loads(json.dumps(fit.to_dict())))
    assert (fit.kind, fit.n_classes) == (kind, k)
    assert again == fit
    assert (again.apply(z) == fit.apply(z)).all()
    assert fit.apply(z).sum(axis=1) == pytest.approx(np.ones(300))
    with pytest.raises(DataError, match=rf"expected \(n, {k}\)"):
        fit.apply(np.zeros((3, k + 1)))


@pytest.mark.parametrize("kind", ["platt", "vector", "isotonic"])
def test_every_class_is_needed(kind: str) -> None:
    """Nine rows of a class: a temperature, which says so; ten: what was asked for."""
    z, y = draw(300, 2)
    rows = np.flatnonzero(y == 1)
    for n, want in ((0, "temperature"), (9, "temperature"), (10, kind)):
        keep = np.concatenate([np.flatnonzero(y == 0), rows[:n]])
        assert fit_calibrator(kind, z[keep], y[keep]).kind == want


CURVE = {"log_odds": [0.0, 1.0], "probability": [0.2, 0.7]}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "spline"},
        {"kind": "temperature", "temperature": 1.0, "bias": [0, 0], "code": 1},
        {"kind": "isotonic", "temperature": 1.0, "bias": [0, 0]},
        {"kind": "temperature", "temperature": -1.0, "bias": [0, 0]},
        {"kind": "temperature", "temperature": "hot", "bias": [0, 0]},
        {"kind": "temperature", "temperature": 1.0, "bias": None},
        {"kind": "platt", "temperature": 1.0, "bias": [0, math.nan]},
        {"kind": "vector", "scale": [1.0, 1.0], "bias": [0.0]},
        {"kind": "vector", "scale": [1.0, 0.0], "bias": [0.0, 0.0]},
        {"kind": "vector", "scale": [1.0, math.inf], "bias": [0.0, 0.0]},
        {"kind": "isotonic", "curves": []},
        {"kind": "isotonic", "curves": 3},
        {"kind": "isotonic", "curves": [CURVE, CURVE]},
        {"kind": "isotonic", "curves": [CURVE | {"log_odds": [1.0, 1.0]}]},
        {"kind": "isotonic", "curves": [CURVE | {"log_odds": [1.0]}]},
        {"kind": "isotonic", "curves": [CURVE | {"probability": [0.7, 0.2]}]},
        {"kind": "isotonic", "curves": [CURVE | {"probability": [0.0, 0.2]}]},
        {"kind": "isotonic", "curves": [CURVE | {"probability": [math.nan, 0.2]}]},
        {"kind": "isotonic", "curves": [{"log_odds": [], "probability": []}]},
    ],
)
def test_a_calibrator_that_is_none(values) -> None:
    with pytest.raises(ConfigError):
        read_calibrator(values)
