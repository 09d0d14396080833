"""What a paired difference over seeds is called: four words and their borders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.measured import MARGIN, Interval, Measured


def difference(*seeds: float, low: float, high: float) -> Measured:
    """Seeds with these estimates; the interval of their mean."""
    one = [Interval(estimate=s, ci_lower=s - 1, ci_upper=s + 1) for s in seeds]
    mean = Interval(estimate=sum(seeds) / len(seeds), ci_lower=low, ci_upper=high)
    return Measured(by_seed=tuple(one), mean=mean)


@pytest.mark.parametrize(
    ("seeds", "low", "high", "side"),
    [
        ((-0.10, -0.02), -0.09, -0.03, "lower"),
        ((0.10, 0.02), 0.03, 0.09, "higher"),
        ((-0.10, 0.01), -0.07, -0.03, "undecided"),  # the seeds disagree
        ((-0.10, -0.02), -0.13, 0.001, "undecided"),  # the interval holds 0
        ((-0.010, -0.005), -0.015, -0.001, "tie"),  # no difference in practice, though not 0
        ((-0.010, 0.010), -MARGIN, MARGIN, "tie"),  # the border belongs to the tie
        ((-0.010, 0.010), -0.015, MARGIN + 1e-9, "undecided"),
        ((-0.001, 0.021), 0.005, 0.015, "undecided"),  # a seed lies beyond the margin
        ((0.0, 0.0), 0.0, 0.0, "tie"),
    ],
)
def test_a_difference_needs_the_interval_and_every_seed(
    seeds: tuple[float, ...], low: float, high: float, side: str
) -> None:
    assert difference(*seeds, low=low, high=high).side == side


def test_better_is_lower_for_errors_and_higher_for_the_rest() -> None:
    lower = difference(-0.1, -0.2, low=-0.2, high=-0.1)
    assert [lower.verdict(name) for name in ("ece", "mce", "nll", "accuracy", "f1")] == [
        "better", "better", "better", "worse", "worse"
    ]  # fmt: skip
    assert difference(0.0, low=0.0, high=0.0).verdict("ece") == "tie"


numbers = st.floats(-0.5, 0.5)


@given(seeds=st.lists(numbers, min_size=1, max_size=4), bounds=st.tuples(numbers, numbers))
def test_the_other_way_round_it_is_the_opposite(
    seeds: list[float], bounds: tuple[float, float]
) -> None:
    low, high = sorted(bounds)
    ours = difference(*seeds, low=low, high=high).side
    theirs = difference(*(-s for s in seeds), low=-high, high=-low).side
    opposite = {"lower": "higher", "higher": "lower"}
    assert theirs == opposite.get(ours, ours)
