"""Fresh labelled parts that a model was tested on: on record, so that none serves twice.

They are no part of the model and of its digest: one file each in a folder `fresh_parts` within the
model's, whole or absent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ArtifactError, RunError
from abkit.core.store import digest_of, write_json
from abkit.model.golden_ledger import rows_digest
from abkit.model.predictions import Labels

FOLDER: Final = "fresh_parts"


@dataclass(frozen=True, kw_only=True, eq=False)
class FreshUse:
    """One draw of labelled texts and the one question that was asked of it."""

    question: Mapping[str, Any]  # goal, target, class, ...: all that decides the answer
    hashes: npt.NDArray[np.uint64]  # (n,), of the normal form of each text
    labels: Labels  # (n,)

    @property
    def words(self) -> str:
        """Return what the rows did, as a predicate."""
        return f"were tested for {told(self.question)}"

    def same_as(self, other: "FreshUse") -> bool:
        """Return whether rows and question are the same, and so the answer."""
        return self._name == other._name

    @property
    def _name(self) -> str:
        return digest_of([dict(self.question), rows_digest(self.hashes, self.labels)])[:32]

    def record(self, folder: Path) -> bool:
        """Write this use beside the model in `folder`; return False where that cannot be done."""
        facts = {
            "question": dict(self.question),
            "hashes": [f"{value:016x}" for value in self.hashes.tolist()],
            "labels": self.labels.tolist(),
        }
        try:
            write_json(folder / FOLDER / f"{self._name}.json", facts)
        except RunError:
            return False
        return True


def told(asked: Mapping[str, Any]) -> str:
    """Return a question in words, with all that decides its answer."""
    said = f"{100 * asked['target']:.10g} % {asked['goal']} of `{asked['class']}`"
    if "confidence" in asked:
        said += f" with {100 * asked['confidence']:.10g} % confidence"
    if "start" in asked:
        said += f" (start {asked['start']}, step {asked['step']})"
    if "served" not in asked:
        return said
    prior, scores, scenario = asked["served"]
    if prior is not None:
        said += f" at a served share of {100 * prior:.10g} %"
    elif scores is not None:
        said += f" at the share in served scores {scores[:8]}"
    elif scenario is None:
        said += " at the default scenario's share"
    return said if scenario is None else f"{said} in scenario `{scenario}`"


def read_uses(folder: Path) -> list[FreshUse]:
    """Return all uses on record beside the model in `folder`.

    Raises:
        ArtifactError: A record is damaged.
    """
    uses = []
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            facts = json.loads(path.read_bytes())
            use = FreshUse(
                question=facts["question"],
                hashes=np.array([int(text, 16) for text in facts["hashes"]], dtype=np.uint64),
                labels=np.array(facts["labels"], dtype=np.int64),
            )
            whole = path.stem == use._name and bool(use.words)
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            whole = False
        if not whole:
            raise ArtifactError(
                f"`{path}` is not the record of a fresh part that was saved",
                hint="it guards those texts against a second use; copy it anew, or delete it and "
                "label a fresh draw",
            )
        uses.append(use)
    return uses
