"""The classifiers that `whatif` compares: one training for each loss and seed, many calibrators.

Another calibrator needs no training: a model keeps its scores of the golden texts, a calibrator of
the family softmax(z / T + b) can be undone, and the others are fitted on what it was fitted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.whatif import Setting
from abkit.model.artifact import Artifact, load
from abkit.model.calibration import Floats, Scaling
from abkit.model.calibrators import fit_calibrator
from abkit.model.presets import CalibratorKind
from abkit.model.thresholds import plug_in_threshold
from abkit.pipeline.history import cached_model
from abkit.pipeline.simulating import default_recipe
from abkit.pipeline.supplies import generated_texts, scored
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply

GAMMAS: Final = {"CE": 0.0, "FL1": 1.0, "FL3": 3.0, "FL5": 5.0, "FL10": 10.0}  # the paper's losses
DEPLOYED: Final = "FL1"  # by the paper, footnote 3
CALIBRATORS: Final[tuple[CalibratorKind, ...]] = ("none", "temperature", "platt", "isotonic")
DEFAULT_CALIBRATOR: Final = "platt"
_NEAR_1: Final = 1 - 1e-15  # nearer to 1 the log-odds are lost to rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """One training with one calibrator."""

    loss: str
    calibrator: str
    seed: int
    supply: ScoredSupply  # the served texts with its scores
    threshold: float  # the lowest that showed the target precision on golden texts
    prior: float  # LABEL 0 share that its probabilities are calibrated at
    n_positive: int  # LABEL 0 texts of a golden set, which know its recall


def classifiers(
    world: Scenario,
    *,
    losses: Sequence[str],
    calibrators: Sequence[CalibratorKind],
    seeds: Sequence[int],
    target_precision: float,
    progress: Progress = SILENT,
) -> dict[tuple[str, str, int], Classifier]:
    """Return every classifier by loss, calibrator and seed, trained now unless it is cached.

    Raises:
        ConfigError: No classifier can be trained for the scenario, or one has no threshold.
    """
    recipe, texts = default_recipe(world), generated_texts(progress)
    found: dict[tuple[str, str, int], Classifier] = {}
    jobs = [(loss, seed) for seed in seeds for loss in losses]
    for loss, seed in progress.track(jobs, description="Models, trained where not at hand"):
        config = replace(recipe.config, gamma=GAMMAS[loss], seed=seed)
        artifact = load(cached_model(replace(recipe, config=config)))
        supply = scored(texts, artifact)
        for kind in calibrators:
            found[loss, kind, seed] = recalibrated(
                artifact, supply, kind, loss=loss, target_precision=target_precision
            )
    return found


def recalibrated(
    artifact: Artifact,
    supply: ScoredSupply,
    kind: CalibratorKind,
    *,
    loss: str,
    target_precision: float,
) -> Classifier:
    """Return a binary model with another calibrator, fitted on the texts of its own.

    Raises:
        ConfigError: The model's own calibrator cannot be undone, or no threshold shows the target.
    """
    part, own = artifact.golden["calibrate"], artifact.calibrator
    if not isinstance(own, Scaling) or own.n_classes != 2:
        raise ConfigError(
            f"the model's calibrator is `{own.kind}` for {own.n_classes} classes; only a "
            "temperature or Platt's map for two can be undone"
        )
    golden, served = part.probabilities[:, 0], supply.scores
    if kind != own.kind:
        logits = _logits(np.log(part.probabilities[:, 0] / part.probabilities[:, 1]), own)
        fitted = fit_calibrator(kind, logits, part.labels)
        p = np.minimum(served, _NEAR_1)
        golden = fitted.apply(logits)[:, 0]
        served = fitted.apply(_logits(np.log(p / (1 - p)), own))[:, 0]
    chosen = plug_in_threshold(golden, part.labels == 0, target_precision=target_precision)
    if chosen.threshold is None:
        raise ConfigError(
            f"no threshold shows a precision of {target_precision:g} on the {chosen.n:,} golden "
            f"texts of {loss} with `{kind}` (highest: {chosen.highest_precision or 0:.3f})",
            hint="ask for a lower --precision",
        )
    return Classifier(
        loss=loss,
        calibrator=kind,
        seed=artifact.config.seed,
        supply=replace(supply, scores=served),
        threshold=chosen.threshold,
        prior=artifact.class_prior[0],
        n_positive=int((artifact.golden["report"].labels == 0).sum()),
    )


def _logits(log_odds: Floats, own: Scaling) -> Floats:
    """Return logits (n, 2), up to a common shift, of what Platt's map made of them."""
    raw = own.temperature * (log_odds - (own.bias[0] - own.bias[1]))
    return np.stack([raw, np.zeros_like(raw)], axis=1)


def settings(
    baseline: Setting, losses: Sequence[str], calibrators: Sequence[str], policies: Sequence[str]
) -> list[Setting]:
    """Return the baseline, then each setting that differs from it in one thing."""
    return [
        baseline,
        *(replace(baseline, loss=loss) for loss in losses if loss != baseline.loss),
        *(
            replace(baseline, calibrator=kind)
            for kind in calibrators
            if kind != baseline.calibrator
        ),
        *(replace(baseline, policy=policy) for policy in policies if policy != baseline.policy),
    ]


def chosen(name: str, words: str | None, allowed: Sequence[str]) -> list[str]:
    """Return the words of a list with commas, each once; None: all that are allowed.

    Raises:
        ConfigError: A word is unknown.
    """
    if words is None:
        return list(allowed)
    found = list(dict.fromkeys(word.strip() for word in words.split(",")))
    for word in found:
        if word not in allowed:
            raise unknown_choice(name, word, allowed)
    return found
