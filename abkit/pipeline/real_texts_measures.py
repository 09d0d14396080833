"""Metrics of models on real texts, with bootstrap intervals, averaged over the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from abkit.core.real_texts import BASELINE, DEFAULT, Changed, RealRow, RealTask, Stratum
from abkit.core.reproduced import Interval
from abkit.model.bootstrap import percentile_interval, resampled_counts
from abkit.model.measures import Measures
from abkit.pipeline.real_texts_data import TaskTexts

if TYPE_CHECKING:
    from abkit.pipeline.real_texts_training import Outcome

REPLICATIONS: Final = 199
METRICS: Final = (
    ("average_precision", 0),
    ("macro.average_precision", None),
    ("macro.f1", None),
    ("ece", None),
    ("ece_classwise", None),
    ("nll", None),
)

Floats = npt.NDArray[np.float64]
Draws = dict[str, Floats]  # by metric, (1 + REPLICATIONS,): the estimate first


def task_report(
    data: TaskTexts,
    outcomes: Mapping[str, Sequence[Outcome]],
    changed: Mapping[str, Sequence[Outcome]] = MappingProxyType({}),
) -> RealTask:
    """Return all rows of one task; each model and each change has one outcome per seed."""
    plain = {
        model: _draws([one.plain for one in of_seeds], of_seeds)
        for model, of_seeds in outcomes.items()
    }
    reference = plain[BASELINE][data.metric]
    rows = []
    for model, of_seeds in outcomes.items():
        gap = None if model == BASELINE else _interval(plain[model][data.metric] - reference)
        rows.append(_row(model, of_seeds, plain[model], gap=gap, scaled=False))
        if model != BASELINE:
            scaled = _draws([_scaled(one) for one in of_seeds], of_seeds)
            rows.append(_row(f"{model} + temperature", of_seeds, scaled, gap=None, scaled=True))
    first = outcomes[BASELINE]
    shares = np.mean(
        [np.bincount(o.labels, o.weights, len(data.class_names)) / o.weights.sum() for o in first],
        axis=0,
    )
    return RealTask(
        name=data.name,
        how=data.how,
        class_names=data.class_names,
        shares=tuple(map(float, shares)),
        metric=data.metric,
        n_train=float(np.mean([one.n_train for one in first])),
        n_validation=float(np.mean([one.n_validation for one in first])),
        n_test=float(np.mean([len(one.labels) for one in first])),
        rows=tuple(rows),
        changed=tuple(
            _changed(what, of_seeds, data.metric, plain) for what, of_seeds in changed.items()
        ),
    )


def _changed(
    what: str, of_seeds: Sequence[Outcome], metric: str, plain: Mapping[str, Draws]
) -> Changed:
    own = _draws([one.plain for one in of_seeds], of_seeds)[metric]
    return Changed(
        what=what,
        n_train=float(np.mean([one.n_train for one in of_seeds])),
        epochs=_epochs(of_seeds),
        value=_interval(own),
        to_default=_interval(own - plain[DEFAULT][metric]),
        to_baseline=_interval(own - plain[BASELINE][metric]),
    )


def _epochs(of_seeds: Sequence[Outcome]) -> float | None:
    epochs = [one.epochs for one in of_seeds if one.epochs is not None]
    return float(np.mean(epochs)) if epochs else None


def _row(
    model: str, of_seeds: Sequence[Outcome], draws: Draws, *, gap: Interval | None, scaled: bool
) -> RealRow:
    temperatures = [one.temperature for one in of_seeds if one.temperature is not None]
    return RealRow(
        model=model,
        temperature=float(np.mean(temperatures)) if scaled else None,
        metrics={name: _interval(values) for name, values in draws.items()},
        gap=gap,
        epochs=_epochs(of_seeds),
        strata=_strata(of_seeds, scaled=scaled),
    )


def _draws(probabilities: Sequence[Floats], of_seeds: Sequence[Outcome]) -> Draws:
    """Return means over the seeds of every metric, on all rows and on each resample.

    Models of one task and seed share their test rows and so their resamples: gaps are paired.
    """
    per_seed = []
    for p, one in zip(probabilities, of_seeds, strict=True):
        measures = Measures(p, one.labels, weights=one.weights)
        places = [measures.keys.index(metric) for metric in METRICS]
        drawn = [np.ones(len(p)), *resampled_counts(len(p), REPLICATIONS, seed=one.job.seed)]
        per_seed.append(np.array([measures.at(w * one.weights)[places] for w in drawn]))
    means = np.mean(per_seed, axis=0)
    return {name: means[:, i] for i, (name, _) in enumerate(METRICS)}


def _interval(draws: Floats) -> Interval:
    low, high = percentile_interval(draws[1:])
    return Interval(estimate=float(draws[0]), ci_lower=float(low), ci_upper=float(high))


def _strata(of_seeds: Sequence[Outcome], *, scaled: bool) -> tuple[Stratum, ...]:
    found = []
    for agreed in (True, False):
        values = [
            _stratum(_scaled(one) if scaled else one.plain, one.labels, one.agreed == agreed)
            for one in of_seeds
            if one.agreed is not None and (one.agreed == agreed).any()
        ]
        if values:
            n, accuracy, confidence, ece, nll = np.mean(values, axis=0).tolist()
            found.append(
                Stratum(
                    agreed=agreed, n=n, accuracy=accuracy, confidence=confidence, ece=ece, nll=nll
                )
            )
    return tuple(found)


def _stratum(p: Floats, labels: npt.NDArray[np.int64], rows: npt.NDArray[np.bool_]) -> Floats:
    measures = Measures(p[rows], labels[rows])
    values = measures.at(measures.weights)
    accuracy, ece, nll = (
        values[measures.keys.index((m, None))] for m in ("accuracy", "ece", "nll")
    )
    return np.array([rows.sum(), accuracy, p[rows].max(axis=1).mean(), ece, nll])


def _scaled(one: Outcome) -> Floats:
    assert one.scaled is not None  # networks have one
    return one.scaled
