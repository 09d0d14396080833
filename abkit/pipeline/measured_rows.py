"""Every metric of scores that were read: the whole, its strata, and beside other scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError, DataError, unknown_choice
from abkit.core.evaluated import Comparison, Conventions, Evaluated, EvaluatedRows, Measure
from abkit.core.progress import SILENT, Progress
from abkit.model.bootstrap import percentile_interval, resampled_counts
from abkit.model.brier_parts import brier_parts
from abkit.model.diagram import diagram
from abkit.model.measures import Measures
from abkit.model.reliability import CALIBRATION_OF, EDGES, Edges
from abkit.pipeline.score_files import ScoreFile

MAX_STRATA: Final = 100
MIN_RESAMPLES: Final = 100
_WHY: Final = {
    "mce_min20": "no bin has 20 rows",
    "nll": "a row's label has the probability 0",
    "average_precision": "no row has this class",
    "l2_debiased": "no bin has two rows",
    "l2_debiased_squared": "no bin has two rows",
}

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


def evaluate_scores(
    scores: ScoreFile,
    conventions: Conventions,
    *,
    source: str,
    by: str | None = None,
    against: ScoreFile | None = None,
    against_source: str | None = None,
    progress: Progress = SILENT,
) -> Evaluated:
    """Measure scores that were read already; `evaluate` says what the conventions mean."""
    check_options(
        conventions.n_bins, conventions.edges, conventions.calibration_of, conventions.resamples,
        conventions.confidence_level,
    )  # fmt: skip
    scores, against = scores.weighted(), against and against.weighted()
    job = _Job(conventions, scores.class_names, _positive(scores, conventions), progress)
    strata = _strata(scores, by)
    everything = np.arange(len(scores.labels))
    prepared = [job.prepare(scores, everything)]
    if against is not None:
        prepared.append(job.prepare(against, everything))
    draws = job.draws(prepared, "Resampling the rows")
    rows = job.rows(scores, everything, None, prepared[0], draws[0])
    compared = None
    if against is not None:
        compared = Comparison(
            source=against_source or "the other",
            rows=job.rows(against, everything, None, prepared[1], draws[1]),
            differences=job.differences(prepared, draws),
        )
    found = [job.stratum(scores, chosen, name) for name, chosen in strata]
    return Evaluated(
        source=source, class_names=scores.class_names, conventions=conventions, rows=rows, by=by,
        strata=tuple(found), against=compared, notes=scores.notes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Job:
    """The options, applied to any choice of rows."""

    conventions: Conventions
    class_names: Sequence[str]
    positive: int | None
    progress: Progress

    @property
    def _options(self) -> dict[str, Any]:
        c = self.conventions
        return {
            "n_bins": c.n_bins,
            "edges": c.edges,
            "calibration_of": c.calibration_of,
            "positive": self.positive,
        }

    def prepare(self, scores: ScoreFile, rows: Rows) -> Measures:
        w = None if scores.weights is None else scores.weights[rows]
        return Measures(scores.probabilities[rows], scores.labels[rows], weights=w, **self._options)

    def draws(self, prepared: Sequence[Measures], description: str | None) -> list[Floats]:
        """Return the metrics of each of `prepared` in every resample, (metrics, resamples)."""
        c, n = self.conventions, prepared[0].n
        counts = resampled_counts(n, c.resamples, seed=c.seed)
        if description is not None and c.resamples:
            counts = self.progress.track(counts, description=description, total=c.resamples)
        found: list[list[Floats]] = [[] for _ in prepared]
        for count in counts:
            for one, kept in zip(prepared, found, strict=True):
                kept.append(one.at(one.weights * count))
        return [
            np.array(kept).T if kept else np.full((len(one.keys), 1), np.nan)
            for one, kept in zip(prepared, found, strict=True)
        ]

    def rows(
        self, scores: ScoreFile, rows: Rows, name: str | None, prepared: Measures, draws: Floats
    ) -> EvaluatedRows:
        p, y, c = scores.probabilities[rows], scores.labels[rows], self.conventions
        n = np.bincount(y, minlength=len(self.class_names))
        w = prepared.weights
        return EvaluatedRows(
            stratum=name,
            n=len(y),
            weight=float(w.sum()),
            class_rows=dict(zip(self.class_names, n.tolist(), strict=True)),
            measures=self._measures(prepared, prepared.at(w), draws),
            brier_parts=brier_parts(p, y, n_bins=c.n_bins, edges=_edges(c), weights=w),
            bins=diagram(
                p, y, weights=w, class_names=self.class_names,
                confidence_level=c.confidence_level, **self._options,
            ),
        )  # fmt: skip

    def stratum(self, scores: ScoreFile, rows: Rows, name: str) -> EvaluatedRows:
        prepared = self.prepare(scores, rows)
        draws = self.draws([prepared], f"Resampling {name or 'rows without a stratum'}")
        return self.rows(scores, rows, name, prepared, draws[0])

    def differences(
        self, prepared: Sequence[Measures], draws: Sequence[Floats]
    ) -> tuple[Measure, ...]:
        ours, theirs = (one.at(one.weights) for one in prepared)
        with np.errstate(invalid="ignore"):  # infinity less infinity is not defined
            return self._measures(prepared[0], ours - theirs, draws[0] - draws[1])

    def _measures(self, prepared: Measures, values: Floats, draws: Floats) -> tuple[Measure, ...]:
        level = self.conventions.confidence_level
        ends = percentile_interval(draws, confidence_level=level)
        return tuple(
            Measure(
                metric=metric,
                class_name=None if c is None else self.class_names[c],
                estimate=_known(value),
                ci_lower=_known(lower),
                ci_upper=_known(upper),
                note=None if np.isfinite(value) else _WHY.get(metric),
            )
            for (metric, c), value, (lower, upper) in zip(
                prepared.keys, values.tolist(), ends.tolist(), strict=True
            )
        )


def _edges(conventions: Conventions) -> Edges:
    return "right" if conventions.edges == "right" else "left"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _positive(scores: ScoreFile, conventions: Conventions) -> int | None:
    """Return the class that calibration is of, when it is of one."""
    positive, of = conventions.positive, conventions.calibration_of
    if of == "positive":
        if positive is None:
            shown = ", ".join(f"`{name}`" for name in scores.class_names)
            raise ConfigError("calibration of `positive` needs `positive`", hint=f"one of {shown}")
        return scores.class_names.index(positive)
    if positive is not None and not scores.is_one_against_rest:
        raise ConfigError(
            f"`positive` is `{positive}` with calibration of `{of}`",
            hint="add --calibration-of positive, or leave --positive out",
        )
    return None


def _strata(scores: ScoreFile, by: str | None) -> list[tuple[str, Rows]]:
    """Return each stratum's name and rows, names in order."""
    if scores.groups is None:
        return []
    names, at = np.unique(np.array(scores.groups, dtype=object), return_inverse=True)
    if len(names) > MAX_STRATA:
        raise DataError(
            f"`{by}` has {len(names):,} distinct values; expected at most {MAX_STRATA} strata",
            hint="is this the right column?",
        )
    return [(str(name), np.flatnonzero(at == code)) for code, name in enumerate(names)]


def check_options(
    n_bins: int, edges: str, calibration_of: str, bootstrap: int, confidence_level: float
) -> None:
    """Refuse options before a file is read."""
    checks.at_least("n_bins", n_bins, 1)
    checks.level("confidence_level", confidence_level)
    if edges not in EDGES:
        raise unknown_choice("edges", edges, EDGES)
    if calibration_of not in CALIBRATION_OF:
        raise unknown_choice("calibration_of", calibration_of, CALIBRATION_OF)
    if bootstrap and bootstrap < MIN_RESAMPLES:
        raise ConfigError(
            f"`bootstrap` is {bootstrap}; expected at least {MIN_RESAMPLES}, or 0 for no intervals"
        )
