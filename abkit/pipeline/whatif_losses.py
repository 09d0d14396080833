"""Each loss at its best threshold, what calibration is worth, and the closed form's own check."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from abkit.core.metrics import AR
from abkit.core.progress import SILENT, Progress
from abkit.core.whatif import VALUE
from abkit.core.whatif_thresholds import CaseThresholds, FormulaCheck, LossThresholds, Range
from abkit.pipeline.whatif_models import DEFAULT_CALIBRATOR, Classifier
from abkit.pipeline.whatif_surface import Question, surface
from abkit.pipeline.whatif_thresholds import rule_threshold
from abkit.simulations.launch import QUANTITIES, launch_gains

Floats = npt.NDArray[np.float64]
Trainings = Mapping[tuple[str, str, int], Classifier]


def loss_thresholds(
    asked: Question, models: Trainings, grid: Floats, seeds: Sequence[int],
    progress: Progress = SILENT,
) -> tuple[LossThresholds, ...]:  # fmt: skip
    """Return each loss in each use-case: its best threshold for value, and what calibration costs.

    All with the default calibrator, but for the rule's threshold, which every calibrator reads.
    """
    losses = list(dict.fromkeys(loss for loss, _, _ in models))
    cases = [(loss, case) for loss in losses for case in asked.world.use_cases]
    return tuple(
        _one(asked, models, grid, seeds, loss, case)
        for loss, case in progress.track(cases, description="Losses")
    )


def _one(
    asked: Question, models: Trainings, grid: Floats, seeds: Sequence[int], loss: str, case: str
) -> LossThresholds:
    value = QUANTITIES.index(VALUE)
    best, bands, at_best, in_use = [], [], [], []
    for seed in seeds:
        model = models[loss, DEFAULT_CALIBRATOR, seed]
        own = model.threshold if asked.own_threshold is None else asked.own_threshold
        thresholds = np.unique([*grid, own])
        found = surface(asked, model, case, thresholds)
        place = found.best(found.own, VALUE)
        best.append(float(thresholds[place]))
        at_best.append(float(found.own[place, value]))
        in_use.append(float(found.own[np.searchsorted(thresholds, own), value]))
        bands.append(found.best_range(VALUE))
    kinds = list(dict.fromkeys(kind for of, kind, _ in models if of == loss))
    regret = {
        kind: [lost for seed in seeds if (lost := _regret(asked, models, grid, case, loss, kind,
                                                          seed)) is not None]
        for kind in kinds
    }  # fmt: skip
    return LossThresholds(
        loss=loss,
        use_case=case,
        best=_range(best),
        band=Range(low=min(b.low for b in bands), high=max(b.high for b in bands)),
        gain_at_best=_range(at_best),
        gain_in_use=_range(in_use),
        regret={kind: _range(lost) for kind, lost in regret.items() if lost},
    )


def _regret(
    asked: Question, models: Trainings, grid: Floats, case: str, loss: str, kind: str, seed: int
) -> float | None:
    """Return the AR that is lost at the rule's threshold: the best of the same model minus that.

    The best is looked for on the scores of the default calibrator, which rank texts as the others
    do, so that all calibrators of a training are compared with one number.
    """
    model, best = models[loss, kind, seed], models[loss, DEFAULT_CALIBRATOR, seed]
    named = rule_threshold(asked.world, case, model.prior)
    if named is None:
        return None

    def automation(of: Classifier, thresholds: Floats) -> Floats:
        flags = np.array([of.supply.flag_rates(threshold) for threshold in thresholds])
        gains = launch_gains(
            asked.world, case, flags=flags, shifts=np.zeros(len(flags)), weights=asked.weights,
            control=asked.control, treatment=asked.treatment,
        )  # fmt: skip
        found: Floats = gains[:, QUANTITIES.index(AR.name)]
        return found

    return float(automation(best, grid).max() - automation(model, np.array([named]))[0])


def _range(values: Sequence[float]) -> Range:
    return Range(low=min(values), high=max(values))


def formula_check(cases: Sequence[CaseThresholds]) -> FormulaCheck:
    """Return the largest gaps between closed form and simulation over all simulated thresholds."""
    gaps: dict[str, list[tuple[float, float]]] = {name: [] for name in QUANTITIES}
    for case in cases:
        for one in case.simulated:
            for name, found in gaps.items():
                form = case.curves[name].form[case.thresholds.index(one.threshold)]
                found.append((abs(form - one.gains[name]), one.standard_errors[name]))
    return FormulaCheck(
        n=sum(len(case.simulated) for case in cases),
        largest_gap={name: max(found)[0] for name, found in gaps.items()},
        standard_error={name: max(found)[1] for name, found in gaps.items()},
        largest_z={
            name: max((gap / error if error else 0.0) for gap, error in found)
            for name, found in gaps.items()
        },
    )
