"""Speed of `abkit evaluate` beside a loop of scikit-learn, and netcal's own number."""

import time
import warnings

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

from abkit.core.evaluated import Conventions
from abkit.core.rng import rng_for
from abkit.model.bootstrap import resampled_counts
from abkit.model.reliability import reliability
from abkit.pipeline.measured_rows import evaluate_scores
from abkit.pipeline.score_files import ScoreFile

pytestmark = pytest.mark.benchmark
N, RESAMPLES, PEER_RESAMPLES = 100_000, 1000, 10


def calibrated(n: int) -> ScoreFile:
    rng = rng_for(0, "benchmark scores")
    p = rng.random(n)
    return ScoreFile(
        class_names=("a", "b"), labels=(rng.random(n) > p).astype(np.int64),
        probabilities=np.stack([p, 1 - p], axis=1), weights=None, groups=None, notes=(),
    )  # fmt: skip


def test_evaluate_beside_a_loop_of_scikit_learn() -> None:
    """All 17 metrics, 1,000 resamples, against three metrics of scikit-learn's per resample."""
    scores = calibrated(N)
    conventions = Conventions(
        n_bins=10, edges="right", calibration_of="top-label", positive=None, weight=None,
        confidence_level=0.95, resamples=RESAMPLES, seed=0,
    )  # fmt: skip
    started = time.perf_counter()
    evaluate_scores(scores, conventions, source="benchmark")
    ours = time.perf_counter() - started
    started = time.perf_counter()
    for count in resampled_counts(N, PEER_RESAMPLES, seed=0):
        y, p = scores.labels == 0, scores.probabilities[:, 0]
        average_precision_score(y, p, sample_weight=count)
        brier_score_loss(y, p, sample_weight=count)
        log_loss(y, p, sample_weight=count)
    theirs = (time.perf_counter() - started) * RESAMPLES / PEER_RESAMPLES
    print(
        f"\n{N:,} rows, {RESAMPLES:,} resamples: abkit {ours:.1f} s for 17 metrics; scikit-learn "
        f"{theirs:.0f} s for 3 (of {PEER_RESAMPLES} resamples): {theirs / ours:.1f} times as long"
    )
    assert theirs > 2 * ours


def test_netcal_itself() -> None:
    """The real package gives what tests/model/test_metric_peers.py says that its rule gives."""
    with warnings.catch_warnings():  # of what it imports
        warnings.simplefilter("ignore")
        from netcal.metrics import ECE
    p = np.array([1.0, 0.95, 0.9, 0.6, 0.55, 0.3, 0.0])
    y = np.array([0, 1, 1, 1, 0, 0, 0])
    assert ECE(bins=10).measure(p, y) == pytest.approx((0.85 + 0.15 + 0.3) / 7)
    scores = calibrated(1000)
    left = reliability(
        scores.probabilities, scores.labels, edges="left", calibration_of="positive", positive=0
    )
    theirs = ECE(bins=10).measure(scores.probabilities[:, 0], (scores.labels == 0).astype(int))
    assert theirs == pytest.approx(left.ece)
