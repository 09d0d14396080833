"""How many labels a promise needs: against a search by hand, and against its own claim."""

from math import ceil, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abkit.core.rng import rng_for
from abkit.model.certified_thresholds import certify_precision, certify_recall, smallest_set
from abkit.model.label_needs import LabelNeeds, labels_for_precision, labels_for_recall

from .populations import Population, two_normals

SEPARATED = np.array([0.9] * 12 + [0.05] * 12) + np.linspace(0.05, 0, 24)
FIRST_TWELVE = np.arange(24) < 12


def power(q: float, m: int, target: float) -> float:
    """P(the exact test at 5 % rejects | precision q), by scipy's binomial."""
    critical = int(stats.binom.isf(0.05, m, target)) + 1
    return float(stats.binom.sf(critical - 1, m, q))


def needs(s, y, target: float) -> LabelNeeds:
    got = labels_for_precision(s, y, target=target, confidence=0.95)
    assert got is not None
    return got


def certified(world: Population, wanted: LabelNeeds, draws: int, target: float = 0.85) -> float:
    """Share of draws of the stated size that certify something."""
    found = 0
    for draw in range(draws):
        s, y = world.draw(wanted.labels, rng_for(draw, "needs", world.name))
        found += certify_precision(s, y, target=target, start=wanted.start).threshold is not None
    return found / draws


def test_one_set_against_a_search_by_hand() -> None:
    """90 of 100 rows at one score are positive; two rows of doubt: q = 91.7 / 102.

    By hand: over all first sets M, the fewest labels N with P(Bin(N, .1) >= M) power(q, M) >= .8.
    """
    s, y = np.repeat([0.9, 0.1], [100, 900]), np.arange(1000) < 90
    got, q = needs(s, y, 0.85), 91.7 / 102
    assert got.start is not None
    chance = power(q, got.start, 0.85)
    assert stats.binom.sf(got.start - 1, got.labels, 0.1) * chance >= 0.8
    assert stats.binom.sf(got.start - 1, got.labels - 1, 0.1) * chance < 0.8
    by_hand = min(
        m + stats.nbinom.ppf(0.8 / power(q, m, 0.85), m, 0.1)
        for m in range(30, 1000)
        if power(q, m, 0.85) >= 0.8
    )
    assert by_hand <= got.labels <= 1.1 * by_hand  # sizes are searched 2 % apart; power is a saw


def test_few_rows_all_of_them_right() -> None:
    """12 of 12 above .9, none of 12 below .1: labels would help, whatever the aim.

    No draw can do with fewer than the all-correct minimum, ceil(log .05 / log target) flagged
    rows of which half the draw would be one.
    """
    last = 0
    for target in (0.7, 0.85, 0.95, 0.99):
        got = needs(SEPARATED, FIRST_TWELVE, target)
        assert smallest_set(target, 0.95) == ceil(log(0.05) / log(target))
        assert 2 * smallest_set(target, 0.95) < got.labels < 12 * smallest_set(target, 0.95)
        assert got.labels >= last
        last = got.labels
    assert needs(SEPARATED, FIRST_TWELVE, 0.85) == LabelNeeds(labels=72, start=30)


def test_draws_of_the_size_for_few_rows_certify() -> None:
    """Where the separation is as perfect as it looked, more than 80 % of such draws certify."""
    world = Population("separated", np.ones(5000), np.repeat([0.0, 1.0], 2500))
    for target in (0.85, 0.95):
        got = needs(SEPARATED, FIRST_TWELVE, target)
        assert certified(world, got, 300, target) >= 0.8


@pytest.mark.parametrize(
    "world",
    [two_normals(1.9, 0.24), two_normals(3.0, 0.1), two_normals(1.5, 0.42)],
    ids=lambda world: world.name,
)
def test_draws_of_the_stated_size_certify(world: Population) -> None:
    """From the whole curve, not from a noisy draw: 80 % of draws of that size certify, or more.

    More, since a draw with fewer rows above the cut than the first set has may certify, too.
    """
    s, y = world.draw(200_000, rng_for(0, "curve"))
    assert 0.8 - 4 * np.sqrt(0.16 / 300) <= certified(world, needs(s, y, 0.85), 300) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [24, 60, 200, 1013])
@pytest.mark.parametrize(
    "world",
    [two_normals(3.0, 0.1), two_normals(2.2, 0.24), two_normals(1.5, 0.42)],
    ids=lambda world: world.name,
)
def test_how_far_a_noisy_curve_flatters(world: Population, n: int) -> None:
    """From n rows that certified nothing: the table of docs/thresholds.md. 95 % of 200 draws.

    The fewer rows, the less often a draw of the stated size certifies; more often than the
    estimate without doubt would (a third of the chance at 24 rows).
    """
    chances, labels, silent, first = [], [], 0, 0
    while len(chances) + silent < 60:
        s, y = world.draw(n, rng_for(first, "pilot", world.name, n))
        first += 1
        if first > 4000:
            break
        if certify_precision(s, y).threshold is not None:
            continue
        got = labels_for_precision(s, y, target=0.85, confidence=0.95)
        if got is None or got.labels > 20_000:
            silent += 1
            continue
        chances.append(certified(world, got, 40))
        labels.append(got.labels)
    print(
        f"{world.name}, {n} rows: {len(chances)} files, median {np.median(labels):.0f} labels, "
        f"certify {np.mean(chances):.0%}; {silent} files without a number below 20,000"
    )
    assert np.mean(chances) > (0.05 if n < 200 else 0.5)


def test_none_where_no_precision_exceeds_the_target() -> None:
    s = np.linspace(0, 1, 500)
    assert labels_for_precision(s, np.arange(500) % 2 == 0, target=0.85, confidence=0.95) is None
    assert labels_for_precision(s, np.zeros(500), target=0.85, confidence=0.95) is None
    assert labels_for_recall(500, 0, target=0.9, confidence=0.95) is None


def test_a_lucky_top_row_is_no_curve() -> None:
    """One of three, the highest: a draw at random has it on top in every third case."""
    for s, y, number in (
        ([0.9, 0.2, 0.1], [1, 0, 0], False),
        ([0.9, 0.2, 0.1], [1, 1, 1], True),  # every row is right: what share is flagged is known
        (SEPARATED, FIRST_TWELVE, True),
    ):
        got = labels_for_precision(s, y, target=0.85, confidence=0.95)
        assert (got is not None) == number
    rng, numbers = rng_for(0, "noise"), 0
    for _ in range(100):
        got = labels_for_precision(rng.random(500), rng.random(500) < 0.5, target=0.9,
                                   confidence=0.95)  # fmt: skip
        numbers += got is not None
    assert numbers <= 15


def test_beyond_ten_million_labels_there_is_no_number() -> None:
    s, y = np.repeat([0.9, 0.1], [10_000, 10_000]), np.arange(20_000) < 8_502
    assert labels_for_precision(s, y, target=0.85, confidence=0.95) is None
    assert labels_for_recall(10**9, 1, target=0.9, confidence=0.95) is None


@pytest.mark.filterwarnings("error")
def test_a_million_rows_take_no_memory_to_speak_of() -> None:
    """Sets and sizes are thinned: the table of powers has at most 350 rows."""
    rng = rng_for(0, "million")
    s = rng.random(1_000_000)
    assert labels_for_precision(s, rng.random(1_000_000) < s, target=0.9, confidence=0.95)


@given(st.integers(1, 60), st.integers(0, 200), st.sampled_from([0.6, 0.85, 0.9, 0.97]))
def test_more_of_the_same_rows_never_ask_for_more(right: int, wrong: int, target: float) -> None:
    """The same curve twice over leaves less doubt: as many labels or fewer (to the 2 % grid)."""
    s, y = np.repeat([0.9, 0.1], [right, wrong]), np.arange(right + wrong) < right
    once = labels_for_precision(s, y, target=target, confidence=0.95)
    twice = labels_for_precision(
        np.repeat(s, 2), np.repeat(y, 2), target=target, confidence=0.95
    )  # fmt: skip
    if once is not None:
        assert twice is not None
        assert twice.labels <= 1.05 * once.labels


def test_recall_needs_29_positives_for_90_per_cent() -> None:
    """Wilks: 29; a draw of 332 has as many of a class of 10 % in 80 % of cases."""
    got = labels_for_recall(100, 10, target=0.9, confidence=0.95)
    assert got is not None
    assert (got.labels, got.start) == (29 + int(stats.nbinom.ppf(0.8, 29, 0.1)), None)
    y = np.arange(got.labels) < 29
    assert certify_recall(np.linspace(1, 0, got.labels), y, target=0.9).threshold is not None
    assert certify_recall(np.linspace(1, 0, got.labels), y & (np.arange(len(y)) > 0),
                          target=0.9).threshold is None  # fmt: skip
