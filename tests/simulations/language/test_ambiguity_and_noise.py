"""How much a text gives away, and what the log makes of it."""

import numpy as np
import pytest

from abkit.simulations.language.ambiguity import Telling, telling_share
from abkit.simulations.language.generator import write
from abkit.simulations.language.noise import CONFUSION, code_probabilities
from abkit.simulations.language.sets import logged_history

from . import drawn


@pytest.mark.parametrize("reason", range(5))
@pytest.mark.parametrize("hardness", [0.0, 0.37, 1.0])
def test_shares_are_a_distribution(reason: int, hardness: float) -> None:
    shares = [telling_share(t, reason, hardness) for t in Telling]
    assert min(shares) >= 0
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("reason", [0, 4])
@pytest.mark.parametrize("hardness", [0.1, 0.9])
def test_texts_follow_the_shares(reason: int, hardness: float) -> None:
    """Counts are binomial: four standard deviations."""
    n = 6_000
    made = write(np.full(n, reason), np.full(n, hardness), part="served", seed=4).telling
    for telling in Telling:
        p = telling_share(telling, reason, hardness)
        assert np.mean(made == telling) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n) + 1e-9)


def test_reference_shares_of_second_and_of_no_reason() -> None:
    """Reference: a second reason in 20 to 40 % of texts, little or no reason in 15 to 40 %."""
    hardness = np.linspace(0, 1, 101)
    share = {
        t: sum(p * np.mean([telling_share(t, r, h) for h in hardness])
               for r, p in enumerate(drawn.SERVED))
        for t in Telling
    }  # fmt: skip
    second = share[Telling.BOTH] + share[Telling.HINTED] + share[Telling.BURIED]
    assert 0.20 <= second <= 0.40
    assert 0.15 <= share[Telling.EMPTY] + share[Telling.HINTED] <= 0.40


def test_harder_issues_give_away_less() -> None:
    clear = [telling_share(Telling.CLEAR, 0, h) for h in np.linspace(0, 1, 6)]
    assert (np.diff(clear) < 0).all()


def test_code_probabilities_are_distributions() -> None:
    reason, telling = np.repeat(np.arange(5), 5), np.tile(np.arange(5), 5)
    p = code_probabilities(reason, telling)
    assert p.min() >= 0
    assert p.sum(axis=1) == pytest.approx(np.ones(25))
    assert CONFUSION.sum(axis=1) == pytest.approx(np.ones(5))


def test_the_log_errs_as_measured() -> None:
    """Reference: defective is logged as defective 50 to 63 %, the rest leaks to the majority;
    2 to 5 % of the others leak back. Averaged over hardness the log shows CONFUSION."""
    log = logged_history(40_000, prior=drawn.PAPER, seed=3)
    shown = np.array(
        [np.bincount(log.logged_reason[log.reason == r], minlength=5) for r in range(5)],
        dtype=float,
    )
    shown /= shown.sum(axis=1, keepdims=True)
    assert 0.50 <= shown[0, 0] <= 0.66
    assert all(0.01 <= shown[r, 0] <= 0.05 for r in (1, 2, 3, 4))
    assert np.abs(shown - CONFUSION).max() < 0.04


def test_noise_grows_with_hardness() -> None:
    log = drawn.history()
    wrong = log.reason != log.logged_reason
    easy, hard = wrong[log.hardness < 0.2].mean(), wrong[log.hardness > 0.8].mean()
    assert hard > easy + 0.05
