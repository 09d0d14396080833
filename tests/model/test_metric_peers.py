"""One vector, four answers: how the peers' ECE differs from ours, and why.

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
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import (
    binary_average_precision,
    binary_calibration_error,
    multiclass_calibration_error,
)

from abkit.core.rng import rng_for
from abkit.model.metrics import average_precision
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


def test_average_precision_agrees() -> None:
    got = binary_average_precision(torch.from_numpy(P), torch.from_numpy(Y))
    assert float(got) == pytest.approx(average_precision(P, Y))
