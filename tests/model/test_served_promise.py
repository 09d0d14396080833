"""A promise at an estimated share, with and without the estimate's error: how often it breaks."""

import numpy as np
import pytest
from scipy import special

from abkit.core.rng import rng_for
from abkit.model.certified_thresholds import certify_precision
from abkit.model.prior_shift import estimate_prior, moved
from abkit.model.served_share import share_by_means

DRAWS, TARGET, LABELLED, SERVED = 400, 0.8, 0.3, 0.15


def draw(n: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds calibrated at a share of .3, and whether each row is positive."""
    y = rng.random(n) < share
    return 2.4 * (rng.normal(size=n) + 2.4 * y) - 2.88 + special.logit(0.3), y


def break_even() -> float:
    """The log-odds from which on precision is the target at the served share, by a large draw."""
    x, y = draw(2_000_000, SERVED, rng_for(0, "truth"))
    order = np.argsort(-x)
    precision = np.cumsum(y[order]) / np.arange(1, len(y) + 1)
    return float(x[order][np.flatnonzero(precision > TARGET)[-1]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_labelled", "n_served", "slope"),
    [(1_000, 4_000, 1.0), (1_000, 300, 1.0), (1_000, 300, 2.0), (3_000, 100, 1.0),
     (20_000, 300, 1.0)],
)  # fmt: skip
def test_the_promise_carries_the_error_of_the_estimate(n_labelled, n_served, slope) -> None:
    """A slope of 2 makes the scores far too sure: no calibration is asked for."""
    edge, rng = break_even(), rng_for(1, "served promise")
    broken, found = np.zeros(2), np.zeros(2)
    for _ in range(DRAWS):
        (x, y), (u, _) = draw(n_labelled, LABELLED, rng), draw(n_served, SERVED, rng)
        p, q, g = special.expit(slope * x), special.expit(slope * u), float(y.mean())
        point = estimate_prior(np.column_stack([q, 1 - q]), [g, 1 - g]).prior[0]
        lower = share_by_means(q, p, y, confidence=0.975).lower
        for i, (share, confidence) in enumerate(((point, 0.95), (lower, 0.975))):
            if not share or share == 1:
                continue
            aim = moved(TARGET, share, g)
            at = certify_precision(p, y, target=aim, confidence=confidence).threshold
            if at is not None:
                found[i] += 1
                broken[i] += special.logit(at) / slope < edge
    shares = " | ".join(f"{100 * v / DRAWS:.1f} %" for v in (broken[0], broken[1], *found))
    print(f"| {n_labelled:,} | {n_served:,} | {'no' if slope > 1 else 'yes'} | {shares} |")
    assert broken[1] / DRAWS <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / DRAWS)
    assert found[1] / DRAWS > 0.4
