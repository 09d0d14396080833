"""One vector, several answers: how the peers' numbers differ from ours, and why.

Seven rows of P(y = 1), ten bins, and the gap outcome - probability added up by bin:

    p    1.0   .95   .9   .6   .55   .3   0
    y     0     1     1    1    0     0   0

- abkit, right-closed: {1.0, .95} {.9} {.6, .55} {.3} {0}: (.95 + .1 + .15 + .3) / 7.
- abkit, left-closed: {1.0, .95, .9} {.6} {.55} {.3} {0}: (.85 + .4 + .55 + .3) / 7.
- scikit-learn's `calibration_curve` is right-closed, too: the same bins (it prints no ECE).
- netcal: left-closed with numpy's linspace, whose .6000000000000001 puts .6 into [.5, .6):
  {1.0, .95, .9} {.6, .55} {.3} {0}: (.85 + .15 + .3) / 7.
- torchmetrics: left-closed, and 1.0 has a hidden bin of its own:
  {1.0} {.95, .9} {.6} {.55} {.3} {0}: (1 + .15 + .4 + .55 + .3) / 7.
"""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import (
    binary_average_precision,
    binary_calibration_error,
    multiclass_calibration_error,
    multiclass_f1_score,
)

from abkit.core.rng import rng_for
from abkit.model.metrics import average_precision, brier, macro_scores, nll
from abkit.model.reliability import reliability

P = np.array([1.0, 0.95, 0.9, 0.6, 0.55, 0.3, 0.0])
Y = np.array([0, 1, 1, 1, 0, 0, 0])
PAIRS = np.stack([1 - P, P], axis=1)


def ours(edges: str) -> float:
    return reliability(PAIRS, Y, edges=edges, calibration_of="positive", positive=1).ece


def test_ours() -> None:
    assert ours("right") == pytest.approx((0.95 + 0.1 + 0.15 + 0.3) / 7)
    assert ours("left") == pytest.approx((0.85 + 0.4 + 0.55 + 0.3) / 7)


def test_scikit_learn_is_right_closed() -> None:
    share, mean = calibration_curve(Y, P, n_bins=10)
    rows = np.array([1, 1, 2, 1, 2])  # 0, .3, {.55, .6}, .9, {.95, 1.0}
    assert np.sum(rows * np.abs(share - mean)) / 7 == pytest.approx(ours("right"))


def netcal_ece(p, y, n_bins: int) -> float:
    """netcal 1.4.0, metrics/Miscalibration.py: `np.histogramdd` over `np.linspace` bounds."""
    bounds = [np.linspace(0.0, 1.0, n_bins + 1)]
    gaps = np.histogramdd(p[:, None], bins=bounds, weights=y - p)[0]
    return float(np.abs(gaps).sum() / len(p))


def test_netcal_loses_its_left_edge_to_rounding() -> None:
    assert np.linspace(0.0, 1.0, 11)[6] > 0.6
    assert netcal_ece(P, Y, 10) == pytest.approx((0.85 + 0.15 + 0.3) / 7)
    rng = rng_for(0, "peers")
    p, y = rng.random(500), rng.integers(2, size=500)  # no value on an edge: the same number
    both = np.stack([1 - p, p], axis=1)
    left = reliability(both, y, edges="left", calibration_of="positive", positive=1).ece
    assert netcal_ece(p, y, 10) == pytest.approx(left)


def test_torchmetrics_has_a_hidden_bin_for_one() -> None:
    p, y = torch.from_numpy(P), torch.from_numpy(Y)
    assert float(binary_calibration_error(p, y, n_bins=10)) == pytest.approx(
        (1 + 0.15 + 0.4 + 0.55 + 0.3) / 7
    )
    inner = P < 1
    left = reliability(
        PAIRS[inner], Y[inner], edges="left", calibration_of="positive", positive=1
    ).ece
    got = binary_calibration_error(
        p[torch.from_numpy(inner)], y[torch.from_numpy(inner)], n_bins=10
    )
    assert float(got) == pytest.approx(left)


def test_torchmetrics_means_two_things() -> None:
    """One column is P(y = 1), though documented as top-label; two columns are the top label."""
    rng = rng_for(1, "peers")
    p = rng.random(400)
    y = (rng.random(400) < p**2).astype(int)
    both = np.stack([1 - p, p], axis=1)
    one = binary_calibration_error(torch.from_numpy(p), torch.from_numpy(y), n_bins=10)
    two = multiclass_calibration_error(
        torch.from_numpy(both), torch.from_numpy(y), num_classes=2, n_bins=10
    )
    positive = reliability(both, y, edges="left", calibration_of="positive", positive=1).ece
    top = reliability(both, y, edges="left").ece
    assert float(one) == pytest.approx(positive)
    assert float(two) == pytest.approx(top, abs=1e-6)  # it computes in float32
    assert abs(positive - top) > 0.01


def netcal_mce(p, y, n_bins: int) -> float:
    """netcal 1.4.0's MCE: the largest gap of a bin, bins as above."""
    bounds = [np.linspace(0.0, 1.0, n_bins + 1)]
    rows = np.histogramdd(p[:, None], bins=bounds)[0]
    gaps = np.histogramdd(p[:, None], bins=bounds, weights=y - p)[0]
    return float(np.max(np.abs(gaps[rows > 0]) / rows[rows > 0]))


def test_mce_differs_by_the_same_ends() -> None:
    """The gap of 1.0 (a miss) and .95 (a hit): .475 together, 1 where 1.0 has its own bin; .55
    where .55 stands alone; .3 where it does not."""
    top = {e: reliability(PAIRS, Y, edges=e, calibration_of="positive", positive=1).mce
           for e in ("right", "left")}  # fmt: skip
    assert (top["right"], top["left"]) == pytest.approx((0.475, 0.55))
    got = binary_calibration_error(torch.from_numpy(P), torch.from_numpy(Y), n_bins=10, norm="max")
    assert float(got) == pytest.approx(1)
    assert netcal_mce(P, Y, 10) == pytest.approx(0.3)


def test_torchmetrics_takes_fifteen_bins_unless_told() -> None:
    rng = rng_for(2, "peers")
    p = rng.random(300)
    y = (rng.random(300) < p).astype(int)
    both = np.stack([1 - p, p], axis=1)
    got = float(binary_calibration_error(torch.from_numpy(p), torch.from_numpy(y)))
    ours_15, ours_10 = (
        reliability(both, y, n_bins=n, edges="left", calibration_of="positive", positive=1).ece
        for n in (15, 10)
    )
    assert got == pytest.approx(ours_15)
    assert abs(ours_15 - ours_10) > 1e-3


def test_scikit_learn_halves_brier_of_two_classes() -> None:
    assert brier(PAIRS, Y) == pytest.approx(2 * sk.brier_score_loss(Y, P))
    three = np.array([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.2, 0.2, 0.6]])
    assert brier(three, [0, 1, 0]) == pytest.approx(
        sk.brier_score_loss([0, 1, 0], three, labels=range(3))
    )


def test_scikit_learn_clips_what_is_impossible() -> None:
    """A label of probability 0: infinite here, -log(2^-52) / 7 of it there."""
    assert nll(PAIRS, Y) == np.inf
    rest = -np.log([0.95, 0.9, 0.6, 0.45, 0.7, 1.0]).sum()
    assert sk.log_loss(Y, P) == pytest.approx((52 * np.log(2) + rest) / 7)


def test_average_precision_agrees_and_the_trapezoid_does_not() -> None:
    got = binary_average_precision(torch.from_numpy(P), torch.from_numpy(Y))
    assert float(got) == pytest.approx(average_precision(P, Y))
    assert sk.average_precision_score(Y, P) == pytest.approx(average_precision(P, Y))
    precision, recall, _ = sk.precision_recall_curve(Y, P)
    assert average_precision(P, Y) == pytest.approx(23 / 36)
    assert sk.auc(recall, precision) == pytest.approx(18.5 / 36)


def test_an_absent_class_is_left_out_by_others() -> None:
    """No row is, and none is called, the third class: 0 here, left out of the mean there. And F1
    of mean precision and mean recall is a third number."""
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    y = np.array([0, 1, 1, 1])
    ours = macro_scores(p, y)
    theirs = sk.f1_score(y, p.argmax(axis=1), average="macro")
    torchs = multiclass_f1_score(torch.from_numpy(p), torch.from_numpy(y), num_classes=3,
                                 average="macro")  # fmt: skip
    assert theirs == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert float(torchs) == pytest.approx(theirs)
    assert ours.f1 == pytest.approx(theirs * 2 / 3)
    assert sk.f1_score(
        y, p.argmax(axis=1), labels=range(3), average="macro", zero_division=0
    ) == pytest.approx(ours.f1)
    harmonic = 2 * ours.precision * ours.recall / (ours.precision + ours.recall)
    assert abs(harmonic - ours.f1) > 0.03
