"""Worst-case bounds of PRR against every way the silent customers could have answered."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.analysis.response_bounds import Answers, worst_case_difference, worst_case_rate


def completions(arm: Answers) -> list[float]:
    """Return the arm's rate for each way its silent customers could have answered."""
    positive, responses, offers = arm
    return [
        (positive + sum(answers)) / offers
        for answers in itertools.product((0, 1), repeat=offers - responses)
    ]


@pytest.mark.parametrize("control", [(0, 0, 3), (1, 2, 4), (2, 2, 2), (3, 5, 9)])
@pytest.mark.parametrize("treatment", [(0, 1, 1), (2, 3, 5), (0, 0, 4)])
def test_bounds_are_the_extremes_of_all_completions(control: Answers, treatment: Answers) -> None:
    rates = {arm: completions(arm) for arm in (control, treatment)}
    for arm, found in rates.items():
        assert worst_case_rate(arm) == (min(found), max(found))
    differences = [b - a for a in rates[control] for b in rates[treatment]]
    assert worst_case_difference(control, treatment) == (min(differences), max(differences))


counts = st.integers(0, 40)
arms = st.tuples(counts, counts, counts).map(lambda c: (c[0], c[0] + c[1], sum(c)))


@given(control=arms, treatment=arms)
def test_laws(control: Answers, treatment: Answers) -> None:
    """Inside [-1, 1]; mirrored by a swap; as wide as both silent shares; the plain one inside."""
    found = worst_case_difference(control, treatment)
    if not (control[2] and treatment[2]):
        assert found is None
        return
    assert found is not None
    lower, upper = found
    assert -1 <= lower <= upper <= 1
    assert worst_case_difference(treatment, control) == (-upper, -lower)
    silent = [1 - responses / offers for _, responses, offers in (control, treatment)]
    assert upper - lower == pytest.approx(sum(silent), abs=1e-12)
    if control[1] and treatment[1]:
        plain = treatment[0] / treatment[1] - control[0] / control[1]
        assert lower - 1e-12 <= plain <= upper + 1e-12


@given(control=arms, treatment=arms)
def test_without_silence_the_bounds_are_the_difference(
    control: Answers, treatment: Answers
) -> None:
    (x0, n0, _), (x1, n1, _) = control, treatment
    if n0 and n1:
        plain = x1 / n1 - x0 / n0
        assert worst_case_difference((x0, n0, n0), (x1, n1, n1)) == (plain, plain)
    assert worst_case_rate((0, 0, 0)) is None
