"""The mixture: against its likelihood written out, closed forms, laws, and planted truths."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import abkit.simulations.fit_log_mixture as mixture
from abkit.simulations.fit_log_mixture import (
    LABELLED_0,
    NAMES,
    OUTCOMES,
    UNLABELLED,
    MixtureCounts,
    _gradient,
    _information,
    _point,
    fit_mixture,
)

SHARES = {
    "prevalence": 0.3, "menu_error": 0.4, "menu_false_claim": 0.1,
    "acceptance.tp": 0.8, "acceptance.fn": 0.4, "acceptance.fp": 0.5, "acceptance.tn": 0.7,
    "positive.tp": 0.9, "positive.fn": 0.3, "positive.fp": 0.6, "positive.tn": 0.75,
    "repeat.tp": 0.05, "repeat.fn": 0.3, "repeat.fp": 0.2, "repeat.tn": 0.1,
}  # fmt: skip
BINS = np.array([[[0.1, 0.2, 0.7], [0.2, 0.3, 0.5]], [[0.6, 0.3, 0.1], [0.7, 0.25, 0.05]]])


def law(shares: dict[str, float], bins: np.ndarray) -> np.ndarray:
    """P(truth, menu, bin, outcome), written out cell by cell: nobody without a text."""
    cells = np.zeros((2, 2, bins.shape[-1] + 1, OUTCOMES))
    p = shares["prevalence"]
    names = (("tp", "fn"), ("fp", "tn"))
    menu = (
        (1 - shares["menu_error"], shares["menu_error"]),
        (shares["menu_false_claim"], 1 - shares["menu_false_claim"]),
    )
    for r, m, s in itertools.product(range(2), range(2), range(bins.shape[-1])):
        weight = (p, 1 - p)[r] * menu[r][m] * bins[r, m, s]
        cell = names[r][m]
        a, y, k = (shares[f"{group}.{cell}"] for group in ("acceptance", "positive", "repeat"))
        cells[r, m, s, 0] = 0.1 * weight
        cells[r, m, s, 1] = 0.9 * weight * (1 - a)
        for answer, repeat in itertools.product(range(3), range(3)):
            share = (0.6, 0.4 * y, 0.4 * (1 - y))[answer] * (0.0, k, 1 - k)[repeat]
            cells[r, m, s, 2 + 3 * answer + repeat] = 0.9 * weight * a * share
    return cells


def counted(n: float, labelled: float) -> MixtureCounts:
    """Exactly the expected counts, a part of them labelled."""
    cells = n * law(SHARES, BINS)
    known = labelled * cells
    return MixtureCounts(np.stack([(cells - known).sum(axis=0), known[0], known[1]], axis=-1))


def drawn(seed: int, n: int, labelled: float) -> MixtureCounts:
    """A sample of the law."""
    rng = np.random.default_rng(seed)
    cells = law(SHARES, BINS)
    sample = rng.multinomial(n, cells.ravel() / cells.sum()).reshape(cells.shape)
    known = rng.binomial(sample, labelled)
    return MixtureCounts(
        np.stack([(sample - known).sum(axis=0), known[0], known[1]], axis=-1).astype(float)
    )


def test_expected_counts_give_the_truth_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture, "_PSEUDO", 1e-9)
    fit = fit_mixture(counted(20_000, 0.05))
    for name, estimate in fit.estimates().items():
        assert estimate.value == pytest.approx(SHARES[name], abs=1e-5), name
    recall, false = fit.flag_rates(2)
    assert (recall.value, false.value) == pytest.approx((0.5, 0.05), abs=1e-5)


def test_the_likelihood_written_out() -> None:
    """Sum over contacts of log P, by loops; and another optimiser finds nothing better."""
    counts, pseudo = drawn(1, 500, 0.2), 0.5
    fit = fit_mixture(counts)

    def by_loops(theta: np.ndarray) -> float:
        point = _point(theta)
        cells = law(dict(zip(NAMES, point.shares, strict=True)), point.bins)
        free = law(SHARES, BINS)  # what the shares do not touch, cancelled below
        total = 0.0
        for m, s, o in itertools.product(range(2), range(4), range(OUTCOMES)):
            n = counts.counts[m, s, o]
            if not n.any():
                continue
            nuisance = free[0, m, s, o] / _kernel(SHARES, BINS, 0, m, s, o)
            for label, parts in enumerate((cells[:, m, s, o].sum(), *cells[:, m, s, o])):
                total += n[label] * math.log(parts / nuisance) if n[label] else 0.0
        spread = np.log(point.bins).mean(axis=-1).sum()
        penalty = np.log(point.shares).sum() + np.log1p(-point.shares).sum() + spread
        return float(total + pseudo * penalty)

    assert by_loops(fit.theta) == pytest.approx(counts.expected(_point(fit.theta))[1], abs=1e-8)
    found = optimize.minimize(lambda theta: -by_loops(theta), fit.theta + 0.02, method="BFGS")
    assert -found.fun <= by_loops(fit.theta) + 1e-6
    assert found.x[:3] == pytest.approx(fit.theta[:3], abs=2e-3)


def _kernel(shares: dict[str, float], bins: np.ndarray, r: int, m: int, s: int, o: int) -> float:
    """P(truth, menu, bin) times what acceptance, answer and repeat add, response aside."""
    base = law(shares, bins)[r, m, s].sum()
    cell = (("tp", "fn"), ("fp", "tn"))[r][m]
    a, y, k = (shares[f"{group}.{cell}"] for group in ("acceptance", "positive", "repeat"))
    if o == 0:
        return float(base)
    if o == 1:
        return float(base * (1 - a))
    answer, repeat = divmod(o - 2, 3)
    return float(base * a * (1, y, 1 - y)[answer] * (1, k, 1 - k)[repeat])


def test_slopes_are_the_likelihoods() -> None:
    counts = drawn(2, 2_000, 0.1)
    theta = fit_mixture(counts).theta + 0.1
    steps = 1e-5 * np.eye(theta.size)

    def value(at: np.ndarray) -> float:
        return counts.expected(_point(at))[1]

    slopes = [(value(theta + h) - value(theta - h)) / 2e-5 for h in steps]
    assert _gradient(counts, theta) == pytest.approx(slopes, abs=1e-4)


def test_without_scores_and_outcomes_it_is_double_sampling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tenenbein (1970), JASA 65, 1350-1361: p = sum_m N_m / N n_1m / n_m, with its variance.

    V = p q / n (1 - K) + p q / N K, K the squared correlation of truth and fallible class.
    """
    monkeypatch.setattr(mixture, "_PSEUDO", 1e-9)
    counts = np.zeros((2, 2, OUTCOMES, 3))
    counts[:, 1, 0] = [[800, 45, 15], [3_000, 25, 115]]  # by menu: unlabelled, LABEL 0, other
    estimate = fit_mixture(MixtureCounts(counts)).estimates()["prevalence"]
    n, whole = 200, 4_000
    assert estimate.value == pytest.approx(860 / whole * 45 / 60 + 3_140 / whole * 25 / 140)
    p, menu = estimate.value, 860 / whole
    k = menu * (1 - menu) * (45 / 60 - 25 / 140) ** 2 / (p * (1 - p))
    variance = p * (1 - p) * ((1 - k) / n + k / whole)
    assert estimate.standard_error == pytest.approx(math.sqrt(variance), rel=0.03)


def test_all_labelled_are_plain_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture, "_PSEUDO", 1e-9)
    counts = drawn(3, 5_000, 1.0)
    assert counts.counts[..., UNLABELLED].sum() == 0
    found = fit_mixture(counts).estimates()
    yes = counts.counts[..., LABELLED_0].sum()
    assert found["prevalence"].value == pytest.approx(yes / 5_000)
    assert found["prevalence"].standard_error == pytest.approx(
        math.sqrt(yes / 5_000 * (1 - yes / 5_000) / 5_000), rel=1e-3
    )
    for true, rate in enumerate(fit_mixture(counts).flag_rates(2)):
        scored = counts.counts[1, :3, :, LABELLED_0 + true].sum(axis=1)
        share = scored[2] / scored.sum()
        assert rate.value == pytest.approx(share)
        error = math.sqrt(share * (1 - share) / scored.sum())
        assert rate.standard_error == pytest.approx(error, rel=1e-3)
    wrong = counts.counts[1, :, :, LABELLED_0].sum()
    assert found["menu_error"].value == pytest.approx(wrong / yes)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_four_times_the_contacts_halve_the_error(seed: int) -> None:
    one = drawn(seed, 3_000, 0.2)
    few, many = (fit_mixture(MixtureCounts(k * one.counts)).estimates() for k in (1, 4))
    ratio = few["prevalence"].standard_error / many["prevalence"].standard_error
    assert ratio == pytest.approx(2, rel=0.05)


def test_unlabelled_contacts_add_what_labels_lack() -> None:
    counts = drawn(4, 20_000, 0.03)
    with_all, alone = (fit_mixture(c).estimates() for c in (counts, counts.only_labelled()))
    for name in ("prevalence", "acceptance.fn", "repeat.fn"):
        assert with_all[name].standard_error < 0.7 * alone[name].standard_error


def test_labels_chosen_by_score_do_no_harm() -> None:
    """Ten times as many labels in the highest bin: a plain share of labels would be far off."""
    rng, cells = np.random.default_rng(5), law(SHARES, BINS)
    sample = rng.multinomial(30_000, cells.ravel() / cells.sum()).reshape(cells.shape)
    chance = np.array([0.02, 0.02, 0.2, 0.0])[None, None, :, None]
    known = rng.binomial(sample, np.broadcast_to(chance, sample.shape))
    counts = MixtureCounts(
        np.stack([(sample - known).sum(axis=0), known[0], known[1]], axis=-1).astype(float)
    )
    labelled = counts.labelled()
    assert labelled[0] / sum(labelled) > 0.5
    found = fit_mixture(counts).estimates()["prevalence"]
    assert abs(found.value - 0.3) < 3.5 * found.standard_error < 0.1


def test_a_menu_without_the_entry() -> None:
    counts = drawn(6, 5_000, 0.1).counts.copy()
    counts[0] = 0
    found = fit_mixture(MixtureCounts(counts)).estimates()
    assert set(found) == {
        "prevalence", "acceptance.fn", "acceptance.tn", "positive.fn", "positive.tn", "repeat.fn",
        "repeat.tn",
    }  # fmt: skip
    assert all(math.isfinite(e.standard_error or 0) for e in found.values())


def test_an_empty_cell_is_not_known() -> None:
    counts = drawn(7, 300, 0.3)
    counts.counts[0, :, 2:] = 0  # nobody whose menu says LABEL 0 accepts
    estimate = fit_mixture(counts).estimates()["positive.tp"]
    assert estimate.lower < 0.1
    assert estimate.upper > 0.9


def test_intervals_hold_the_truth() -> None:
    held = 0
    for seed in range(40):
        for name, estimate in fit_mixture(drawn(seed, 4_000, 0.1)).estimates().items():
            held += estimate.lower <= SHARES[name] <= estimate.upper
    share = held / (40 * len(NAMES))
    assert abs(share - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 600)


def test_information_is_symmetric_and_positive() -> None:
    counts = drawn(8, 4_000, 0.1)
    information = _information(counts, fit_mixture(counts).theta)
    assert np.allclose(information, information.T)
    assert np.linalg.eigvalsh(information).min() > 0
    assert stats.norm.isf(0.025) == pytest.approx(mixture._Z)
