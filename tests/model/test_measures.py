"""All metrics from weights alone: equal to the functions, to scikit-learn, and to copied rows."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as sk

from abkit.core.rng import rng_for
from abkit.model import metrics
from abkit.model.calibration_error import debiased_squared_error, equal_mass_ece, smooth_ece
from abkit.model.measures import METRICS, Measures
from abkit.model.reliability import columns_of, confidence_and_hit, reliability

NOT_OF_COPIES = {"mce_min20", "l2_debiased", "l2_debiased_squared"}  # they go by rows


def random_rows(n: int, k: int, seed: int, digits: int = 2):
    """Probabilities with many ties, labels, weights of which some are 0."""
    rng = rng_for(seed, "measures test")
    p = np.round(softmax(2 * rng.normal(size=(n, k)), axis=1), digits)
    return p / p.sum(axis=1, keepdims=True), rng.integers(0, k, n), rng.integers(0, 4, n)


def named(measures: Measures, weights) -> dict:
    return dict(zip(measures.keys, measures.at(np.asarray(weights, float)), strict=True))


@pytest.mark.parametrize("of", ["top-label", "positive", "classwise"])
@pytest.mark.parametrize(("k", "edges", "n_bins"), [(2, "right", 10), (4, "left", 7)])
def test_equal_to_the_functions(k: int, edges: str, n_bins: int, of: str) -> None:
    p, y, w = random_rows(400, k, k)
    positive = 1 if of == "positive" else None
    options = {"n_bins": n_bins, "edges": edges}
    measures = Measures(p, y, weights=w, calibration_of=of, positive=positive, **options)
    got = named(measures, w)
    macro = metrics.macro_scores(p, y, w)
    bins = reliability(p, y, calibration_of=of, positive=positive, weights=w, **options)
    views = [confidence_and_hit(p, y, column) for column in columns_of(of, positive, k)]
    squared = np.mean([debiased_squared_error(*v, n_bins=n_bins, weights=w) for v in views])
    ap = [metrics.average_precision(p[:, c], y == c, w) for c in range(k)]
    want = {
        "accuracy": metrics.accuracy(p, y, w),
        "macro.precision": macro.precision,
        "macro.recall": macro.recall,
        "macro.f1": macro.f1,
        "macro.average_precision": np.mean(ap),
        "nll": metrics.nll(p, y, w),
        "brier": metrics.brier(p, y, w),
        "ece": bins.ece,
        "mce": bins.mce,
        "mce_min20": bins.mce_min20,
        "ece_equal_mass": np.mean([equal_mass_ece(*v, n_bins=n_bins, weights=w) for v in views]),
        "ece_classwise": reliability(p, y, calibration_of="classwise", weights=w, **options).ece,
        "l2_debiased": max(squared, 0) ** 0.5,
        "l2_debiased_squared": squared,
        "ece_smooth": np.mean([smooth_ece(*v, weights=w) for v in views]),
    }
    assert list(want) == list(METRICS)
    for metric, value in want.items():
        assert got[metric, None] == pytest.approx(value, abs=1e-9), metric
    assert [got["average_precision", c] for c in range(k)] == pytest.approx(ap)


def test_weights_against_scikit_learn() -> None:
    p, y, w = random_rows(500, 3, 9, digits=6)
    got = named(Measures(p, y, weights=w), w)
    predicted = p.argmax(axis=1)
    prf = sk.precision_recall_fscore_support(
        y, predicted, average="macro", sample_weight=w, zero_division=0
    )
    assert [got[f"macro.{name}", None] for name in ("precision", "recall", "f1")] == pytest.approx(
        prf[:3]
    )
    assert got["accuracy", None] == pytest.approx(sk.accuracy_score(y, predicted, sample_weight=w))
    assert got["nll", None] == pytest.approx(sk.log_loss(y, p, sample_weight=w))
    assert got["brier", None] == pytest.approx(
        sk.brier_score_loss(y, p, sample_weight=w, labels=range(3), scale_by_half=False)
    )
    for c in range(3):
        want = sk.average_precision_score(y == c, p[:, c], sample_weight=w)
        assert got["average_precision", c] == pytest.approx(want)


rows_of = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 1), st.integers(1, 3)), min_size=1, max_size=40
)


@given(rows_of, st.randoms(use_true_random=False))
def test_copies_and_order(rows, shuffle) -> None:
    """Weight 2 is a row twice, in every metric but the three that go by rows; order is nothing."""
    c, y, w = map(np.array, zip(*rows, strict=True))
    p = np.stack([c / 20, 1 - c / 20], axis=1)
    got = named(Measures(p, y, weights=w), w)
    copies = Measures(np.repeat(p, w, axis=0), np.repeat(y, w))
    doubled = named(copies, copies.weights)
    order = list(range(len(y)))
    shuffle.shuffle(order)
    moved = named(Measures(p[order], y[order], weights=w[order]), w[order])
    for key, value in got.items():
        assert moved[key] == pytest.approx(value, abs=1e-6, nan_ok=True), key
        if key[0] not in NOT_OF_COPIES:
            assert doubled[key] == pytest.approx(value, abs=1e-6, nan_ok=True), key


def test_a_resample_is_a_file() -> None:
    """What a resample's counts give is what the file of the drawn rows gives."""
    p, y, _ = random_rows(300, 3, 4, digits=6)
    count = np.bincount(np.random.default_rng(0).integers(300, size=300), minlength=300)
    got = named(Measures(p, y), count)
    drawn = Measures(np.repeat(p, count, axis=0), np.repeat(y, count))
    want = named(drawn, drawn.weights)
    fixed = NOT_OF_COPIES | {"ece_equal_mass"}  # bins of equal mass are the file's
    for key, value in want.items():
        if key[0] not in fixed:
            assert got[key] == pytest.approx(value, abs=1e-9), key
    assert got["ece_equal_mass", None] == pytest.approx(want["ece_equal_mass", None], abs=0.03)


def test_an_increasing_map_keeps_average_precision() -> None:
    p, y, w = random_rows(300, 2, 6)
    s = np.stack([p[:, 0] ** 3, 1 - p[:, 0] ** 3], axis=1)
    got, mapped = (named(Measures(q, y, weights=w), w) for q in (p, s))
    assert mapped["average_precision", 0] == got["average_precision", 0]


def test_what_is_not_defined() -> None:
    """No row of class 1; no bin of 20; an impossible row counts only where it has a weight."""
    p = np.array([[1.0, 0.0], [0.6, 0.4], [0.0, 1.0]])
    measures = Measures(p, [0, 0, 0])
    got = named(measures, [1, 1, 1])
    assert got["nll", None] == np.inf
    assert np.isnan(got["mce_min20", None])
    assert np.isnan(got["average_precision", 1])
    assert got["macro.average_precision", None] == got["average_precision", 0] == 1
    assert named(measures, [1, 1, 0])["nll", None] == pytest.approx(-np.log(0.6) / 2)


def test_a_bin_of_twenty_rows_counts() -> None:
    """20 rows at .95, all right; 19 at .55, all wrong: the second is left out of `mce_min20`."""
    c = np.array([0.95] * 20 + [0.55] * 19)
    got = named(Measures(np.stack([c, 1 - c], axis=1), [0] * 20 + [1] * 19), np.ones(39))
    assert (got["mce", None], got["mce_min20", None]) == pytest.approx((0.55, 0.05))


def test_the_debiased_error_is_centred_in_resamples() -> None:
    """Kish's number in a resample (about n / 2) makes up for the noise that resampling adds:
    the mean over resamples is the file's own value; the plug-in ECE's lies above it."""
    p, y, _ = random_rows(600, 2, 8, digits=6)
    y = (rng_for(8, "calibrated").random(600) > p[:, 0]).astype(int)
    measures = Measures(p, y)
    rng = np.random.default_rng(1)
    draws = [
        named(measures, np.bincount(rng.integers(600, size=600), minlength=600)) for _ in range(800)
    ]
    own = named(measures, measures.weights)
    squared = np.array([one["l2_debiased_squared", None] for one in draws])
    assert abs(squared.mean() - own["l2_debiased_squared", None]) < 4 * squared.std() / 800**0.5
    ece = np.array([one["ece", None] for one in draws])
    assert ece.mean() - own["ece", None] > 4 * ece.std() / 800**0.5


def test_torch_stays_out() -> None:
    """Metrics need no torch, and no scikit-learn."""
    from subprocess import run

    code = (
        "import sys, abkit.pipeline.evaluating, abkit.render.evaluated; "
        "sys.exit(bool({'torch', 'sklearn', 'tokenizers', 'simpy', 'duckdb'} & set(sys.modules)))"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
