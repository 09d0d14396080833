"""Which threshold a simulated chatbot flags from, and what stands behind it."""

import math
from dataclasses import dataclass
from typing import Final

from abkit.core.errors import ConfigError
from abkit.model.artifact import Artifact
from abkit.model.metrics import precision_recall_at

CERTIFIED: Final = "certified"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdInUse:
    """A threshold, in words what it rests on, and what was measured at it."""

    value: float
    origin: str
    expected: tuple[float | None, float | None]  # precision, recall on the part that chose it
    offline: tuple[float | None, float | None]  # ... on a part that nothing was fitted on


def read_threshold(asked: float | str | None) -> float | str | None:
    """Return a number, `certified` or None as it was asked for.

    Raises:
        ConfigError: It is something else.
    """
    if asked is None or asked == CERTIFIED:
        return asked
    try:
        value = float(asked)
    except ValueError:
        raise ConfigError(f"`threshold` is `{asked}`; expected a number or `certified`") from None
    if not math.isfinite(value):
        raise ConfigError(f"`threshold` is {value}; expected a finite number")
    return value


def threshold_in_use(artifact: Artifact, asked: float | str | None) -> ThresholdInUse:
    """Return the plug-in threshold (None), the certified one, or a number as it was given.

    Raises:
        ConfigError: The model has no such threshold.
    """
    if asked is None:
        return _plug_in(artifact)
    if isinstance(asked, str):
        return _certified(artifact)
    nothing = (None, None)
    return ThresholdInUse(
        value=asked, origin="given on the command line", expected=nothing, offline=nothing
    )


def certified_beside(artifact: Artifact) -> str:
    """Return what could be promised, for the line below the plug-in threshold."""
    found = artifact.certified
    if found is None:
        return "none, since no golden labels could carry a promise"
    promise = f"{_shown(found.target)} precision with {_shown(found.confidence)} confidence"
    if found.threshold is None:
        return f"none can promise {promise}; abkit threshold says what it would take"
    return f"promises {promise}; --threshold certified takes it"


def _plug_in(artifact: Artifact) -> ThresholdInUse:
    chosen, report = artifact.threshold, artifact.metrics["report"]
    if chosen.threshold is None:
        raise ConfigError(
            f"the model has no threshold: none reached a precision of {chosen.target_precision:g} "
            f"on {chosen.n:,} labelled texts (highest: {chosen.highest_precision or 0:.3f})",
            hint="give one with --threshold, or train with another --target-precision",
        )
    labels = "golden texts" if artifact.label_source == "golden" else "logged texts"
    return ThresholdInUse(
        value=chosen.threshold,
        origin=f"plug-in for {_shown(chosen.target_precision)} precision on {chosen.n:,} {labels} "
        f"({chosen.n_positive:,} LABEL 0); no guarantee: half of such thresholds fall short",
        expected=(chosen.expected_precision, chosen.expected_recall),
        offline=(report["precision_at_threshold"], report["recall_at_threshold"]),
    )


def _certified(artifact: Artifact) -> ThresholdInUse:
    found = artifact.certified
    if found is None or found.threshold is None:
        raise ConfigError(
            f"the model has no certified threshold: {certified_beside(artifact)}",
            hint="leave --threshold out: the plug-in threshold is used, without a promise",
        )
    report = artifact.golden["report"]
    offline = precision_recall_at(report.probabilities[:, 0], report.labels == 0, found.threshold)
    return ThresholdInUse(
        value=found.threshold,
        origin=f"certified for {_shown(found.target)} precision with {_shown(found.confidence)} "
        f"confidence on {found.n:,} golden texts kept for that ({found.n_positive:,} LABEL 0)",
        expected=(found.observed_precision, found.observed_recall),
        offline=offline,
    )


def _shown(value: float) -> str:
    return f"{100 * value:.4g} %"
