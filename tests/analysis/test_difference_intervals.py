"""Peers' intervals for a difference: published values, another implementation, laws."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from abkit.analysis.difference_intervals import (
    agresti_caffo_interval,
    newcombe_interval,
    pooled_corrected_interval,
    wald_interval,
)
from abkit.analysis.two_proportions import Bounds
from abkit.core.errors import ConfigError

Arm = tuple[int, int]
Interval = Callable[..., Bounds]
ALL = [wald_interval, agresti_caffo_interval, pooled_corrected_interval, newcombe_interval]

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II: treatment, control, method 1
# (Wald) and method 10 (hybrid score)
NEWCOMBE_TABLE_II = [
    ((56, 70), (48, 80), (0.0575, 0.3425), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.2605, 0.9395), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.1481, 0.9947), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (0.0146, 0.1640), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (0.0, 0.0), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (0.0, 0.0), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (1.0, 1.0), (0.6791, 1.0)),
    ((10, 10), (0, 10), (1.0, 1.0), (0.6075, 1.0)),
]

# The trial of epinephrine by Perondi et al. in Fagerland, Lydersen and Laake (2017), Statistical
# Analysis of Contingency Tables, chapter 4, with the digits that the book's R package prints
PERONDI = ((7, 34), (1, 34))
PERONDI_INTERVALS = {
    wald_interval: (0.0292, 0.3238),
    agresti_caffo_interval: (0.0116, 0.3217),
    newcombe_interval: (0.0189, 0.3404),
}

# Output of tea-tasting 1.14.0, Proportion(method="norm"), from its aggregates
TEA_TASTING = [
    ((90, 300), (120, 1200), (0.15401755686117188, 0.24598244313882808)),
    ((56, 70), (48, 80), (0.038694930322458715, 0.3613050696775414)),
    ((5, 56), (2, 29), (-0.12911536591836303, 0.16975576000703302)),
]


@pytest.mark.parametrize(("treatment", "control", "wald", "hybrid"), NEWCOMBE_TABLE_II)
def test_newcombe_table_ii(treatment: Arm, control: Arm, wald: Arm, hybrid: Arm) -> None:
    assert wald_interval(treatment, control) == pytest.approx(wald, abs=5.1e-5)
    assert newcombe_interval(treatment, control) == pytest.approx(hybrid, abs=5.1e-5)


@pytest.mark.parametrize(("interval", "published"), PERONDI_INTERVALS.items())
def test_perondi(interval: Interval, published: tuple[float, float]) -> None:
    assert interval(*PERONDI) == pytest.approx(published, abs=5.1e-5)


@pytest.mark.parametrize(("treatment", "control", "printed"), TEA_TASTING)
def test_pooled_corrected_is_tea_tastings(
    treatment: Arm, control: Arm, printed: tuple[float, float]
) -> None:
    assert pooled_corrected_interval(treatment, control) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    ("interval", "method"),
    [
        (wald_interval, "wald"),
        (agresti_caffo_interval, "agresti-caffo"),
        (newcombe_interval, "newcomb"),
    ],
)
def test_equals_statsmodels(interval: Interval, method: str, level: float) -> None:
    rng = np.random.default_rng(3)
    n1, n0 = rng.integers(1, 300, (2, 40))
    x1, x0 = rng.binomial(n1, rng.random(40)), rng.binomial(n0, rng.random(40))
    found = interval((x1, n1), (x0, n0), confidence_level=level)
    for i in range(40):
        reference = confint_proportions_2indep(
            x1[i], n1[i], x0[i], n0[i], method=method, compare="diff", alpha=1 - level
        )
        assert (found.lower[i], found.upper[i]) == pytest.approx(reference, abs=1e-12)


arms = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("interval", ALL)
@given(a=arms, b=arms, level=st.floats(0.5, 0.999))
def test_laws(interval: Interval, a: Arm, b: Arm, level: float) -> None:
    """Round the estimate; turned round by exchanging arms and by counting failures; nested."""
    lower, upper = interval(a, b, confidence_level=level)
    if interval is not agresti_caffo_interval:  # that one is round a shrunken estimate
        assert lower - 1e-12 <= a[0] / a[1] - b[0] / b[1] <= upper + 1e-12
    turned = pytest.approx((-upper, -lower), abs=1e-12)
    assert interval(b, a, confidence_level=level) == turned
    failures = [(n - x, n) for x, n in (a, b)]
    assert interval(*failures, confidence_level=level) == turned
    narrower = interval(a, b, confidence_level=level / 2)
    assert lower <= narrower.lower + 1e-12
    assert narrower.upper <= upper + 1e-12


@pytest.mark.parametrize("interval", [pooled_corrected_interval, newcombe_interval])
@given(a=arms, b=arms)
def test_stays_on_the_scale(interval: Interval, a: Arm, b: Arm) -> None:
    lower, upper = interval(a, b)
    assert -1 <= lower <= upper <= 1


@pytest.mark.parametrize("interval", ALL)
def test_shapes_broadcast(interval: Interval) -> None:
    found = interval((np.arange(4)[:, None], 10), ([1, 2, 3], 12))
    assert found.lower.shape == (4, 3)
    assert found.upper[3, 1] == interval((3, 10), (2, 12)).upper


@pytest.mark.parametrize("interval", ALL)
@pytest.mark.parametrize(
    ("treatment", "message"),
    [
        ((11, 10), "`treatment` has 11 successes in 10 trials"),
        ((-1, 10), "-1 successes"),
        ((0, 0), "0 trials"),
        ((float("nan"), 10), "nan successes"),
        ((1, float("inf")), "inf trials"),
    ],
)
def test_impossible_counts_are_refused(
    interval: Interval, treatment: tuple[float, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        interval(treatment, (3, 10))


@pytest.mark.parametrize("interval", ALL)
def test_impossible_levels_are_refused(interval: Interval) -> None:
    with pytest.raises(ConfigError, match="`confidence_level` is 95"):
        interval((1, 2), (1, 2), confidence_level=95)
