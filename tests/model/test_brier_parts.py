"""The Brier score in parts: Murphy's own case, a hand-worked table, and that it adds up."""

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.core.evaluated import BrierParts
from abkit.core.rng import rng_for
from abkit.model.brier_parts import brier_parts
from abkit.model.metrics import brier


def added(parts: BrierParts) -> float:
    return (
        parts.reliability - parts.resolution + parts.uncertainty
        + parts.within_bin_variance - parts.within_bin_covariance
    )  # fmt: skip


def pairs(column):
    column = np.asarray(column, dtype=float)
    return np.stack([column, 1 - column], axis=1)


def test_murphys_three_terms() -> None:
    """One probability per bin: .2 (1 of 4 came true) and .8 (3 of 4); base rate 1/2. Twice, since
    two classes are summed: reliability .05^2, resolution .25^2, uncertainty .25."""
    p, y = pairs([0.2] * 4 + [0.8] * 4), [0, 1, 1, 1, 0, 0, 0, 1]
    parts = brier_parts(p, y)
    assert parts.reliability == pytest.approx(2 * 0.05**2)
    assert parts.resolution == pytest.approx(2 * 0.25**2)
    assert parts.uncertainty == pytest.approx(2 * 0.25)
    assert (parts.within_bin_variance, parts.within_bin_covariance) == pytest.approx((0, 0))


def test_within_bins_by_hand() -> None:
    """One bin, .6 came true and .4 did not: Stephenson et al.'s two terms carry what Murphy's
    three leave out: 0 - 0 + .25 + .01 - 2 (.1)(.5) = .16 = (.4^2 + .4^2) / 2, per class."""
    parts = brier_parts(pairs([0.6, 0.4]), [0, 1], n_bins=1)
    assert (parts.reliability, parts.resolution) == pytest.approx((0, 0))
    assert parts.within_bin_variance == pytest.approx(2 * 0.01)
    assert parts.within_bin_covariance == pytest.approx(2 * 0.1)
    assert added(parts) == pytest.approx(0.32)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(1, 3)), min_size=1),
    st.integers(1, 12),
    st.sampled_from(["right", "left"]),
)
def test_it_adds_up_exactly(rows, n_bins: int, edges: str) -> None:
    c, y, w = map(np.array, zip(*rows, strict=True))
    p, y = pairs(c / 20), y.astype(int)
    parts = brier_parts(p, y, n_bins=n_bins, edges=edges, weights=w)
    assert added(parts) == pytest.approx(brier(p, y, w), abs=1e-12)
    copies = brier_parts(np.repeat(p, w, axis=0), np.repeat(y, w), n_bins=n_bins, edges=edges)
    assert copies.resolution == pytest.approx(parts.resolution, abs=1e-12)
    assert copies.within_bin_covariance == pytest.approx(parts.within_bin_covariance, abs=1e-12)


def test_against_group_by() -> None:
    """The five parts by pandas, bin by bin as `cut` makes them: another implementation."""
    rng = rng_for(4, "brier")
    p = rng.dirichlet([1, 1, 1], size=500)
    y, parts = rng.integers(0, 3, size=500), np.zeros(5)
    for c in range(3):
        table = pd.DataFrame({"p": p[:, c], "y": (y == c).astype(float)})
        bins = table.groupby(pd.cut(table["p"], np.arange(11) / 10, include_lowest=True),
                             observed=True)  # fmt: skip
        mean, rows = bins.mean(), bins.size()
        within = table - bins.transform("mean")
        parts += [
            ((mean["p"] - mean["y"]) ** 2 * rows).sum() / 500,
            ((mean["y"] - table["y"].mean()) ** 2 * rows).sum() / 500,
            table["y"].var(ddof=0),
            (within["p"] ** 2).mean(),
            2 * (within["p"] * within["y"]).mean(),
        ]
    assert astuple(brier_parts(p, y)) == pytest.approx(tuple(parts))


def test_five_classes_add_up() -> None:
    rng = rng_for(0, "brier parts")
    p, y = rng.dirichlet(np.ones(5), size=700), rng.integers(5, size=700)
    assert added(brier_parts(p, y)) == pytest.approx(brier(p, y), abs=1e-14)


def test_a_calibrated_model_is_reliable() -> None:
    """A million rows: reliability goes to 0, resolution to the variance of the bins' means."""
    rng = rng_for(1, "brier parts")
    c = rng.random(1_000_000)
    parts = brier_parts(pairs(c), (rng.random(c.size) > c).astype(int))
    assert parts.reliability < 1e-4
    assert parts.resolution == pytest.approx(2 * (1 / 12 - 1 / 1200), abs=2e-3)


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="`edges` is `up`"):
        brier_parts(pairs([0.5]), [0], edges="up")
    with pytest.raises(ConfigError, match="`n_bins` is 0"):
        brier_parts(pairs([0.5]), [0], n_bins=0)
