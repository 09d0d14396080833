"""How many labels a promise needs: against a search by hand, and against its own claim."""

import numpy as np
import pytest
from scipy import stats

from abkit.core.rng import rng_for
from abkit.model.certified_thresholds import certify_precision, certify_recall
from abkit.model.label_needs import labels_for_precision, labels_for_recall

from .populations import two_normals


def power(q: float, m: int, target: float) -> float:
    """P(the exact test at 5 % rejects | precision q), by scipy's binomial."""
    critical = int(stats.binom.isf(0.05, m, target)) + 1
    return float(stats.binom.sf(critical - 1, m, q))


def test_one_set_against_a_search_by_hand() -> None:
    """90 of 100 rows at one score are positive: M rows of precision .9 must show more than .85."""
    s, y = np.repeat([0.9, 0.1], [100, 900]), np.arange(1000) < 90
    got = labels_for_precision(s, y, target=0.85, confidence=0.95)
    assert got is not None
    assert got.start is not None
    assert got.labels == 10 * got.start
    assert power(0.9, got.start, 0.85) >= 0.8
    by_hand = next(m for m in range(30, 2000) if power(0.9, m, 0.85) >= 0.8)
    assert by_hand <= got.start <= 1.1 * by_hand  # sizes are searched 2 % apart; power is a saw


def test_none_where_no_precision_exceeds_the_target() -> None:
    s = np.linspace(0, 1, 500)
    assert labels_for_precision(s, np.arange(500) % 2 == 0, target=0.85, confidence=0.95) is None
    assert labels_for_precision(s, np.zeros(500), target=0.85, confidence=0.95) is None
    assert labels_for_recall(500, 0, target=0.9, confidence=0.95) is None


def test_recall_needs_29_positives_for_90_per_cent() -> None:
    got = labels_for_recall(100, 10, target=0.9, confidence=0.95)
    assert got is not None
    assert (got.labels, got.start) == (290, None)
    y = np.arange(290) < 29
    assert certify_recall(np.linspace(1, 0, 290), y, target=0.9).threshold is not None


def test_draws_of_the_stated_size_mostly_certify() -> None:
    """From the whole curve, not from a noisy draw: 80 % of draws of that size certify."""
    world = two_normals(1.9, 0.24)
    s, y = world.draw(200_000, rng_for(0, "curve"))
    needs = labels_for_precision(s, y, target=0.85, confidence=0.95)
    assert needs is not None
    found = 0
    for draw in range(300):
        rows = world.draw(needs.labels, rng_for(draw, "needs"))
        found += certify_precision(*rows, start=needs.start).threshold is not None
    assert found / 300 == pytest.approx(0.8, abs=0.12)
