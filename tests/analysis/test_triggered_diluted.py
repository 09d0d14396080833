"""The effect on all contacts by what triggered: formula, variance, laws, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.design_effect import CustomerMoments, linearised_variance
from abkit.analysis.fieller import Mean, fieller_interval
from abkit.analysis.triggered_diluted import Diluted, UnitGroup, diluted_effect

NEVER = [UnitGroup(None, y, m, 0, 0, n) for y, m, n in ((0, 1, 300), (1, 1, 500), (1, 2, 60))]


def effect(control: list[UnitGroup], treatment: list[UnitGroup], level: float = 0.95) -> Diluted:
    triggered = tuple(
        {
            s: sum(g.units for g in arm if g.stratum == s)
            for s in {g.stratum for g in arm if g.stratum is not None}
        }
        for arm in (control, treatment)
    )
    return diluted_effect(control, treatment, triggered, confidence_level=level)


def triggered(*cells: tuple[int, int, int]) -> list[UnitGroup]:
    return [UnitGroup("A", 0, 0, y, m, n) for y, m, n in cells]


CONTROL = [*NEVER, *triggered((0, 1, 60), (1, 1, 40), (1, 2, 9))]
TREATMENT = [*NEVER, *triggered((0, 1, 30), (1, 1, 80), (2, 2, 5))]

counts = st.integers(1, 60)
arms = st.tuples(counts, counts, counts, counts, counts).map(
    lambda n: [
        UnitGroup(None, 0, 1, 0, 0, n[0]),
        UnitGroup(None, 1, 2, 0, 0, n[1]),
        UnitGroup("A", 1, 1, 0, 1, n[2] + 5),
        UnitGroup("A", 0, 0, 1, 1, n[3] + 5),
        UnitGroup("B", 0, 1, 2, 3, n[4] + 5),
    ]
)


def test_of_equal_trials_it_is_the_share_times_the_triggered_effect() -> None:
    """Kohavi, Tang and Xu (2020), Trustworthy Online Controlled Experiments, chapter 20.

    A change improves by 3 % a tenth of the users, who are worth a tenth of the average: over all
    3 % x 10 % x 10 % = .03 %. Here every unit has one trial, the average is 10 %, theirs 1 %.
    """
    others = [UnitGroup(None, 1, 1, 0, 0, 99_000), UnitGroup(None, 0, 1, 0, 0, 801_000)]
    control = [*others, *triggered((1, 1, 1_000), (0, 1, 99_000))]
    treatment = [*others, *triggered((1, 1, 1_030), (0, 1, 98_970))]
    found = effect(control, treatment)
    assert found.ratio is not None
    assert found.ratio - 1 == pytest.approx(0.0003)
    assert found.difference == pytest.approx(0.1 * 0.03 * 0.01)


def test_if_all_trigger_at_once_it_is_the_plain_analysis() -> None:
    """Estimate and variance: the linearised one of a ratio of sums over customers."""
    control = triggered((0, 1, 60), (1, 1, 40), (1, 2, 9), (3, 3, 4))
    treatment = triggered((0, 1, 30), (1, 1, 80), (2, 2, 5))
    found = effect(control, treatment)
    plain = [
        CustomerMoments.from_groups([(g.y_after, g.m_after, g.units) for g in arm])
        for arm in (control, treatment)
    ]
    rates = [arm.successes / arm.trials for arm in plain]
    assert (found.control, found.treatment) == pytest.approx(tuple(rates))
    variances = [linearised_variance(arm) or 0.0 for arm in plain]
    assert found.standard_error == pytest.approx(math.sqrt(sum(variances)))
    means = [Mean(rate, v) for rate, v in zip(rates, variances, strict=True)]
    critical = (found.difference_interval[1] - found.difference_interval[0]) / 2
    expected = fieller_interval(means[1], means[0], critical=critical / found.standard_error)
    assert found.ratio_interval == pytest.approx(expected)


def test_the_variance_is_that_of_a_jackknife_where_the_effect_is_large() -> None:
    """Leaving out one unit at a time, by `diluted_effect` itself: how many trigger matters, too."""
    control = [*NEVER, *triggered((0, 1, 1_900), (1, 1, 100))]
    treatment = [*NEVER, *triggered((0, 1, 60), (1, 1, 1_840), (3, 3, 100))]
    arms, whole = [control, treatment], effect(control, treatment)
    spread = 0.0
    for a, arm in enumerate(arms):
        for i, group in enumerate(arm):
            fewer = [*arm[:i], group._replace(units=group.units - 1), *arm[i + 1 :]]
            rest = effect(*(fewer if b == a else other for b, other in enumerate(arms)))
            spread += group.units * ((rest.difference or 0.0) - (whole.difference or 0.0)) ** 2
    assert whole.standard_error == pytest.approx(math.sqrt(spread), rel=0.005)


def test_what_came_before_is_shared() -> None:
    """Nothing that happens before a trigger can make a difference, whatever it is."""
    same = triggered((0, 1, 50), (1, 1, 50))
    lucky = [UnitGroup(None, 1, 1, 0, 0, 700), *same]
    unlucky = [UnitGroup(None, 0, 1, 0, 0, 300), *same]
    found = effect(lucky, unlucky)
    assert found.difference == pytest.approx(0)
    assert found.control == pytest.approx(800 / 1200)


@given(control=arms, treatment=arms)
def test_swapping_the_arms_turns_the_sign(
    control: list[UnitGroup], treatment: list[UnitGroup]
) -> None:
    one, other = effect(control, treatment), effect(treatment, control)
    assert other.difference == pytest.approx(-(one.difference or 0.0), abs=1e-12)
    assert other.standard_error == pytest.approx(one.standard_error)
    assert other.p_value == pytest.approx(one.p_value)
    low, high = one.difference_interval
    assert other.difference_interval == pytest.approx((-high, -low))


@given(control=arms, treatment=arms, level=st.floats(0.5, 0.999))
def test_test_and_both_intervals_agree_about_no_effect(
    control: list[UnitGroup], treatment: list[UnitGroup], level: float
) -> None:
    found = effect(control, treatment, level)
    assert found.p_value is not None
    if abs(found.p_value - (1 - level)) < 1e-6:
        return
    shown = found.p_value < 1 - level
    assert shown != (found.difference_interval[0] <= 0 <= found.difference_interval[1])
    assert shown != (found.ratio_interval[0] <= 1 <= found.ratio_interval[1])


@given(control=arms, treatment=arms)
def test_twice_the_customers_halve_the_variance(
    control: list[UnitGroup], treatment: list[UnitGroup]
) -> None:
    """But for the small-sample factor K / (K - 1), which is below 1.1 and moves towards 1."""
    once = effect(control, treatment)
    twice = effect(*([g._replace(units=2 * g.units) for g in arm] for arm in (control, treatment)))
    assert once.standard_error is not None
    assert twice.standard_error is not None
    assert twice.difference == pytest.approx(once.difference, abs=1e-12)
    ratio = (once.standard_error / twice.standard_error) ** 2
    assert ratio + 1e-9 >= 2
    assert ratio < 2 * 1.1


@given(control=arms, treatment=arms)
def test_the_order_of_units_does_not_matter(
    control: list[UnitGroup], treatment: list[UnitGroup]
) -> None:
    """Groups of alike units may be split: only their number counts."""
    split = [g._replace(units=n) for g in control for n in (1, g.units - 1) if n]
    assert effect(split[::-1], treatment).standard_error == pytest.approx(
        effect(control, treatment).standard_error
    )


def test_the_share_that_triggers_may_differ_by_chance() -> None:
    """More triggered units in one arm tell more about it, and weigh no more in the rate."""
    fewer = [*NEVER, *triggered((0, 1, 30), (1, 1, 20))]
    more = [*NEVER, *triggered((0, 1, 90), (1, 1, 60))]
    assert effect(fewer, more).difference == pytest.approx(0)


def test_triggered_customers_without_a_trial_count_in_the_mean() -> None:
    """Who answers nothing after a trigger has no part in PRR, yet belongs to the triggered."""
    given_units = {"A": 109}, {"A": 230}  # 115 in treatment have trials, as many have none
    found = diluted_effect(CONTROL, TREATMENT, given_units, confidence_level=0.95)
    silent = [*TREATMENT, UnitGroup("A", 0, 0, 0, 0, 115)]
    assert found == effect(CONTROL, silent)
    before_y, before_m = 2 * 560, 2 * 920
    trials = before_m + 339 / 230 * (30 + 80 + 10)
    assert found.treatment == pytest.approx((before_y + 339 / 230 * 90) / trials)


@pytest.mark.parametrize(
    ("control", "treatment", "said"),
    [
        (NEVER, NEVER, "no trials from a triggering contact on"),
        (CONTROL, NEVER, "no triggered unit in treatment"),
        (NEVER, TREATMENT, "no triggered unit in control"),
    ],
)
def test_without_triggered_units_nothing_is_said(
    control: list[UnitGroup], treatment: list[UnitGroup], said: str
) -> None:
    found = effect(control, treatment)
    assert found.note == said
    assert (found.difference, found.p_value, found.standard_error) == (None, None, None)


@pytest.mark.parametrize(
    "few", [triggered((0, 1, 80), (1, 1, 4)), triggered((0, 1, 4), (1, 1, 80))]
)
def test_few_successes_or_failures_bear_no_interval(few: list[UnitGroup]) -> None:
    found = effect(CONTROL, [*NEVER, *few])
    assert found.difference is not None
    assert found.note is not None
    assert "fewer than 5" in found.note
    assert found.p_value is None
    assert found.difference_interval == (-1, 1)


def test_covered_as_promised() -> None:
    """4,000 draws of a law with repeats and clusters: a share within four standard deviations.

    Control is twice as large; the truth comes from the law's expectations.
    """
    rng, held, n = np.random.default_rng(5), 0, 4_000
    kinds = [  # probability, stratum, before (y, m), after in control, after in treatment
        (0.7, None, [((0, 1), 0.4), ((1, 1), 0.6)], None, None),
        (0.1, "A", [((0, 1), 0.5), ((1, 1), 0.5)], [((0, 1), 0.7), ((1, 2), 0.3)],
         [((0, 1), 0.4), ((2, 2), 0.6)]),
        (0.2, "A", [((0, 0), 1.0)], [((0, 2), 0.5), ((1, 1), 0.5)], [((0, 1), 0.3), ((1, 1), 0.7)]),
    ]  # fmt: skip
    cells = {0: [], 1: []}
    for arm in (0, 1):
        for p, stratum, before, *after in kinds:
            for (uy, um), q in before:
                for (ty, tm), r in after[arm] or [((0, 0), 1.0)]:
                    cells[arm].append((UnitGroup(stratum, uy, um, ty, tm, 0), p * q * r))
    truth = [
        sum(q * (g.y_before + g.y_after) for g, q in cells[arm])
        / sum(q * (g.m_before + g.m_after) for g, q in cells[arm])
        for arm in (0, 1)
    ]
    for _ in range(n):
        drawn = []
        for arm, size in ((0, 800), (1, 400)):
            units = rng.multinomial(size, [q for _, q in cells[arm]])
            drawn.append(
                [g._replace(units=int(k)) for (g, _), k in zip(cells[arm], units, strict=True) if k]
            )
        low, high = effect(*drawn).difference_interval
        held += low <= truth[1] - truth[0] <= high
    assert held / n == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / n))


@pytest.mark.parametrize(("yes", "capped"), [(200, True), (8, False)])
def test_degrees_of_freedom_by_hand(yes: int, *, capped: bool) -> None:
    """Satterthwaite: 2 V^2 / sum psi^4 over single units, at most units - 2; then Student."""
    sizes = (400, 300)
    arms = [triggered((1, 1, yes), (0, 1, n - yes)) for n in sizes]
    found = effect(*arms)
    rates = [yes / n for n in sizes]
    units = np.concatenate(
        [
            np.sqrt(n / (n - 1)) * (np.repeat((1.0, 0.0), (yes, n - yes)) - p) / n
            for n, p in zip(sizes, rates, strict=True)
        ]
    )
    variance = (units**2).sum()
    by_kurtosis = 2 * variance**2 / (units**4).sum()
    assert (by_kurtosis > sum(sizes) - 2) == capped
    assert found.df == pytest.approx(min(by_kurtosis, sum(sizes) - 2))
    half = stats.t.ppf(0.975, found.df) * np.sqrt(variance)
    gap = rates[1] - rates[0]
    assert found.difference_interval == pytest.approx((gap - half, gap + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(gap) / np.sqrt(variance), found.df))


def test_a_stratum_that_one_arm_lacks_is_no_comparison() -> None:
    other = [UnitGroup("B", 0, 0, 1, 2, 30)]
    found = effect([*CONTROL, *other], TREATMENT)
    assert found.note == "no triggered unit in treatment"
    assert found.difference is None
