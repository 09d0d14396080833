"""The effects that an A/B test would show, from a control log, golden labels and priors."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from abkit.core.errors import DataError
from abkit.core.fitted_log import LogEstimate
from abkit.core.rng import rng_for
from abkit.simulations.clock import WEEK, Floats
from abkit.simulations.fit_log import ENOUGH_LABELS, case_counts, fit_log
from abkit.simulations.fit_log_mixture import fit_mixture
from abkit.simulations.fit_log_rates import share_of
from abkit.simulations.fit_log_rows import ControlLog
from abkit.simulations.forecast_draws import CaseDraws, draw_case, draw_prior, draw_share
from abkit.simulations.forecast_effects import Draws, ForecastRates, forecast_rates
from abkit.simulations.scenario import Scenario

_SHARED: Final = (
    "text_rate", "asks_at_once", "asks_after_rejecting", "positive_if_rejected",
    "repeat_if_served", "repeat_if_silent", "repeat_if_abandoned",
)  # fmt: skip
ARMS: Final = 2  # of the planned test, equally large


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForecast:
    """What is forecast of one use-case, by draw."""

    use_case: str
    labels: tuple[int, int]  # first contacts labelled: LABEL 0, other
    draws: CaseDraws
    rates: ForecastRates  # AR, PRR, 24RR, shape (3, draws)
    errors: Floats  # standard error of the planned test's estimates, shape (3, draws)
    contacts_per_arm: float  # in the planned weeks

    def estimates(self, seed: int) -> Floats:
        """Return what the planned test would estimate, drawn once for each draw, (3, draws)."""
        chance = rng_for(seed, "forecast", "planned test", self.use_case)
        return self.rates.effects + self.errors * chance.standard_normal(self.errors.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogForecast:
    """All use-cases that can be forecast."""

    cases: tuple[CaseForecast, ...]
    few_labels: tuple[str, ...]  # use-cases left out: too few labels
    from_prior: tuple[str, ...]  # shares of all customers that the log does not show
    unreached: tuple[str, ...]  # use-cases in which no score reaches the threshold


def forecast_log(
    log: ControlLog, base: Scenario, *, threshold: float, weeks: float, draws: int, seed: int
) -> LogForecast:
    """Return draws of every use-case's rates in both arms, and what chance the test would add.

    Args:
        log: Contacts of control alone, with golden labels and shadow scores.
        base: Centre of the priors of what the log does not show, and the most contacts of an issue.
        threshold: Texts are flagged from this score on.
        weeks: Of the planned test, which has two equally large arms.
        draws: How many.
        seed: Of every draw.

    Raises:
        ConfigError: A wrong resolution helps in the base.
        DataError: The log has no scores, too few labels everywhere, or contradicts the base.
    """
    if np.isnan(log.score).all():
        raise DataError(
            "the log holds no score, so nobody knows which texts would be flagged",
            hint="a log with texts can be scored: add --model",
        )
    fit = fit_log(log, base, threshold=threshold)
    shared, from_prior = _shared(log, fit.estimates, base, draws, seed)
    cases, unreached = [], []
    for code, name in enumerate(log.use_cases):
        if name in fit.few_labels:
            continue
        rows = log.first & (log.use_case == code)
        counts, first_bin = case_counts(log, code, base.customers.max_attempts, threshold)
        flagged_from = _first_bin(log.score[rows], threshold, first_bin)
        if math.isinf(flagged_from):
            unreached.append(name)
        drawn = draw_case(
            fit_mixture(counts), flagged_from, name=name, base=base.use_cases[name], draws=draws,
            rng=rng_for(seed, "forecast", "use-case", name),
        )  # fmt: skip
        rates = forecast_rates({**shared, **drawn.values}, max_attempts=base.customers.max_attempts)
        contacts = _contacts_per_week(log, code) * weeks / ARMS
        cases.append(
            CaseForecast(
                use_case=name,
                labels=counts.labelled(),
                draws=drawn,
                rates=rates,
                errors=_errors(log, code, rates, contacts),
                contacts_per_arm=contacts,
            )
        )
    if not cases:
        raise DataError(
            f"no use-case has {ENOUGH_LABELS} labels of LABEL 0 and {ENOUGH_LABELS} of others on "
            "first contacts, so nothing can be forecast",
            hint="label more contacts",
        )
    return LogForecast(
        cases=tuple(cases),
        few_labels=fit.few_labels,
        from_prior=from_prior,
        unreached=tuple(unreached),
    )


def _shared(
    log: ControlLog, estimates: dict[str, LogEstimate], base: Scenario, draws: int, seed: int
) -> tuple[Draws, tuple[str, ...]]:
    """Return draws of what all use-cases share, and which of them are the prior's."""
    found, priors = dict[str, Floats](), []
    for name in _SHARED:
        rng = rng_for(seed, "forecast", "shared", name)
        estimate = estimates.get(f"customers.{name}")
        if estimate is None:
            priors.append(name)
            found[name] = draw_prior(getattr(base.customers, name), draws, rng)
        else:
            found[name] = draw_share(estimate, draws, rng)
    gone = share_of(log.asked & ~log.served, log.asked, log.issue, by="asked for an agent")
    rng = rng_for(seed, "forecast", "shared", "abandons")
    never = gone is None or gone.value == 0  # unlimited agents: hanging up has no place
    found["abandons"] = np.zeros(draws) if never or gone is None else draw_share(gone, draws, rng)
    if never:
        priors = [name for name in priors if name != "repeat_if_abandoned"]
    return found, tuple(priors)


def _first_bin(score: Floats, threshold: float, first_bin: int | None) -> float:
    """Return the first bin that is flagged; 0: all are; infinity: none is."""
    if first_bin is not None:
        return first_bin
    seen = score[~np.isnan(score)]
    return 0 if seen.size and threshold <= seen.min() else math.inf


def _contacts_per_week(log: ControlLog, case: int) -> float:
    span = int(log.start.max() - log.start.min())
    return float((log.use_case == case).sum() * WEEK / span)


def _errors(log: ControlLog, case: int, rates: ForecastRates, contacts: float) -> Floats:
    """Return the standard error of each estimated difference in the planned test, (3, draws).

    sqrt(D [p_c (1 - p_c) + p_t (1 - p_t)] / n): n trials in an arm, as many per contact as in the
    log (answers for PRR; at the end of a test that is followed for 24 h all contacts are mature),
    D the log's design effect over issues, at least 1.
    """
    rows = log.use_case == case
    counted = (
        (log.accepted & ~log.asked, rows, rows),
        (log.positive, rows & log.responded, rows),
        (log.repeated, rows & log.followed, rows & log.followed),
    )
    errors = []
    for (yes, among, whole), control, treatment in zip(
        counted, rates.control, rates.treatment, strict=True
    ):
        trials = contacts * among.sum() / max(whole.sum(), 1)
        spread = control * (1 - control) + treatment * (1 - treatment)
        share = share_of(yes, among, log.issue, by="contacts")
        effect = 1.0
        if share is not None and 0 < share.value < 1 and share.standard_error is not None:
            p = share.value
            effect = max(1.0, share.standard_error**2 * among.sum() / (p * (1 - p)))
        errors.append(np.sqrt(effect * spread / max(trials, 1e-9)))
    return np.array(errors)
