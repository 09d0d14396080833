"""Verdicts and floors: the rules that words rest on."""

import pytest

from abkit.core.measured import Interval, Measured, Verdict
from abkit.core.reproduced import Claim, Comparison, Floor

DIFFERENCE = {"better": -0.1, "worse": 0.1, "tie": 0.0}


def case(verdict: Verdict, *, hotter: bool | None = None) -> Comparison:
    at = DIFFERENCE.get(verdict, 0.0)
    half = 0.5 if verdict == "undecided" else 0.01
    one = Interval(estimate=at, ci_lower=at - half, ci_upper=at + half)
    difference = Measured(by_seed=(one,), mean=one)
    return Comparison(ours="a", other="b", metric="ece", difference=difference, hotter=hotter)


def claim(*cases: Comparison, wanted: Verdict = "better", n_seeds: int = 3) -> Claim:
    return Claim(
        code="c", of_paper=True, table=1, golden="paper", wanted=wanted, comparisons=cases,
        n_seeds=n_seeds,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (("better", "better"), "holds"),
        (("better", "undecided"), "mixed"),
        (("better", "worse", "worse"), "mixed"),
        (("worse", "worse", "undecided"), "reversed"),
        (("worse", "undecided"), "fails"),  # not most
        (("tie", "undecided"), "fails"),
        (("undecided", "undecided"), "undecided"),
    ],
)
def test_a_claim_says_what_its_comparisons_show(shown: tuple[Verdict, ...], verdict: str) -> None:
    cases = tuple(map(case, shown))
    assert [one.verdict for one in cases] == list(shown)
    assert claim(*cases).verdict == verdict
    assert claim(*cases, n_seeds=2).verdict == "open"


def test_a_claimed_tie_has_no_opposite() -> None:
    assert claim(case("better"), case("worse"), wanted="tie").verdict == "fails"


def test_worse_at_a_lower_temperature_is_no_overcorrection() -> None:
    cooler, hotter = case("worse", hotter=False), case("worse", hotter=True)
    assert claim(cooler, wanted="worse").verdict == "fails"
    assert claim(cooler, hotter, wanted="worse").n_true == 1


def test_rounding_is_on_the_stated_value_side() -> None:
    assert Floor(table=1, model="m", stated=0.178, floor=0.1784).possible  # .178 may be .1785
    assert not Floor(table=1, model="m", stated=0.178, floor=0.1786).possible
