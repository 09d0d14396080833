"""What Figures 2 to 6 show, from the trainings' logits."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.analysis.exact_intervals import clopper_pearson_interval
from abkit.core.pictured import Curve, Diagram, DiagramBin, Pictured
from abkit.core.reproduced import model_name
from abkit.model.calibration import no_calibration
from abkit.model.metrics import average_precision, evaluate, flagged_and_hits, precision_recall_at
from abkit.model.reliability import Bin
from abkit.model.thresholds import plug_in_threshold
from abkit.pipeline.reproduce_data import NAMES, SHARES
from abkit.pipeline.reproduce_job import Outcome
from abkit.pipeline.reproduce_measures import bins_of
from abkit.pipeline.reproduce_thresholds import TARGET_PRECISION

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

N_SCORE_BINS: Final = 20
GOLDEN: Final = "paper"  # the figures stand beside the paper's, so with its class balance


def pictured(table: int, outcomes: Sequence[Outcome]) -> Pictured:
    """Return what the figures of one table show: the last networks of one seed, uncalibrated."""
    groups = (NAMES[1][0], "other") if table == 1 else ("right", "wrong")
    return Pictured(
        table=table,
        seed=outcomes[0].job.config.seed,
        share=SHARES[GOLDEN],
        target_precision=TARGET_PRECISION,
        class_names=tuple(NAMES[table]),
        balance=_balance(outcomes[0]),
        histogram_of="P(LABEL 0)" if table == 1 else "largest probability",
        histogram_groups=groups,
        diagrams=tuple(_diagram(table, outcome) for outcome in outcomes),
        curves=tuple(_curve(outcome) for outcome in outcomes) if table == 1 else (),
    )


def _balance(outcome: Outcome) -> Mapping[str, tuple[int, ...]]:
    k = outcome.job.config.n_classes
    return {
        "logs": tuple(outcome.facts["logged"]),
        **{
            f"golden-{golden}": tuple(
                np.bincount(outcome.labels[f"report-{golden}"], minlength=k).tolist()
            )
            for golden in SHARES
        },
    }


def _probabilities(outcome: Outcome, purpose: str) -> tuple[Floats, Labels]:
    part = f"{purpose}-{GOLDEN}"
    plain = no_calibration(outcome.job.config.n_classes)
    return plain.apply(outcome.logits[f"last/{part}"]), outcome.labels[part]


def _diagram(table: int, outcome: Outcome) -> Diagram:
    p, y = _probabilities(outcome, "report")
    of_first = y == 0 if table == 1 else p.argmax(axis=1) == y
    at = bins_of(p[:, 0] if table == 1 else p.max(axis=1), N_SCORE_BINS)
    first, second = (
        np.bincount(at[group], minlength=N_SCORE_BINS).tolist() for group in (of_first, ~of_first)
    )
    found = evaluate(p, y)
    return Diagram(
        model=model_name(outcome.job.config.gamma),
        ece=found.ece,
        mce=found.mce,
        f1=found.macro.f1,
        histogram=(tuple(first), tuple(second)),
        bins=tuple(map(_bar, found.bins)),
    )


def _bar(one: Bin) -> DiagramBin:
    low, high = None, None
    if one.accuracy is not None:
        bounds = clopper_pearson_interval(round(one.accuracy * one.n), one.n)
        low, high = map(float, bounds)
    return DiagramBin(
        lower=one.lower, upper=one.upper, n=one.n, accuracy=one.accuracy,
        confidence=one.confidence, ci_lower=low, ci_upper=high,
    )  # fmt: skip


def _curve(outcome: Outcome) -> Curve:
    (p, y), (p_other, y_other) = (
        _probabilities(outcome, purpose) for purpose in ("report", "calibrate")
    )
    scores, positive = p[:, 0], y == 0
    distinct, flagged, hits = flagged_and_hits(scores, positive)
    chosen = plug_in_threshold(
        p_other[:, 0], y_other == 0, target_precision=TARGET_PRECISION
    ).threshold
    at = (None, None) if chosen is None else precision_recall_at(scores, positive, chosen)
    return Curve(
        model=model_name(outcome.job.config.gamma),
        thresholds=tuple(distinct.tolist()),
        precision=tuple((hits / flagged).tolist()),
        recall=tuple((hits / positive.sum()).tolist()),
        average_precision=average_precision(scores, positive),
        chosen=chosen,
        chosen_precision=at[0],
        chosen_recall=at[1],
    )
