"""The words for a difference between variants."""

import pytest

from abkit.core.measured import Interval
from abkit.core.whatif import Difference


def made(*estimates: float, half: float, margin: float = 0.002) -> Difference:
    intervals = [
        Interval(estimate=one, ci_lower=one - half, ci_upper=one + half) for one in estimates
    ]
    mean = sum(estimates) / len(estimates)
    return Difference(
        by_seed=tuple(intervals),
        mean=Interval(estimate=mean, ci_lower=mean - half, ci_upper=mean + half),
        margin=margin, experiment_error=None, power=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "word", "of_repeats"),
    [
        (made(0.0, half=0.0), "tie", "tie"),
        (made(0.001, half=0.0005), "tie", "tie"),  # shown, and of no consequence
        (made(0.001, half=0.0015), "undecided", "undecided"),
        (made(0.004, half=0.001), "better", "worse"),
        (made(-0.004, half=0.001), "worse", "better"),
        (made(0.005, -0.001, half=0.001), "undecided", "undecided"),  # trainings disagree
        (made(0.001, 0.0025, half=0.0001), "better", "worse"),
        (made(0.001, -0.001, half=0.0001), "tie", "tie"),
    ],
)
def test_verdicts(difference: Difference, word: str, of_repeats: str) -> None:
    assert difference.verdict("AR") == difference.verdict("value") == word
    assert difference.verdict("24RR") == of_repeats
