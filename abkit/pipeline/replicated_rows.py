"""The rows of Table 3 over replications: means, spread, coverage, and the closed form beside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.analysis.replications import MeanInterval, mean_interval
from abkit.core.replicated import ReplicatedRow, Replication, RowKey, RowOverReplications
from abkit.pipeline.model_in_loop import Loop
from abkit.pipeline.simulating import CONTROL
from abkit.simulations.closed_form import CaseForm, closed_form
from abkit.simulations.scenario import Scenario

Floats = npt.NDArray[np.float64]
_PLACES: Final = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}


def deltas(found: Sequence[Replication]) -> dict[RowKey, Floats]:
    """Return each row's deltas, one per replication in which it is defined."""
    return {
        key: np.array([row.estimate for row in rows], dtype=float)
        for key, rows in _by_row(found).items()
    }


def over_replications(
    found: Sequence[Replication],
    world: Scenario,
    loop: Loop,
    *,
    confidence_level: float,
    first_stage: int | None,
) -> tuple[RowOverReplications, ...]:
    """Return every row of Table 3 over the replications, in the table's order."""
    form = closed_form(world, loop.supply, loop.threshold)
    return tuple(
        _row(
            key, rows, _truths(form, key), confidence_level=confidence_level,
            first_stage=first_stage if len(rows) == len(found) else None,
        )
        for key, rows in _by_row(found).items()
    )  # fmt: skip


def _by_row(found: Sequence[Replication]) -> dict[RowKey, list[ReplicatedRow]]:
    """Return each row's replications in which its delta is defined."""
    rows: dict[RowKey, list[ReplicatedRow]] = {}
    for replication in found:
        for row in replication.rows:
            of_key = rows.setdefault(row.key, [])
            if row.estimate is not None:
                of_key.append(row)
    return rows


def _row(
    key: RowKey, rows: list[ReplicatedRow], truths: tuple[float | None, float | None], *,
    confidence_level: float, first_stage: int | None,
) -> RowOverReplications:  # fmt: skip
    values = np.array([row.estimate for row in rows], dtype=float)
    found = mean_interval(values, confidence_level=confidence_level, first_stage=first_stage)
    stated = np.array([row.standard_error for row in rows if row.standard_error is not None])
    truth, first_contacts = truths
    treatment, use_case, metric = key
    launch = _launch(rows)
    return RowOverReplications(
        treatment=treatment,
        use_case=use_case,
        metric=metric,
        n=found.n,
        mean=found.mean,
        ci_lower=found.ci_lower,
        ci_upper=found.ci_upper,
        sd=found.sd,
        stated_se=float(np.sqrt(np.mean(stated**2))) if stated.size else None,
        truth=truth,
        first_contacts=first_contacts,
        hold_mean=0 if found.mean is None else _holding(rows, found.mean),
        hold_truth=None if truth is None else _holding(rows, truth),
        better=sum(row.verdict == "better" for row in rows),
        worse=sum(row.verdict == "worse" for row in rows),
        n_global=launch.of.n,
        global_effect=launch.of.mean,
        global_se=_error(launch.of),
        bias=launch.bias.mean,
        bias_se=_error(launch.bias),
        hold_global=launch.held,
        variance_reduction=launch.variance_reduction,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Launch:
    """The global effect over replications, and how the A/B test misses it."""

    of: MeanInterval
    bias: MeanInterval
    held: int
    variance_reduction: float | None


def _launch(rows: list[ReplicatedRow]) -> _Launch:
    """Return what the worlds of one arm say, over the replications in which they say something."""
    sums = [
        (row.estimate, row.all_control, row.all_treatment, row.ci_lower, row.ci_upper)
        for row in rows
        if row.global_effect is not None
    ]
    shown, before, after, lower, upper = np.array(sums, dtype=float).reshape(-1, 5).T
    effects = after - before
    varies = effects.size > 1 and float(effects.var(ddof=1)) > 0
    apart = before.var(ddof=1) + after.var(ddof=1) if varies else math.nan
    return _Launch(
        of=mean_interval(effects),
        bias=mean_interval(shown - effects),
        held=int(((lower <= effects) & (effects <= upper)).sum()),
        variance_reduction=float(apart / effects.var(ddof=1)) if varies else None,
    )


def _error(found: MeanInterval) -> float | None:
    """Return the standard error of a mean over replications."""
    return None if found.sd is None else found.sd / math.sqrt(found.n)


def _holding(rows: list[ReplicatedRow], value: float) -> int:
    """Return how many of the replications' own intervals hold a value."""
    return sum(row.ci_lower <= value <= row.ci_upper for row in rows)


def _truths(form: dict[str, CaseForm], key: RowKey) -> tuple[float | None, float | None]:
    """Return the delta of all contacts and that of first contacts by the closed form."""
    treatment, use_case, metric = key
    arms, name = form[use_case].arms, _PLACES[metric]
    every = getattr(arms[treatment].every - arms[CONTROL].every, name)
    first = getattr(arms[treatment].first - arms[CONTROL].first, name)
    return _defined(every), _defined(first)


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
