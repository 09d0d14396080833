"""Tables 1 and 2 from the trainings' logits: rows, resampled intervals, differences to CE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.paper import TABLE_1, TABLE_2, TABLE_METRICS
from abkit.core.reproduced import Calibration, Golden, Measured, PaperTable, Row, Stopping
from abkit.core.rng import rng_for
from abkit.model.calibration import Scaling, fit_temperature, no_calibration
from abkit.pipeline.reproduce_data import CLASSES, SHARES
from abkit.pipeline.reproduce_measures import Scored, differences, interval, measures, resamples
from abkit.pipeline.reproduce_training import TRUTH, VALIDATION, Outcome

Floats = npt.NDArray[np.float64]

GAMMAS: Final = {1: (0.0, 1.0, 3.0, 5.0, 10.0), 2: (0.0, 1.0, 5.0)}  # by table; 0 is CE
REFERENCE: Final = ("CE", "last", "none")  # what every difference is to
KINDS: Final[tuple[tuple[Stopping, Calibration], ...]] = (
    ("last", "none"),
    ("early", "none"),
    ("last", "golden"),
    ("early", "golden"),
    ("last", "logs"),
    ("last", "truth"),
    ("last", "flips"),
)
REPLICATIONS: Final = 1_000
LEVEL: Final = 0.95

_Key = tuple[str, Stopping, Calibration]


def model_name(gamma: float) -> str:
    """Return the paper's name: CE, or FL and gamma."""
    return "CE" if gamma == 0 else f"FL{gamma:g}"


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
    )


def _replicates(
    outcomes: Sequence[Outcome], golden: str, replications: int
) -> dict[_Key, _Replicates]:
    """Return every row of one seed, all under the same resamples."""
    report = f"report-{golden}"
    first = outcomes[0]
    labels, seed = first.labels[report], first.job.config.seed
    weights = resamples(len(labels), replications, first.job.table, golden, seed=seed)
    found: dict[_Key, _Replicates] = {}
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


def _row(
    number: int, key: _Key, seeds: Sequence[_Replicates], reference: Sequence[_Replicates]
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
