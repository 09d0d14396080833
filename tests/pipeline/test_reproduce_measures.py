"""Weighted metrics: one implementation for all resamples, three others to compare with."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from abkit.model import metrics
from abkit.pipeline.reproduce_measures import Scored, bins_of, interval, measures, resamples


def scored(seed: int, n: int = 200, k: int = 3, step: float = 0.0) -> Scored:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, k)) * 2
    if step:  # ties
        logits = np.round(logits / step) * step
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Scored(p, rng.integers(0, k, n))


@pytest.mark.parametrize("k", [2, 5])
def test_unit_weights_give_the_metrics_of_the_model_package(k: int) -> None:
    one = scored(1, k=k, step=0.5)
    found = measures(one, np.ones((1, 200)), gamma=0.0)
    known = metrics.evaluate(one.probabilities, one.labels)
    assert found["accuracy"][0] == pytest.approx(known.accuracy, abs=1e-12)
    assert found["precision"][0] == pytest.approx(known.macro.precision, abs=1e-12)
    assert found["recall"][0] == pytest.approx(known.macro.recall, abs=1e-12)
    assert found["f1"][0] == pytest.approx(known.macro.f1, abs=1e-12)
    assert found["nll"][0] == pytest.approx(known.nll, abs=1e-12)
    assert found["ece"][0] == pytest.approx(known.ece, abs=1e-12)
    assert found["mce"][0] == pytest.approx(known.mce, abs=1e-12)
    assert found["objective"][0] == pytest.approx(known.nll, abs=1e-12)  # gamma 0: cross-entropy
    ap = metrics.average_precision(one.probabilities[:, 0], one.labels == 0)
    assert found["average_precision"][0] == pytest.approx(ap, abs=1e-12)


def test_weighted_values_agree_with_scikit_learn() -> None:
    one = scored(2, step=0.5)
    weights = np.random.default_rng(3).integers(0, 4, 200).astype(float)
    found = {name: v[0] for name, v in measures(one, weights[None], gamma=None).items()}
    p, y = one.probabilities, one.labels
    predicted = p.argmax(axis=1)
    macro = sk.precision_recall_fscore_support(y, predicted, average="macro", sample_weight=weights)
    assert found["accuracy"] == pytest.approx(
        sk.accuracy_score(y, predicted, sample_weight=weights)
    )
    assert (found["precision"], found["recall"], found["f1"]) == pytest.approx(macro[:3])
    assert found["nll"] == pytest.approx(sk.log_loss(y, p, sample_weight=weights))
    ap = sk.average_precision_score(y == 0, p[:, 0], sample_weight=weights)
    assert found["average_precision"] == pytest.approx(ap)
    assert "objective" not in found


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), gamma=st.sampled_from([0.0, 1.0, 5.0]))
def test_weight_two_is_a_row_written_twice(seed: int, gamma: float) -> None:
    one = scored(seed, n=30, step=1.0)
    weights = np.random.default_rng(seed).integers(0, 3, 30)
    if not weights.any():
        return
    again = Scored(np.repeat(one.probabilities, weights, 0), np.repeat(one.labels, weights))
    found = measures(one, weights[None].astype(float), gamma=gamma)
    written = measures(again, np.ones((1, int(weights.sum()))), gamma=gamma)
    for name, values in found.items():
        assert values[0] == pytest.approx(written[name][0], abs=1e-12), name


def test_objective_is_the_focal_loss() -> None:
    one = Scored(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]))
    found = measures(one, np.ones((1, 2)), gamma=2.0)
    by_hand = (0.1**2 * -np.log(0.9) + 0.7**2 * -np.log(0.3)) / 2
    assert found["objective"][0] == pytest.approx(by_hand, rel=1e-12)


def test_a_probability_of_zero_stays_finite() -> None:
    one = Scored(np.array([[1.0, 0.0]]), np.array([1]))
    assert 700 < measures(one, np.ones((1, 1)), gamma=1.0)["nll"][0] < 750


def test_bins_are_right_closed_with_exact_edges() -> None:
    # linspace would put .3 and .6 into the bin above: .30000000000000004
    assert bins_of(np.array([0.0, 0.1, 0.3, 0.6, 0.7, 0.70001, 1.0])).tolist() == [
        0, 0, 2, 5, 6, 7, 9
    ]  # fmt: skip


def test_resamples_repeat_and_draw_n_rows() -> None:
    drawn = resamples(50, 20, "a", seed=1)
    assert drawn.shape == (21, 50)
    assert (drawn[0] == 1).all()
    assert (drawn.sum(axis=1) == 50).all()
    assert np.array_equal(drawn, resamples(50, 20, "a", seed=1))
    assert not np.array_equal(drawn, resamples(50, 20, "b", seed=1))


def test_interval_of_an_accuracy_is_near_its_standard_error() -> None:
    y = np.repeat([0, 1], [300, 700])
    p = np.tile([0.2, 0.8], (1_000, 1))
    found = measures(Scored(p, y), resamples(1_000, 4_000, "x", seed=2), gamma=None)
    one = interval(found["accuracy"], confidence_level=0.95)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1_000)
    assert one.estimate == 0.7
    assert one.ci_lower == pytest.approx(0.7 - half, abs=0.003)
    assert one.ci_upper == pytest.approx(0.7 + half, abs=0.003)
