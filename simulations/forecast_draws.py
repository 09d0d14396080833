"""What a control log with golden labels leaves open, as draws of a use-case's parameters.

The mixture's likelihood is taken as normal in the logits of its shares, and of recall and false
flags (delta method: the log-ratios of single bins of scores are far from normal where bins are
empty). Where it knows less of a share than the prior does (standard error of the logit above
`PRIOR_SD`), the prior is added, N(logit v0, PRIOR_SD^2) with v0 the base scenario's value: the same
rule by which `fit-scenario --log` keeps a value. That a wrong resolution helps nobody
(`fit_parameters`: the orderings and their margins) is part of the prior, so it is asked where one
of the two cells rests on the prior: draws that break it are dropped. Of two cells that the log
knows the log decides; clear contradictions are named, gross ones are refused.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from abkit.core.errors import DataError, listed
from abkit.core.fitted_log import LogEstimate
from abkit.simulations.clock import Floats
from abkit.simulations.fit_log_mixture import NAMES, MixtureFit
from abkit.simulations.fit_log_rates import Mask, Z
from abkit.simulations.fit_log_scenario import PRIOR_SD
from abkit.simulations.fit_parameters import SHARE_LIMITS, Ordering, case_parameters, stated
from abkit.simulations.forecast_effects import CELLS
from abkit.simulations.scenario import UseCase

UNSEEN_SD: Final = 1.0  # of the logit of a share of which the log knows less than `PRIOR_SD`
_GROUPS: Final = ("acceptance", "positive", "repeat")
_BATCH, _BATCHES = 20_000, 200  # draws that are tried
_LEAST_KEPT: Final = 200  # of them, whatever is asked for: fewer would say little
_CLEAR: Final = 3.09  # standard errors against an ordering, p below .001: named
_GROSS: Final = 6.0  # ... refused
UNSEEN: Final = tuple(  # where the menu has no entry for LABEL 0
    name for name in NAMES if name.startswith("menu") or name.endswith((".tp", ".fp"))
)
NO_ENTRY: Final = {"menu_error": 1.0, "menu_false_claim": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraws:
    """Draws of one use-case's parameters."""

    values: dict[str, Floats]  # by name as in `forecast_effects`; shape (draws,)
    from_prior: tuple[str, ...]  # of which the log knows less than the prior
    helps: tuple[str, ...]  # wrong resolutions that help, where the log knows both cells


def draw_case(
    fit: MixtureFit,
    first_bin: float,
    *,
    name: str,
    base: UseCase,
    draws: int,
    rng: np.random.Generator,
) -> CaseDraws:
    """Return draws of what one use-case's customers do, and of the text check's rates.

    Args:
        fit: The mixture.
        first_bin: The first bin of scores that is flagged; 0: every text is; infinity: none is.
        name: Of the use-case, for messages.
        base: The prior's centre.
        draws: How many.
        rng: Draws.

    Raises:
        ConfigError: A wrong resolution helps in the base.
        DataError: Next to no draw has the orderings that rest on the prior, or the log grossly
            contradicts another.
    """
    unseen = () if fit.counts.has_entry else UNSEEN
    mean, root, prior = _posterior(*_seen(fit, first_bin), base, unseen)
    open_names = {n for n, p in zip(NAMES, prior, strict=True) if p}
    orderings = _orderings(name, base)
    open_ones = tuple(o for o in orderings if {o.better, o.worse} & open_names)
    against = {o.worse: _against(mean, root, o) for o in orderings if o not in open_ones}
    if gross := [cell for cell, errors in against.items() if errors > _GROSS]:
        raise DataError(
            f"use-case `{name}`: by the log and its labels a wrong resolution helps, by more than "
            f"{_GROSS:g} standard errors: {listed(gross)}",
            hint="look for wrong labels: yes is LABEL 0",
        )
    theta, tried = _ordered(mean, root, open_ones, draws, rng)
    if (kept := len(theta)) < min(draws, _LEAST_KEPT):
        raise DataError(
            f"use-case `{name}`: in {kept:,} of {tried:,} draws no wrong resolution helps, so the "
            "log and its labels contradict the priors",
            hint="look for wrong labels, label more contacts, or name a nearer world with "
            "--scenario",
        )
    if kept < draws:
        theta = theta[rng.integers(kept, size=draws)]
    values = dict(zip(NAMES, expit(theta[:, : len(NAMES)]).T, strict=True))
    if not fit.counts.has_entry:
        values |= {key: np.full(draws, value) for key, value in NO_ENTRY.items()}
    values |= _flag_draws(theta, first_bin, n_bins=_bins(fit).shape[-1])
    fixed = () if fit.counts.has_entry else tuple(NO_ENTRY)
    return CaseDraws(
        values=values,
        from_prior=tuple(n for n in NAMES if n in open_names and n not in fixed),
        helps=tuple(cell for cell, errors in against.items() if errors > _CLEAR),
    )


def _ordered(
    mean: Floats, root: Floats, orderings: tuple[Ordering, ...], draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, int]:  # fmt: skip
    """Return at most `draws` draws in which every ordering holds, and how many were tried."""
    parts, n, tried = list[Floats](), 0, 0
    size = min(_BATCH, 4 * draws)
    while n < draws and tried < _BATCH * _BATCHES:
        theta = mean + rng.standard_normal((size, mean.size)) @ root.T
        kept = np.ones(size, dtype=bool)
        for o in orderings:
            better, worse = (expit(theta[:, NAMES.index(name)]) for name in (o.better, o.worse))
            kept &= o.sign * (better - worse) >= o.margin
        parts.append(theta[kept])
        n, tried = n + len(parts[-1]), tried + size
    return np.concatenate(parts)[:draws], tried


def draw_share(estimate: LogEstimate, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws of a counted share, normal in its logit, as its interval is.

    Raises:
        ValueError: The estimate has no interval.
    """
    if estimate.lower is None or estimate.upper is None:
        raise ValueError("an estimate without an interval cannot be drawn")
    if estimate.lower == estimate.upper:
        return np.full(draws, estimate.value)
    low, high = logit(estimate.lower), logit(estimate.upper)
    return expit((low + high) / 2 + (high - low) / (2 * Z) * rng.standard_normal(draws))


def draw_prior(value: float, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws of a share of which a log says nothing."""
    return expit(_centre(value) + UNSEEN_SD * rng.standard_normal(draws))


def _bins(fit: MixtureFit) -> Floats:
    """Return P(bin of the score | true, menu other), shape (2, bins)."""
    ratios = np.exp(fit.theta[len(NAMES) :].reshape(2, 2, -1)[:, 1])
    powers: Floats = np.concatenate((ratios, np.ones((2, 1))), axis=-1)
    bins: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return bins


def _seen(fit: MixtureFit, first_bin: float) -> tuple[Floats, Floats]:
    """Return the logits of `NAMES`, and of recall and false flags if some texts are flagged.

    With s the share of the flagged bins b, d logit s / d log-ratio_i = b_i (flagged_i - s) /
    [s (1 - s)]. Shapes (n,) and, their covariance, (n, n).
    """
    n, bins = len(NAMES), _bins(fit)
    slopes = np.eye(n, fit.theta.size)
    mean: Floats = fit.theta[:n]
    if 0 < first_bin < bins.shape[-1]:
        flagged = np.arange(bins.shape[-1]) >= first_bin
        shares = bins[:, flagged].sum(axis=-1)
        of_rates = np.zeros((2, 2, 2, bins.shape[-1] - 1))  # rate; true, menu, bin
        for true, share in enumerate(shares):
            of_rates[true, true, 1] = (bins[true] * (flagged - share) / (share * (1 - share)))[:-1]
        rows = np.hstack((np.zeros((2, n)), of_rates.reshape(2, -1)))
        slopes = np.vstack((slopes, rows))
        mean = np.concatenate((mean, np.asarray(logit(shares), dtype=float)))
    return mean, slopes @ fit.covariance @ slopes.T


def _posterior(
    seen: Floats, covariance: Floats, base: UseCase, unseen: tuple[str, ...]
) -> tuple[Floats, Floats, Mask]:
    """Return mean, a root of the covariance, and which shares the prior is added to.

    Of `unseen` the prior is all: what the mixture knows of them are its half contacts.
    """
    n = len(NAMES)
    prior: Mask = np.sqrt(np.diag(covariance)[:n]) > PRIOR_SD
    information = np.linalg.inv(covariance)
    for i in (NAMES.index(name) for name in unseen):
        prior[i], information[i], information[:, i] = True, 0, 0
    weight, target = np.zeros(seen.size), np.zeros(seen.size)
    weight[:n] = prior / UNSEEN_SD**2
    target[:n] = [_centre(stated(base, name)) for name in NAMES]
    both = np.linalg.inv(information + np.diag(weight))
    mean: Floats = seen + both @ (weight * (target - seen))
    root = np.linalg.cholesky((both + both.T) / 2)
    return mean, root.astype(np.float64), prior


def _centre(value: float) -> float:
    """Return the logit of a prior's centre; a share of 0 or 1 is taken as next to it."""
    return float(logit(np.clip(value, *SHARE_LIMITS)))


def _orderings(name: str, base: UseCase) -> tuple[Ordering, ...]:
    known = {f"{group}.{cell}" for group in _GROUPS for cell in CELLS}
    found = case_parameters(name, base).orderings
    return tuple(o for o in found if {o.better, o.worse} <= known)


def _against(mean: Floats, root: Floats, o: Ordering) -> float:
    """Return by how many standard errors, in logits, the worse cell is the better one."""
    better, worse = NAMES.index(o.better), NAMES.index(o.worse)
    error = np.linalg.norm(root[better] - root[worse])
    return float(o.sign * (mean[worse] - mean[better]) / error)


def _flag_draws(theta: Floats, first_bin: float, *, n_bins: int) -> dict[str, Floats]:
    """Return P(flagged | text, menu other) of LABEL 0 and of others."""
    names = ("recall", "false_flags")
    if 0 < first_bin < n_bins:
        return dict(zip(names, expit(theta[:, len(NAMES) :]).T, strict=True))
    return {name: np.full(len(theta), float(first_bin == 0)) for name in names}
