"""Draws: against the mixture's own errors, the priors' laws, and what they must never break."""

import numpy as np
import pytest
from scipy.special import expit, logit

from abkit.core.errors import DataError
from abkit.core.fitted_log import LogEstimate
from abkit.core.rng import rng_for
from abkit.pipeline.fitting_log_study import drawn_labels, simulated_log
from abkit.pipeline.fitting_log_world import known_world
from abkit.simulations.fit_log import case_counts
from abkit.simulations.fit_log_mixture import NAMES, MixtureFit, fit_mixture
from abkit.simulations.fit_log_rows import control_log
from abkit.simulations.fit_parameters import case_parameters
from abkit.simulations.forecast_draws import CaseDraws, draw_case, draw_prior, draw_share

from .fakes import default_scenario

N = 20_000
BASE = default_scenario().use_cases


def fitted(case: int, labels: int = 2_000) -> tuple[MixtureFit, int]:
    table = simulated_log(known_world(), seed=3, replication=0)
    log = control_log(table, drawn_labels(table, labels, seed=3, replication=0))
    counts, first_bin = case_counts(log, case, 20, 0.4)
    assert first_bin is not None
    return fit_mixture(counts), first_bin


@pytest.fixture(scope="module")
def fit() -> tuple[MixtureFit, int]:
    return fitted(0)


@pytest.fixture(scope="module")
def without_entry() -> tuple[MixtureFit, int]:
    return fitted(2)


def drawn(fit: MixtureFit, first_bin: float, case: str = "A", n: int = N) -> CaseDraws:
    rng = rng_for(1, "test")
    return draw_case(fit, first_bin, name=case, base=BASE[case], draws=n, rng=rng)


def test_flag_rates_have_the_errors_that_the_mixture_states(fit: tuple[MixtureFit, int]) -> None:
    values = drawn(*fit).values
    for name, stated in zip(("recall", "false_flags"), fit[0].flag_rates(fit[1]), strict=True):
        share = stated.value
        assert stated.standard_error is not None
        error = stated.standard_error / (share * (1 - share))
        assert logit(values[name]).std() == pytest.approx(error, rel=0.1)
        assert logit(values[name]).mean() == pytest.approx(logit(share), abs=0.2 * error)


def test_what_no_ordering_touches_is_drawn_as_it_was_fitted(fit: tuple[MixtureFit, int]) -> None:
    values = drawn(*fit).values
    for i, name in enumerate(NAMES[:3]):  # prevalence, menu error, false claim
        error = np.sqrt(fit[0].covariance[i, i])
        assert error < 0.5
        assert logit(values[name]).std() == pytest.approx(error, rel=0.1)
        assert logit(values[name]).mean() == pytest.approx(fit[0].theta[i], abs=0.4 * error)


def test_no_wrong_resolution_helps_where_the_prior_decides(
    without_entry: tuple[MixtureFit, int],
) -> None:
    found = drawn(*without_entry, "C")
    assert found.from_prior
    for o in case_parameters("C", BASE["C"]).orderings:
        gap = o.sign * (found.values[o.better] - found.values[o.worse])
        assert (gap >= o.margin).all() == bool({o.better, o.worse} & set(found.from_prior)), o
    assert all(value.shape == (N,) for value in found.values.values())


def test_of_two_cells_that_the_log_knows_it_decides(fit: tuple[MixtureFit, int]) -> None:
    """A world on the margin, as returns-bot-points is, has draws on both of its sides."""
    mixture, (fp, tn) = fit[0], (NAMES.index(f"acceptance.{cell}") for cell in ("fp", "tn"))
    theta = mixture.theta.copy()
    theta[fp] = theta[tn]
    found = drawn(MixtureFit(theta, mixture.covariance, mixture.counts), fit[1])
    assert "acceptance.fp" not in found.from_prior
    gap = logit(found.values["acceptance.tn"]) - logit(found.values["acceptance.fp"])
    both = np.array([1.0, -1.0])
    error = np.sqrt(both @ mixture.covariance[np.ix_([tn, fp], [tn, fp])] @ both)
    assert gap.mean() == pytest.approx(0, abs=0.1 * error)
    assert gap.std() == pytest.approx(error, rel=0.05)
    assert found.helps == ()


def test_what_the_log_never_shows_is_the_priors(without_entry: tuple[MixtureFit, int]) -> None:
    found = drawn(*without_entry, "C")
    assert set(found.from_prior) == {
        f"{group}.{cell}" for group in ("acceptance", "positive", "repeat") for cell in ("tp", "fp")
    }
    assert (found.values["menu_error"] == 1).all()
    assert (found.values["menu_false_claim"] == 0).all()
    assert found.values["positive.tp"].std() > 0.05
    centre = BASE["C"].positive
    prior = expit(
        logit([centre.tp, centre.fp])[:, None] + rng_for(2, "test").standard_normal((2, N))
    )
    fn, tn = found.values["positive.fn"], found.values["positive.tn"]
    assert (tn - found.values["positive.fp"]).min() >= 0.04
    kept = (prior[0] >= fn) & (prior[1] <= tn - 0.04)  # the orderings cut the prior off
    for name, values in zip(("tp", "fp"), prior, strict=True):
        ours = found.values[f"positive.{name}"]
        assert np.median(ours) == pytest.approx(np.median(values[kept]), abs=0.02)
        assert ours.std() == pytest.approx(values[kept].std(), rel=0.1)


def test_the_prior_is_added_where_the_log_knows_less(fit: tuple[MixtureFit, int]) -> None:
    """Normal laws multiply: with an error above .5 precisions add up, and weigh the means."""
    at, centre = NAMES.index("menu_error"), logit(BASE["A"].menu_error)
    theta = fit[0].theta.copy()
    theta[at] = centre + 2
    for error, prior in ((0.49, 0.0), (0.51, 1.0)):
        covariance = np.full(theta.size, 1e-4)
        covariance[at] = error**2
        found = drawn(MixtureFit(theta, np.diag(covariance), fit[0].counts), fit[1])
        assert ("menu_error" in found.from_prior) == bool(prior)
        draws, precision = logit(found.values["menu_error"]), 1 / error**2 + prior
        assert draws.std() == pytest.approx(precision**-0.5, rel=0.03)
        assert draws.mean() == pytest.approx(centre + 2 / (error**2 * precision), abs=0.02)


@pytest.mark.parametrize(("first_bin", "share"), [(np.inf, 0.0), (0, 1.0)])
def test_none_or_all_flagged_is_exact(
    first_bin: float, share: float, fit: tuple[MixtureFit, int]
) -> None:
    values = drawn(fit[0], first_bin, n=100).values
    assert (values["recall"] == share).all()
    assert (values["false_flags"] == share).all()


def test_what_the_log_contradicts_is_named(fit: tuple[MixtureFit, int]) -> None:
    """Named beyond 3.09 standard errors of the logits' difference, by the normal law p = .001."""
    assert drawn(fit[0], fit[1], n=1_000).helps == ()
    tp, fn = NAMES.index("acceptance.tp"), NAMES.index("acceptance.fn")
    both, cells = np.array([1.0, -1.0]), np.ix_([tp, fn], [tp, fn])
    error = np.sqrt(both @ fit[0].covariance[cells] @ both)
    for errors, named in ((3.0, ()), (3.2, ("acceptance.fn",)), (5.9, ("acceptance.fn",))):
        theta = fit[0].theta.copy()
        theta[fn] = theta[tp] + errors * error
        found = drawn(MixtureFit(theta, fit[0].covariance, fit[0].counts), fit[1], n=1_000)
        assert found.helps == named


def test_labels_that_contradict_are_refused(fit: tuple[MixtureFit, int]) -> None:
    mixture = fit[0]
    theta = mixture.theta.copy()
    tp, fn = NAMES.index("acceptance.tp"), NAMES.index("acceptance.fn")
    theta[tp], theta[fn] = -3.0, 3.0
    wrong = MixtureFit(theta, mixture.covariance / 10, mixture.counts)
    with pytest.raises(DataError, match=r"use-case `A`: .* standard errors: `acceptance.fn`"):
        drawn(wrong, fit[1], n=1_000)


def test_a_log_that_contradicts_the_prior_is_refused(
    without_entry: tuple[MixtureFit, int],
) -> None:
    """Nobody accepts what is wrong for others, so that accepting it still less cannot be drawn."""
    mixture = without_entry[0]
    theta = mixture.theta.copy()
    theta[NAMES.index("acceptance.tn")] = logit(0.03)
    with pytest.raises(DataError, match=r"use-case `C`: in 0 of .* contradict the priors"):
        drawn(MixtureFit(theta, mixture.covariance, mixture.counts), without_entry[1], "C", n=1_000)


def test_counted_shares_keep_their_interval() -> None:
    estimate = LogEstimate(value=0.1, standard_error=0.02, lower=0.06, upper=0.16, by="contacts")
    draws = draw_share(estimate, N, rng_for(3, "test"))
    np.testing.assert_allclose(np.quantile(draws, (0.025, 0.975)), (0.06, 0.16), rtol=0.03)
    fixed = LogEstimate(value=0.0, standard_error=0.0, lower=0.0, upper=0.0, by="contacts")
    assert (draw_share(fixed, 5, rng_for(3, "test")) == 0).all()
    unknown = LogEstimate(value=0.1, standard_error=None, lower=None, upper=None, by="contacts")
    with pytest.raises(ValueError, match="without an interval"):
        draw_share(unknown, 5, rng_for(3, "test"))


def test_a_prior_is_normal_in_its_logit() -> None:
    draws = logit(draw_prior(0.3, N, rng_for(4, "test")))
    assert draws.mean() == pytest.approx(logit(0.3), abs=0.03)
    assert draws.std() == pytest.approx(1.0, abs=0.03)
    assert (draw_prior(1.0, 10, rng_for(4, "test")) < 1).all()
