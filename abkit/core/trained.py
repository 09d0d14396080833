"""What `abkit train` made: the artifact's folder and every number that describes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from abkit.core.results import Rendered


def loss_in_words(config: Mapping[str, Any]) -> str:
    """Return the loss that a model's config, as `to_dict` writes it, was trained with."""
    if config.get("loss", "focal") == "flsd53":
        loss = "focal loss, gamma 5 or 3 by sample (FLSD-53)"
    else:
        gamma = config["gamma"]
        loss = "cross-entropy" if gamma == 0 else f"focal loss, gamma {gamma:g}"
    smoothing = config.get("label_smoothing", 0)
    return f"{loss}, label smoothing {smoothing:g}" if smoothing else loss


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShares:
    """Class shares of the logs beside those of the golden set; each tuple has a value per class."""

    class_names: tuple[str, ...]
    logged: tuple[float, ...]  # by the logs' own codes, noise included
    n_logged: int
    by_scores: tuple[float, ...] | None  # the logs' true shares, estimated; None: cannot be
    standard_errors: tuple[float | None, ...] | None  # of `by_scores`
    n_scored: int  # logged texts of the test part, from which they are estimated
    golden: tuple[float, ...]
    n_golden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport(Rendered):
    """A trained classifier. Metrics name their part and whose labels those are."""

    folder: Path
    digest: str
    source: str  # what it was trained on, in words
    class_names: tuple[str, ...]  # the first is LABEL 0
    config: Mapping[str, Any]
    calibrator: Mapping[str, Any]
    threshold: Mapping[str, Any]
    certified: Mapping[str, Any] | None  # None: no golden part certified anything
    golden: Mapping[str, Any]  # each part's labels, size and hash
    label_source: str  # "golden", or "logs": whose labels calibrated and chose the threshold
    metrics: Mapping[str, Any]  # of the parts `calibrate` and `report`, and of the `training`
    class_shares: ClassShares | None = None  # None: no golden labels, or the logs are not at hand
    n_called: int | None = None  # texts of the part `report` whose likeliest class is LABEL 0

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        return {
            "folder": str(self.folder),
            "digest": self.digest,
            "source": self.source,
            "class_names": list(self.class_names),
            "config": dict(self.config),
            "calibrator": dict(self.calibrator),
            "threshold": dict(self.threshold),
            "certified": None if self.certified is None else dict(self.certified),
            "golden": dict(self.golden),
            "label_source": self.label_source,
            "metrics": dict(self.metrics),
            "class_shares": asdict(self.class_shares) if self.class_shares else None,
            "n_called": self.n_called,
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the metrics, one row per part."""
        return [{"part": part, **self.metrics[part]} for part in ("calibrate", "report")]
