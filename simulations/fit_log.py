"""All that a control log with golden labels tells of its world, each number with its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from abkit.core.errors import DataError
from abkit.core.fitted_log import LogEstimate, LogTextCheck
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.fit_log_arrivals import ArrivalFit, fit_arrivals
from abkit.simulations.fit_log_mixture import OUTCOMES, MixtureCounts, fit_mixture
from abkit.simulations.fit_log_rates import Mask, share_of, shares_of
from abkit.simulations.fit_log_rows import IS_0, IS_OTHER, UNNAMED, ControlLog
from abkit.simulations.fit_log_times import (
    fit_bot,
    fit_delay,
    fit_heads,
    fit_patience,
    fit_service,
)
from abkit.simulations.scenario import Scenario

ENOUGH_LABELS: Final = 5  # of LABEL 0, and of others, in a use-case: below, no mixture is fitted
_BINS: Final = 8  # of the score, about equally full, and one edge more at the threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFit:
    """Estimates by key of the scenario, dotted; lists by number (`arrivals.hour_weights.8`)."""

    estimates: dict[str, LogEstimate]
    text_check: tuple[LogTextCheck, ...]
    arrivals: ArrivalFit
    heads: tuple[Floats, Floats] | None  # see `fit_heads`
    few_labels: tuple[str, ...]  # use-cases with too few labels for a mixture


def fit_log(log: ControlLog, base: Scenario, *, threshold: float | None = None) -> LogFit:
    """Return the estimates.

    Args:
        log: Contacts and labels.
        base: Which laws durations follow, and the variation of days where the log is too short.
        threshold: Of the text check; None: its recall is not asked for.

    Raises:
        DataError: The log holds a use-case that the base does not know, or too little.
    """
    if unknown := [name for name in log.use_cases if name not in base.use_cases]:
        known = ", ".join(f"`{name}`" for name in base.use_cases)
        raise DataError(
            f"the log's use-case `{unknown[0]}` is none of the base's: {known}",
            hint="a base scenario that names it gives what the log cannot show",
        )
    arrivals = fit_arrivals(log.start[log.first], prior_cv=base.arrivals.day_factor_cv)
    bot = fit_bot(log)
    found = {f"arrivals.{name}": estimate for name, estimate in arrivals.estimates.items()}
    found |= _shared(log, base.customers.max_attempts) | _reasons(log)
    found |= bot | fit_service(log, base.agents, bot) | fit_patience(log, base.agents)
    found |= fit_delay(log)
    shares = shares_of(log.use_case[log.first], len(log.use_cases), by="first contacts")
    checks, few = [], []
    for code, name in enumerate(log.use_cases):
        found[f"use_cases.{name}.share"] = shares[code]
        counts, first_bin = case_counts(log, code, base.customers.max_attempts, threshold)
        labelled = counts.labelled()
        if min(labelled) < ENOUGH_LABELS:
            few.append(name)
            checks.append(
                LogTextCheck(use_case=name, recall=None, false_flags=None, labels=labelled)
            )
            continue
        fit = fit_mixture(counts)
        found |= {f"use_cases.{name}.{key}": e for key, e in _with_menu(fit.estimates()).items()}
        rates = (None, None) if first_bin is None else fit.flag_rates(first_bin)
        checks.append(
            LogTextCheck(use_case=name, recall=rates[0], false_flags=rates[1], labels=labelled)
        )
    return LogFit(
        estimates=found,
        text_check=tuple(checks),
        arrivals=arrivals,
        heads=fit_heads(log, bot),
        few_labels=tuple(few),
    )


def _with_menu(found: dict[str, LogEstimate]) -> dict[str, LogEstimate]:
    """Add that the menu has no entry for LABEL 0, if nobody has ever selected it."""
    if "menu_error" in found:
        return found
    by = "nobody selects it"
    fixed = {
        name: LogEstimate(value=value, standard_error=0.0, lower=value, upper=value, by=by)
        for name, value in (("menu_error", 1.0), ("menu_false_claim", 0.0))
    }
    return found | fixed


def _shared(log: ControlLog, max_attempts: int) -> dict[str, LogEstimate]:
    """Return what the use-cases share: asking, answering, repeats by way out."""
    everybody = np.ones(log.issue.size, dtype=bool)
    rejected = log.offered & ~log.accepted
    may_repeat = log.followed & (log.attempt < max_attempts)
    silent = rejected & ~log.asked
    abandoned = log.asked & ~log.served
    asked: dict[str, tuple[Mask, Mask, str]] = {
        "text_rate": (log.has_text, everybody, "contacts"),
        "asks_at_once": (~log.offered, everybody, "contacts"),
        "asks_after_rejecting": (log.asked, rejected, "rejected offers"),
        "response_rate": (log.responded, log.offered, "offers"),
        "positive_if_rejected": (log.positive, rejected & log.responded, "answers"),
        "repeat_if_served": (log.repeated, log.served & may_repeat, "served"),
        "repeat_if_silent": (log.repeated, silent & may_repeat, "left silently"),
        "repeat_if_abandoned": (log.repeated, abandoned & may_repeat, "abandoned"),
    }
    found = {}
    for name, (yes, among, by) in asked.items():
        if (estimate := share_of(yes, among, log.issue, by=by)) is not None:
            found[f"customers.{name}"] = estimate
    return found


def _reasons(log: ControlLog) -> dict[str, LogEstimate]:
    """Return the other reasons' shares and the menu's confusion, from labels by name."""
    named = log.first & (log.reason > DEFECTIVE)
    if not named.any():
        return {}
    shares = shares_of(log.reason[named] - 1, len(REASONS) - 1, by="named labels")
    found = {f"other_reasons.{REASONS[i + 1]}": e for i, e in enumerate(shares)}
    confused = share_of(
        log.menu != log.reason, named & (log.menu != DEFECTIVE), log.issue,
        by="named labels",
    )  # fmt: skip
    if confused is not None:
        found["customers.menu_confusion"] = confused
    return found


def case_counts(
    log: ControlLog, case: int, max_attempts: int, threshold: float | None
) -> tuple[MixtureCounts, int | None]:
    """Return one use-case's first contacts counted for the mixture, and the first flagged bin.

    A repeat is open where the log ends within 24 h, or where the issue may not come back.
    """
    rows = log.first & (log.use_case == case)
    score = log.score[rows]
    edges, first_bin = _edges(score[~np.isnan(score)], threshold)
    n_bins = edges.size + 1
    bins = np.where(np.isnan(score), n_bins, np.searchsorted(edges, score, side="right"))
    answer = np.where(log.positive[rows], 1, 2) * log.responded[rows]
    known = log.followed[rows] & (max_attempts > 1)
    repeat = np.where(log.repeated[rows], 1, 2) * known
    outcome = np.where(log.accepted[rows], 2 + 3 * answer + repeat, log.offered[rows].astype(int))
    menu = (log.menu[rows] != DEFECTIVE).astype(int)
    label = np.select([log.label[rows] == IS_0, log.label[rows] == IS_OTHER], [1, 2], 0)
    counts = np.zeros((2, n_bins + 1, OUTCOMES, 3))
    np.add.at(counts, (menu, bins, outcome, label), 1)
    return MixtureCounts(counts), first_bin


def _edges(score: Floats, threshold: float | None) -> tuple[Floats, int | None]:
    """Return where bins begin, and the number of the one that begins at the threshold."""
    if not score.size:
        return np.empty(0), None
    inner = np.quantile(score, np.arange(1, _BINS) / _BINS)
    first = None if threshold is None or not score.min() < threshold <= score.max() else threshold
    edges = np.unique(inner if first is None else np.append(inner, first))
    edges = edges[edges > score.min()]
    return edges, None if first is None else int(np.searchsorted(edges, first)) + 1


def unnamed_labels(log: ControlLog) -> bool:
    """Return whether some label says other without saying which reason."""
    return bool((log.first & (log.label == IS_OTHER) & (log.reason == UNNAMED)).any())


def observed_resolutions(log: ControlLog) -> Sequence[str | None]:
    """Return what was offered for each menu reason, None where it was not one and the same."""
    found: list[str | None] = []
    for code in range(len(REASONS)):
        offered = set(log.resolution[log.offered & (log.menu == code)].tolist())
        found.append(str(next(iter(offered))) if len(offered) == 1 else None)
    return found
