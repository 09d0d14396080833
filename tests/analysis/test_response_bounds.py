"""Worst-case bounds of PRR against every way the silent customers could have answered."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.analysis.response_bounds import Answers, worst_case


def arm(positive: int, responses: int, offers: int) -> Answers:
    return Answers(positive=positive, responses=responses, offers=offers)


def completions(answers: Answers) -> list[float]:
    """Return the arm's rate for each way its silent customers could have answered."""
    silent = answers.offers - answers.responses
    return [
        (answers.positive + sum(said)) / answers.offers
        for said in itertools.product((0, 1), repeat=silent)
    ]


@pytest.mark.parametrize("control", [arm(0, 0, 3), arm(1, 2, 4), arm(2, 2, 2), arm(3, 5, 9)])
@pytest.mark.parametrize("treatment", [arm(0, 1, 1), arm(2, 3, 5), arm(0, 0, 4)])
def test_bounds_are_the_extremes_of_all_completions(control: Answers, treatment: Answers) -> None:
    zero, one = completions(control), completions(treatment)
    found = worst_case(control, treatment)
    differences = [b - a for a in zero for b in one]
    assert found == (min(differences), max(differences))


counts = st.integers(0, 40)
arms = st.tuples(counts, counts, counts).map(lambda c: arm(c[0], c[0] + c[1], sum(c)))


@given(control=arms, treatment=arms)
def test_laws(control: Answers, treatment: Answers) -> None:
    """Inside [-1, 1]; mirrored by a swap; as wide as both silent shares; the plain one inside."""
    found = worst_case(control, treatment)
    if not (control.offers and treatment.offers):
        assert found is None
        return
    assert found is not None
    lower, upper = found
    assert -1 <= lower <= upper <= 1
    assert worst_case(treatment, control) == (-upper, -lower)
    silent = [1 - a.responses / a.offers for a in (control, treatment)]
    assert upper - lower == pytest.approx(sum(silent), abs=1e-12)
    if control.responses and treatment.responses:
        plain = treatment.positive / treatment.responses - control.positive / control.responses
        assert lower - 1e-12 <= plain <= upper + 1e-12


@given(control=arms, treatment=arms)
def test_without_silence_the_bounds_are_the_difference(
    control: Answers, treatment: Answers
) -> None:
    zero, one = (arm(a.positive, a.responses, a.responses) for a in (control, treatment))
    if zero.offers and one.offers:
        plain = one.positive / one.offers - zero.positive / zero.offers
        assert worst_case(zero, one) == (plain, plain)
