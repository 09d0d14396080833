"""Metrics against scikit-learn, hand-worked values and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as sk

from abkit.core.errors import DataError
from abkit.core.rng import rng_for
from abkit.model import metrics

HAND = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
HAND_Y = np.array([0, 1, 1, 1])


def random_predictions(n: int, k: int, seed: int):
    rng = rng_for(seed, "metrics test")
    return softmax(2 * rng.normal(size=(n, k)), axis=1), rng.integers(0, k, size=n)


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_against_scikit_learn(k: int, seed: int) -> None:
    p, y = random_predictions(300, k, seed)
    predicted = p.argmax(axis=1)
    prf = sk.precision_recall_fscore_support(y, predicted, average="macro", zero_division=0)
    macro = metrics.macro_scores(p, y)
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx(prf[:3])
    assert metrics.accuracy(p, y) == pytest.approx(sk.accuracy_score(y, predicted))
    assert metrics.nll(p, y) == pytest.approx(sk.log_loss(y, p))
    both = sk.brier_score_loss(y, p, labels=range(k), scale_by_half=False)
    assert metrics.brier(p, y) == pytest.approx(both)
    s = np.round(p[:, 0], 1)  # many ties
    assert metrics.average_precision(s, y == 0) == pytest.approx(
        sk.average_precision_score(y == 0, s)
    )
    got = metrics.precision_recall_at(s, y == 0, 0.4)
    want = sk.precision_recall_fscore_support(y == 0, s >= 0.4, average="binary", zero_division=0)
    assert got == pytest.approx(want[:2])


def test_hand_worked() -> None:
    """Predictions 0, 0, 1, 0 (a tie goes to the first class) against 0, 1, 1, 1."""
    assert metrics.accuracy(HAND, HAND_Y) == 0.5
    macro = metrics.macro_scores(HAND, HAND_Y)
    assert (macro.precision, macro.recall) == pytest.approx(((1 / 3 + 1) / 2, (1 + 1 / 3) / 2))
    assert macro.f1 == pytest.approx((2 / 4 + 2 / 4) / 2)
    assert metrics.nll(HAND, HAND_Y) == pytest.approx(
        -(math.log(0.9) + math.log(0.2) + math.log(0.6) + math.log(0.5)) / 4
    )
    assert metrics.brier(HAND, HAND_Y) == pytest.approx(2 * (0.01 + 0.64 + 0.16 + 0.25) / 4)


def test_published_by_scikit_learn() -> None:
    """The examples in scikit-learn 1.9.1's reference, to the digits that are printed there."""
    spam = np.array([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]])  # ham, spam
    assert metrics.nll(spam, [1, 0, 0, 1]) == pytest.approx(0.21616, abs=5e-6)
    one = np.array([0.1, 0.9, 0.8, 0.3])
    assert metrics.brier(np.stack([1 - one, one], axis=1), [0, 1, 1, 0]) == pytest.approx(0.075)
    eggs_ham_spam = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]])
    assert metrics.brier(eggs_ham_spam, [0, 1, 2]) == pytest.approx(0.146, abs=7e-4)  # .1467, cut
    found = metrics.average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    assert found == pytest.approx(0.83, abs=5e-3)
    cat_dog_pig = np.eye(3)[[0, 2, 1, 0, 0, 1]]  # predicted
    macro = metrics.macro_scores(cat_dog_pig, [0, 1, 2, 0, 1, 2])
    published = (0.222, 0.333, 0.267)
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx(published, abs=5e-4)
    assert metrics.accuracy(cat_dog_pig, [0, 1, 2, 0, 1, 2]) == pytest.approx(2 / 6)


def test_a_class_nobody_has_or_predicts_counts_as_zero() -> None:
    """Macro over all three classes, 0/0 = 0."""
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    macro = metrics.macro_scores(p, [0, 1])
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx((2 / 3,) * 3)


def test_average_precision_by_hand() -> None:
    """Ranks + - + -: (1/1 + 2/3) / 2. No positives: 0. All tied: the prevalence."""
    assert metrics.average_precision([4, 3, 2, 1], [1, 0, 1, 0]) == pytest.approx(5 / 6)
    assert metrics.average_precision([4, 3], [0, 0]) == 0
    assert metrics.average_precision([1, 1, 1, 1], [1, 0, 0, 0]) == 0.25


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=40))
def test_an_increasing_map_keeps_average_precision(rows) -> None:
    s, y = map(np.array, zip(*rows, strict=True))
    assert metrics.average_precision(np.exp(s / 3.0), y) == metrics.average_precision(s, y)


def test_certain_and_wrong_is_infinite() -> None:
    assert metrics.nll([[1.0, 0.0]], [1]) == math.inf
    assert metrics.nll([[1.0, 0.0]], [0]) == 0


def test_nothing_flagged_is_zero() -> None:
    assert metrics.precision_recall_at([0.1, 0.2], [1, 0], 0.5) == (0, 0)
    assert metrics.precision_recall_at([0.1, 0.5], [0, 1], 0.5) == (1, 1)  # >= flags


def test_evaluation_holds_what_the_functions_return() -> None:
    p, y = random_predictions(200, 3, 5)
    got = metrics.evaluate(p, y)
    assert (got.n, got.accuracy, got.nll) == (200, metrics.accuracy(p, y), metrics.nll(p, y))
    plain = got.to_dict()
    assert set(plain) >= {"n", "accuracy", "macro", "nll", "brier", "ece", "mce", "mce_min20"}
    assert set(plain["bins"][0]) >= {"lower", "upper", "n", "accuracy", "confidence"}


@pytest.mark.parametrize(
    ("p", "y", "fact"),
    [
        ([[0.5, 0.5]], [2], "labels run from 2 to 2"),
        ([[0.5, 0.5]], [-1], "labels run"),
        ([[0.5, 0.5]], [0.5], "labels"),
        ([[0.5, 0.52]], [0], "row 0 sums to 1.0200"),
        ([[0.5, 0.5], [1.2, -0.2]], [0, 0], "row 1 has a probability outside"),
        ([[np.nan, 0.5]], [0], "row 0 has a probability outside"),
        ([[1.0]], [0], "shape"),
        (np.zeros((0, 2)), [], "shape"),
        ([[0.5, 0.5]], [0, 1], "shape"),
    ],
)
def test_refused(p, y, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        metrics.evaluate(p, y)
    metrics.evaluate([[0.5, 0.509]], [0])  # within 0.01


@pytest.mark.parametrize(
    ("s", "y", "fact"),
    [
        ([], [], "shape"),
        ([0.1], [0, 1], "shape"),
        ([np.inf], [0], "not finite"),
        ([0.1], [2], "other values"),
    ],
)
def test_scores_refused(s, y, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        metrics.average_precision(s, y)
