"""Kaplan and Meier's estimate against published values, statsmodels and its laws."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from abkit.analysis.kaplan_meier import MINUTES, repeated_share

# weeks to the relapse of 21 children under 6-mercaptopurine, or until they were last seen:
# Freireich et al. (1963), Blood 21, 699-716
EVENTS = (6, 6, 6, 7, 10, 13, 16, 22, 23)
CUT_OFF = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)


def cells(times: Iterable[int], events: Iterable[bool]) -> list[tuple[int, int, int]]:
    """Count events and cut-offs per minute."""
    counts = Counter(zip(times, events, strict=True))
    return [(t, counts[t, True], counts[t, False]) for t in sorted({t for t, _ in counts})]


@pytest.mark.parametrize(
    ("week", "survival"),
    [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)],
)
def test_published_survival(week: int, survival: float) -> None:
    """The curve as printed in Kleinbaum and Klein (2012), Survival Analysis, 3rd ed., chapter 2."""
    minutes = [(t, 1, 0) for t in EVENTS if t <= week] + [(t, 0, 1) for t in CUT_OFF if t <= week]
    share = repeated_share(minutes, 21 - len(minutes), last=week)
    assert share is not None
    assert 1 - share == pytest.approx(survival, abs=5e-4)


def test_it_equals_statsmodels() -> None:
    rng = np.random.default_rng(1)
    for n in (5, 50, 2000):
        repeat, end = rng.integers(1, 2500, n), rng.integers(1, 4000, n)
        time = np.minimum(np.minimum(repeat, end), MINUTES + 1)
        event = (repeat <= end) & (repeat <= MINUTES)
        inside = time <= MINUTES
        theirs = SurvfuncRight(time, event)
        survival = np.r_[1.0, theirs.surv_prob][
            np.searchsorted(theirs.surv_times, MINUTES, "right")
        ]
        found = repeated_share(cells(time[inside], event[inside]), int((~inside).sum()))
        assert found == pytest.approx(1 - survival)


minutes = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8
)


@given(minutes=minutes, followed=st.integers(0, 50))
def test_it_is_the_plain_share_when_nothing_is_cut_off(
    minutes: list[tuple[int, int, int]], followed: int
) -> None:
    events = sum(count for _, count, _ in minutes)
    found = repeated_share([(t, count, 0) for t, count, _ in minutes], followed)
    if events + followed == 0:
        assert found is None
    else:
        assert found == pytest.approx(events / (events + followed))


@given(minutes=minutes, followed=st.integers(1, 50), data=st.data())
def test_order_does_not_matter_and_the_share_lies_between_its_extremes(
    minutes: list[tuple[int, int, int]], followed: int, data: st.DataObject
) -> None:
    """Were nobody cut off repeated, or everybody."""
    found = repeated_share(minutes, followed)
    assert repeated_share(data.draw(st.permutations(minutes)), followed) == found
    events, cut_off = (sum(cell[i] for cell in minutes) for i in (1, 2))
    total = events + cut_off + followed
    assert found is not None
    assert events / total - 1e-12 <= found <= (events + cut_off) / total + 1e-12


def test_events_come_before_cut_offs_of_the_same_minute() -> None:
    assert repeated_share([(5, 1, 1)], 2) == 0.25
    assert repeated_share([(5, 0, 1), (5, 1, 0)], 2) == 0.25
    assert repeated_share([(5, 0, 1), (6, 1, 0)], 2) == pytest.approx(1 / 3)


def test_what_is_not_known_is_none() -> None:
    assert repeated_share([], 0) is None
    assert repeated_share([(3, 0, 0)], 0) is None
    assert repeated_share([(3, 1, 2)], 0) is None  # nobody was followed beyond minute 3
    assert repeated_share([(3, 1, 2), (MINUTES, 0, 0)], 0) is None
    assert repeated_share([(3, 1, 2), (MINUTES, 0, 1)], 0) == pytest.approx(1 / 4)
    assert repeated_share([(3, 1, 2), (9, 1, 0)], 0) == 1
    assert repeated_share([], 7) == 0
