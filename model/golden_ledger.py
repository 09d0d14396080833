"""Which labelled part served which purpose: kept by hash, so that no part serves two."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError
from abkit.model.predictions import Floats, Labels

LabelSource = Literal["golden", "logs"]
Purpose = Literal["calibrate", "certify", "report"]
PURPOSES: Final = ("calibrate", "certify", "report")


@dataclass(frozen=True, kw_only=True, eq=False)
class GoldenPart:
    """The rows of one part as the model sees them, without their texts."""

    labels_of: LabelSource  # annotators', or the logs' own
    probabilities: Floats  # (n, k), calibrated
    labels: Labels  # (n,)
    hashes: npt.NDArray[np.uint64]  # (n,), of the normal form of each text
    n_in_training: int  # rows whose text was also trained on, word for word

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of texts and labels, in whatever order the rows stood."""
        return rows_digest(self.hashes, self.labels)


Ledger = Mapping[str, GoldenPart]  # by purpose


def rows_digest(hashes: npt.NDArray[np.uint64], labels: Labels) -> str:
    """Return the SHA-256, in hex, of rows in whatever order they stand."""
    order = np.lexsort((labels, hashes))
    rows = np.stack([hashes[order], labels[order].astype(np.uint64)], axis=1)
    return sha256(rows.astype("<u8").tobytes()).hexdigest()


def to_facts(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return what each part is: whose labels, how many rows, and its hash."""
    return {
        purpose: {
            "labels": part.labels_of,
            "n": len(part.labels),
            "n_in_training": part.n_in_training,
            "digest": part.digest,
        }
        for purpose, part in sorted(ledger.items())
    }


def to_tensors(ledger: Ledger) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of all parts, named `<purpose>.<array>`."""
    return {
        f"{purpose}.{name}": np.ascontiguousarray(getattr(part, name))
        for purpose, part in sorted(ledger.items())
        for name in ("probabilities", "labels", "hashes")
    }


def from_tensors(
    facts: Mapping[str, Mapping[str, Any]], tensors: Mapping[str, npt.NDArray[Any]]
) -> dict[str, GoldenPart]:
    """Return the ledger that `to_facts` and `to_tensors` described.

    Raises:
        ConfigError: A purpose is unknown, or rows are not those that the hash names.
    """
    ledger = {}
    for purpose, fact in facts.items():
        if purpose not in PURPOSES or fact["labels"] not in ("golden", "logs"):
            raise ConfigError(f"a golden part is `{purpose}` with labels `{fact['labels']}`")
        arrays = {
            name: tensors[f"{purpose}.{name}"] for name in ("probabilities", "labels", "hashes")
        }
        part = GoldenPart(labels_of=fact["labels"], n_in_training=fact["n_in_training"], **arrays)
        if (len(part.labels), part.digest) != (fact["n"], fact["digest"]):
            raise ConfigError(f"the part `{purpose}` is not the one that its hash names")
        ledger[purpose] = part
    return ledger
