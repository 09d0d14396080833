"""What is changed, one thing at a time, to find why a network is ahead or behind on a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from abkit.pipeline.real_texts_data import TaskTexts, clothing_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference to FL1 as `abkit train` makes it, or to the linear baseline."""

    settings: Mapping[str, Any] = field(default_factory=dict)  # of the network's config
    texts: Callable[[Path], TaskTexts] | None = None  # other training texts, the same golden ones
    baseline: bool = False  # it is the baseline that changes


_SHORT: Final = {"4 epochs, as for many texts": Change(settings={"epochs": 4})}
CHANGES: Final[Mapping[str, Mapping[str, Change]]] = {
    "clothing not recommended": {},  # not behind, and 4 epochs as it is
    "airline reasons": _SHORT,
    "airline luggage": _SHORT,
    "clothing returns": {
        **_SHORT,
        "no early stopping": Change(settings={"patience": None}),
        "no token dropout": Change(settings={"token_dropout": 0.0}),
        "1,000 subwords": Change(settings={"vocabulary_size": 1_000}),
        "embedding of 256": Change(settings={"embedding_size": 256}),
        "trained on all reviews": Change(texts=clothing_rules),
        "baseline trained on all reviews": Change(texts=clothing_rules, baseline=True),
    },
    "bank queries": _SHORT,
}
