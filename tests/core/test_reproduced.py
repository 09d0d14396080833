"""Signs, verdicts and floors: the rules that words rest on."""

import pytest

from abkit.core.reproduced import Claim, Floor, Interval, Measured


def at(estimate: float, half: float = 0.01) -> Interval:
    return Interval(estimate=estimate, ci_lower=estimate - half, ci_upper=estimate + half)


def test_a_difference_needs_every_seed() -> None:
    assert Measured(by_seed=(at(-0.1), at(-0.02)), mean=at(-0.06)).sign == "lower"
    assert Measured(by_seed=(at(0.1), at(0.02)), mean=at(0.06)).sign == "higher"
    assert Measured(by_seed=(at(-0.1), at(-0.01)), mean=at(-0.055)).sign == "tie"  # touches 0
    assert Measured(by_seed=(at(-0.1), at(0.1)), mean=at(0.0)).sign == "tie"
    assert Measured(by_seed=(at(-0.1), at(0.3)), mean=at(0.1)).lowest == -0.1


@pytest.mark.parametrize(
    ("n_true", "n_seeds", "verdict"),
    [(4, 3, "holds"), (0, 3, "fails"), (1, 3, "mixed"), (4, 2, "open"), (0, 1, "open")],
)
def test_a_claim_needs_three_seeds(n_true: int, n_seeds: int, verdict: str) -> None:
    claim = Claim(code="c", table=1, n_true=n_true, n_cells=4, n_seeds=n_seeds)
    assert claim.verdict == verdict


def test_rounding_is_on_the_stated_value_side() -> None:
    assert Floor(table=1, model="m", stated=0.178, floor=0.1784).possible  # .178 may be .1785
    assert not Floor(table=1, model="m", stated=0.178, floor=0.1786).possible
