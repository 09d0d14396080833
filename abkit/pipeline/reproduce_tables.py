"""Tables 1 and 2 from the trainings' logits: rows, resampled intervals, differences to CE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.measured import Measured
from abkit.core.paper import TABLE_1, TABLE_2, TABLE_METRICS
from abkit.core.reproduced import (
    REFERENCE,
    Calibration,
    Golden,
    Key,
    Pair,
    PaperTable,
    Row,
    Stopping,
    model_name,
)
from abkit.core.rng import rng_for
from abkit.model.calibration import Scaling, fit_temperature, no_calibration
from abkit.pipeline.reproduce_data import CLASSES, SHARES
from abkit.pipeline.reproduce_job import TRUTH, VALIDATION, Outcome
from abkit.pipeline.reproduce_measures import Scored, differences, interval, measures, resamples
from abkit.pipeline.reproduce_thresholds import chosen_thresholds

Floats = npt.NDArray[np.float64]

GAMMAS: Final = {1: (0.0, 1.0, 3.0, 5.0, 10.0), 2: (0.0, 1.0, 5.0)}  # by table; 0 is CE
KINDS: Final[tuple[tuple[Stopping, Calibration], ...]] = (
    ("last", "none"),
    ("early", "none"),
    ("last", "golden"),
    ("early", "golden"),
    ("last", "logs"),
    ("last", "truth"),
    ("last", "flips"),
)
_FITTED: Final[tuple[tuple[Calibration, Calibration], ...]] = (  # temperatures to compare
    ("golden", "none"),
    ("flips", "truth"),
    ("logs", "truth"),
    ("logs", "golden"),
)
REPLICATIONS: Final = 1_000
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class _Replicates:
    """One row's metrics of one seed: the estimate first, then one figure per resample."""

    outcome: Outcome
    temperature: float
    values: Mapping[str, Floats]


def paper_table(
    number: int,
    golden: Golden,
    by_seed: Sequence[Sequence[Outcome]],
    *,
    replications: int = REPLICATIONS,
) -> PaperTable:
    """Return one table on golden texts of one class balance.

    Args:
        number: 1 or 2.
        golden: Whose share of LABEL 0 the golden parts have.
        by_seed: For each seed one outcome per gamma, in the order of `GAMMAS`.
        replications: Resamples of the report part.
    """
    part = f"report-{golden}"
    seeds = [_replicates(outcomes, golden, replications) for outcomes in by_seed]
    reference = [seed[REFERENCE] for seed in seeds]
    return PaperTable(
        number=number,
        golden=golden,
        share=SHARES[golden],
        n=len(by_seed[0][0].labels[part]),
        n_label_0=tuple(int((outcomes[0].labels[part] == 0).sum()) for outcomes in by_seed),
        rows=tuple(_row(number, key, [seed[key] for seed in seeds], reference) for key in seeds[0]),
        pairs=tuple(_pair(ours, other, seeds) for ours, other in compared(number)),
        objective_farther=_objective_farther(number, seeds),
        chosen=chosen_thresholds(golden, by_seed),
    )


def compared(table: int) -> list[tuple[Key, Key]]:
    """Return the pairs of rows that are compared, beside every row with CE of the last epoch."""
    models = [model_name(gamma) for gamma in GAMMAS[table]]
    plain: list[Key] = [(model, "last", "none") for model in models]
    pairs = [(more, less) for less, more in pairwise(plain) if less != REFERENCE]
    for model in models[1:]:
        last: Key = (model, "last", "none")
        pairs += [(("CE", "early", "none"), last), (("CE", "last", "golden"), last)]
        pairs += [((model, *how), ("CE", *how)) for how in KINDS[1:3]]
    for model in models:
        for one, other in _FITTED:
            if (model, "last", other) != REFERENCE:
                pairs.append(((model, "last", one), (model, "last", other)))
    return pairs


def _replicates(
    outcomes: Sequence[Outcome], golden: str, replications: int
) -> dict[Key, _Replicates]:
    """Return every row of one seed, all under the same resamples."""
    report = f"report-{golden}"
    first = outcomes[0]
    labels, seed = first.labels[report], first.job.config.seed
    weights = resamples(len(labels), replications, first.job.table, golden, seed=seed)
    found: dict[Key, _Replicates] = {}
    for stopping, calibration in KINDS:
        for outcome in outcomes:
            gamma = outcome.job.config.gamma
            fitted = calibrator(outcome, stopping, calibration, golden)
            p = fitted.apply(outcome.logits[f"{stopping}/{report}"])
            values = measures(
                Scored(p, labels), weights, gamma=gamma if calibration == "none" else None
            )
            key = model_name(gamma), stopping, calibration
            found[key] = _Replicates(outcome, fitted.temperature, values)
    return found


def calibrator(
    outcome: Outcome, stopping: Stopping, calibration: Calibration, golden: str
) -> Scaling:
    """Return one temperature: of golden texts of that balance, or of the logs' validation part."""
    if calibration == "none":
        return no_calibration(CLASSES[outcome.job.table])
    part = f"calibrate-{golden}" if calibration == "golden" else VALIDATION
    labels = outcome.labels[TRUTH if calibration == "truth" else part]
    if calibration == "flips":
        labels = _flipped(outcome)
    return fit_temperature(outcome.logits[f"{stopping}/{part}"], labels)


def _flipped(outcome: Outcome) -> npt.NDArray[np.int64]:
    """Return the true validation labels with as many wrong as in the logs, but wrong at random."""
    true, logged = outcome.labels[TRUTH], outcome.labels[VALIDATION]
    k, n_wrong = outcome.job.config.n_classes, int((true != logged).sum())
    rng = rng_for(outcome.job.config.seed, "reproduce", "flips", outcome.job.table)
    labels = true.copy()
    rows = rng.choice(len(true), n_wrong, replace=False)
    labels[rows] = (true[rows] + rng.integers(1, k, n_wrong)) % k
    return labels


def _pair(ours: Key, other: Key, seeds: Sequence[Mapping[Key, _Replicates]]) -> Pair:
    minus = [differences(seed[ours].values, seed[other].values) for seed in seeds]
    return Pair(ours=ours, other=other, differences=_measured(minus))


def _objective_farther(table: int, seeds: Sequence[Mapping[Key, _Replicates]]) -> Measured:
    """Return by how much our objective is farther from the paper's NLL row than our NLL is."""
    stated = TABLE_1 if table == 1 else TABLE_2
    nll = TABLE_METRICS.index("nll")
    by_seed = []
    for seed in seeds:
        farther = np.zeros(1)
        for model in list(stated)[1:]:
            paper = np.log((stated[model][nll] or np.nan) / (stated["CE"][nll] or np.nan))
            fall = {
                name: np.log(seed[model, "last", "none"].values[name])
                - np.log(seed[REFERENCE].values[name])
                for name in ("objective", "nll")
            }
            farther = farther + np.abs(fall["objective"] - paper) - np.abs(fall["nll"] - paper)
        by_seed.append({"distance": farther})
    return _measured(by_seed)["distance"]


def _row(
    number: int, key: Key, seeds: Sequence[_Replicates], reference: Sequence[_Replicates]
) -> Row:
    model, stopping, calibration = key
    facts = [seed.outcome.facts[stopping] for seed in seeds]
    stated = TABLE_1 if number == 1 else TABLE_2
    in_paper = (stopping, calibration) == ("last", "none") and model in stated
    minus = [differences(ours.values, ce.values) for ours, ce in zip(seeds, reference, strict=True)]
    return Row(
        model=model,
        gamma=seeds[0].outcome.job.config.gamma,
        stopping=stopping,
        calibration=calibration,
        epochs=tuple(fact["epoch"] for fact in facts),
        temperatures=tuple(seed.temperature for seed in seeds),
        training_accuracy=tuple(fact["training_accuracy"] for fact in facts),
        noise_learnt=tuple(fact["noise_learnt"] for fact in facts),
        metrics=_measured([seed.values for seed in seeds]),
        differences={} if key == REFERENCE else _measured(minus),
        paper=dict(zip(TABLE_METRICS, stated[model], strict=True)) if in_paper else {},
    )


def _measured(seeds: Sequence[Mapping[str, Floats]]) -> dict[str, Measured]:
    return {
        name: Measured(
            by_seed=tuple(interval(one[name], confidence_level=LEVEL) for one in seeds),
            mean=interval(np.mean([one[name] for one in seeds], axis=0), confidence_level=LEVEL),
        )
        for name in seeds[0]
    }
