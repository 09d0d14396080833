"""Simulated annotators."""

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.annotators import annotate

IDS = [f"c{i:08d}-01" for i in range(4000)]
TRUTH = np.arange(4000) % 3 == 0


def test_error_rate_is_met() -> None:
    labels = annotate(IDS, TRUTH, error_rate=0.02, seed=1)
    errors = int((labels != TRUTH).sum())
    assert abs(errors - 80) < 4 * np.sqrt(4000 * 0.02 * 0.98)


def test_degenerate_rates() -> None:
    assert (annotate(IDS[:50], TRUTH[:50], error_rate=0, seed=1) == TRUTH[:50]).all()
    assert (annotate(IDS[:50], TRUTH[:50], error_rate=1, seed=1) != TRUTH[:50]).all()
    assert annotate([], [], seed=1).shape == (0,)


def test_order_and_company_do_not_matter() -> None:
    labels = annotate(IDS, TRUTH, error_rate=0.3, seed=5)
    some = np.random.default_rng(0).permutation(4000)[:100]
    assert (
        annotate([IDS[i] for i in some], TRUTH[some], error_rate=0.3, seed=5) == labels[some]
    ).all()


def test_other_seed_and_other_annotator_err_elsewhere() -> None:
    first = annotate(IDS, TRUTH, error_rate=0.3, seed=5) != TRUTH
    for other in (
        annotate(IDS, TRUTH, error_rate=0.3, seed=6) != TRUTH,
        annotate(IDS, TRUTH, error_rate=0.3, seed=5, annotator=1) != TRUTH,
    ):
        assert (first != other).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.03)


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"`error_rate` is 1\.2"):
        annotate(IDS[:1], TRUTH[:1], error_rate=1.2, seed=1)
    with pytest.raises(ConfigError, match="2 contacts have 1 true reasons"):
        annotate(IDS[:2], TRUTH[:1], seed=1)
