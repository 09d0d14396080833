"""From labelled texts to an artifact: train, calibrate, choose the threshold, measure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import DataError
from abkit.core.progress import SILENT, Progress
from abkit.model import metrics
from abkit.model.artifact import Artifact
from abkit.model.baseline import Baseline, fit_baseline
from abkit.model.calibration import Calibrator
from abkit.model.calibrators import fit_calibrator
from abkit.model.certified_thresholds import CertifiedThreshold, certify_precision
from abkit.model.epochs import Labels
from abkit.model.gamma_choice import choose_gamma
from abkit.model.golden_ledger import GoldenPart, LabelSource
from abkit.model.logs_apart import apart
from abkit.model.presets import ModelConfig
from abkit.model.reliability import reliability
from abkit.model.text import normalise, text_hashes
from abkit.model.text_reuse import check_apart
from abkit.model.threads import device_name
from abkit.model.thresholds import PlugInThreshold, plug_in_threshold
from abkit.model.training import Trained, checked_labels, train

Texts = Sequence[str]
Labelled = tuple[Texts, npt.ArrayLike]


def fit_artifact(
    logged_texts: Texts,
    logged_labels: npt.ArrayLike,
    *,
    calibrate: Labelled | None,
    report: Labelled | None,
    certify: Labelled | None = None,
    config: ModelConfig,
    class_names: Sequence[str],
    target_precision: float = 0.85,
    gamma_auto: bool = False,
    checkpoint: Path | None = None,
    progress: Progress = SILENT,
) -> Artifact:
    """Train on the logs, calibrate and choose the threshold on one part, measure on another.

    A third part certifies: a threshold whose precision is promised comes from it alone. Logged rows
    that a golden part may have been drawn from are left out (`apart`), and counted.

    Args:
        logged_texts: The logs' texts; of those left 80 % train, 10 % stop the training.
        logged_labels: Int, in 0..k-1, as logged (noise included); 0 is LABEL 0.
        calibrate: Golden texts and labels, for calibrator and threshold. None: the logs' own
            validation part, and the artifact says so.
        report: Golden texts and labels, for the metrics only. None: the logs' own test part.
        certify: Golden texts and labels, for the promise only. None: there is no promise, since
            the logs' own labels cannot carry one.
        config: Of k classes; names the calibrator.
        class_names: k names, LABEL 0 first.
        target_precision: Of LABEL 0, that the threshold is chosen for; in (0, 1).
        gamma_auto: Whether gamma is chosen by `choose_gamma` instead of the config's.
        checkpoint: Where the training is kept after every epoch, to be resumed.
        progress: Shows the training.

    Raises:
        DataError: Texts or labels out of their domain, too few, of one class, or golden texts that
            are another part's or nearly all of the logs.
        ConfigError: `target_precision` outside (0, 1), or training diverged.
    """
    checks.level("target_precision", target_precision)  # all that is cheap comes before training
    golden = _part(calibrate, config), _part(report, config), _part(certify, config)
    check_apart([part.texts for part in golden if part])
    logs, left_out = _logs(logged_texts, logged_labels, config, golden)
    trained, candidates = _trained(logs, config, class_names, gamma_auto, checkpoint, progress)
    training, validation = logs.take(trained.split.train), logs.take(trained.split.validation)
    parts = {
        "calibrate": golden[0] or validation,
        "report": golden[1] or logs.take(trained.split.test),
    }
    promise = {"certify": golden[2]} if golden[2] else {}
    calibrator, threshold = _fitted(trained, parts["calibrate"], target_precision)
    baseline = fit_baseline(training.texts, training.labels, n_classes=config.n_classes)
    learnt = _hashes(training.texts)
    measured = {
        name: _measured(part, trained, calibrator, threshold, baseline, learnt)
        for name, part in parts.items()
    }
    ledger = {
        name: _recorded(part, trained, calibrator, learnt)
        for name, part in (parts | promise).items()
    }
    return Artifact(
        config=trained.network.config,
        class_names=trained.class_names,
        calibrator=calibrator,
        threshold=threshold,
        certified=_certified(ledger.get("certify"), target_precision),
        golden=ledger,
        class_prior=_prior(parts["calibrate"], config.n_classes),
        label_source=parts["calibrate"].source,
        metrics=measured | {"training": _training_facts(trained) | left_out | candidates},
        tokenizer=trained.network.tokenizer,
        weights=trained.network.weights,
        seen_texts=_hashes(
            [
                text
                for part in (training, validation, parts["calibrate"], *promise.values())
                for text in part.texts
            ]
        ),
    )


def _trained(
    logs: "_Part",
    config: ModelConfig,
    class_names: Sequence[str],
    gamma_auto: bool,
    checkpoint: Path | None,
    progress: Progress,
) -> tuple[Trained, dict[str, Any]]:
    """Return the training, and what its gamma was chosen from where it was chosen."""
    how: Any = {"class_names": class_names, "checkpoint": checkpoint, "progress": progress}
    if not gamma_auto:
        return train(logs.texts, logs.labels, config, **how), {}
    choice = choose_gamma(logs.texts, logs.labels, config, **how)
    return choice.trained, {"gammas": [asdict(one) for one in choice.candidates]}


@dataclass(frozen=True, slots=True)
class _Part:
    source: LabelSource
    texts: list[str]
    labels: Labels  # (n,)

    def take(self, rows: npt.NDArray[np.int64]) -> "_Part":
        return _Part(self.source, [self.texts[row] for row in rows], self.labels[rows])


def _logs(
    texts: Texts, labels: npt.ArrayLike, config: ModelConfig, golden: Sequence[_Part | None]
) -> tuple[_Part, dict[str, Any]]:
    """Return the logs apart from the golden texts, and how many rows that cost, if any."""
    logs = _Part(
        "logs",
        list(texts),
        checked_labels(labels, n_texts=len(texts), n_classes=config.n_classes),
    )
    found = apart(logs.texts, logs.labels, [text for part in golden if part for text in part.texts])
    lost = {"n_long": found.n_long, "n_short": found.n_short}
    return logs.take(found.kept), {"left_out": lost} if any(lost.values()) else {}


def _fitted(
    trained: Trained, part: _Part, target_precision: float
) -> tuple[Calibrator, PlugInThreshold]:
    """Return calibrator and threshold, both of one part."""
    logits = trained.network.logits(part.texts)
    calibrator = fit_calibrator(trained.network.config.calibrator, logits, part.labels)
    scores = calibrator.apply(logits)[:, 0]
    return calibrator, plug_in_threshold(
        scores, part.labels == 0, target_precision=target_precision
    )


def _recorded(
    part: _Part, trained: Trained, calibrator: Calibrator, learnt: npt.NDArray[np.uint64]
) -> GoldenPart:
    """Return a part as the artifact keeps it: scores, labels, hashes of its texts."""
    hashes = text_hashes([normalise(text) for text in part.texts])
    return GoldenPart(
        labels_of=part.source,
        probabilities=calibrator.apply(trained.network.logits(part.texts)),
        labels=part.labels,
        hashes=hashes,
        n_in_training=int(np.isin(hashes, learnt).sum()),
    )


def _certified(part: GoldenPart | None, target_precision: float) -> CertifiedThreshold | None:
    if part is None:
        return None
    return certify_precision(part.probabilities[:, 0], part.labels == 0, target=target_precision)


def _prior(part: _Part, n_classes: int) -> tuple[float, ...]:
    counts = np.bincount(part.labels, minlength=n_classes)
    return tuple(float(share) for share in counts / counts.sum())


def _part(golden: Labelled | None, config: ModelConfig) -> _Part | None:
    if golden is None:
        return None
    texts = list(golden[0])
    if not texts:
        raise DataError("a golden set is empty", hint="leave it out to use the logs' own labels")
    return _Part(
        "golden", texts, checked_labels(golden[1], n_texts=len(texts), n_classes=config.n_classes)
    )


def _hashes(texts: Texts) -> npt.NDArray[np.uint64]:
    return np.unique(text_hashes([normalise(text) for text in texts]))


def _measured(
    part: _Part,
    trained: Trained,
    calibrator: Calibrator,
    threshold: PlugInThreshold,
    baseline: Baseline,
    learnt: npt.NDArray[np.uint64],
) -> Mapping[str, Any]:
    """Return every metric of one part, the baseline's average precision beside the model's."""
    logits = trained.network.logits(part.texts)
    p = calibrator.apply(logits)
    positive = part.labels == 0
    forms = text_hashes([normalise(text) for text in part.texts])
    facts: dict[str, Any] = {
        "labels": part.source,
        "n_positive": int(positive.sum()),
        "n_in_training": int(np.isin(forms, learnt).sum()),
        **metrics.evaluate(p, part.labels).to_dict(),
        "ece_positive": reliability(p, part.labels, calibration_of="positive", positive=0).ece,
        "average_precision": metrics.average_precision(p[:, 0], positive),
        "baseline_average_precision": metrics.average_precision(
            baseline.probabilities(part.texts)[:, 0], positive
        ),
        "precision_at_threshold": None,
        "recall_at_threshold": None,
    }
    if threshold.threshold is not None:
        at = metrics.precision_recall_at(p[:, 0], positive, threshold.threshold)
        facts["precision_at_threshold"], facts["recall_at_threshold"] = at
    return facts


def _training_facts(trained: Trained) -> dict[str, Any]:
    split, device = trained.split, trained.network.config.device
    return {
        "labels": "logs",
        "n_train": len(split.train),
        "n_validation": len(split.validation),
        "n_test": len(split.test),
        "best_epoch": trained.kept_epoch,
        "history": [asdict(epoch) for epoch in trained.history],
        **({} if device == "cpu" else {"device": device_name(device)}),
    }
