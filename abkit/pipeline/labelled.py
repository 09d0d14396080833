"""A user's own labelled texts: which file, which columns, which reason is LABEL 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError, nearest
from abkit.core.tables import read_columns


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """Where labelled texts are; rows without a text or a reason are left out and counted."""

    path: Path
    text: str = "text"
    reason: str = "reason"
    label_0: str = "defective"

    def read(self) -> "Labelled":
        """Return the texts and their reasons.

        Raises:
            DataError: The file cannot be read, lacks a column, or no row has LABEL 0 or another.
        """
        table = read_columns(self.path, [self.text, self.reason])
        texts, reasons = table[self.text].str.strip(), table[self.reason].str.strip()
        whole = (texts != "") & (reasons != "")
        kept = Labelled(texts[whole].tolist(), tuple(reasons[whole]), int((~whole).sum()))
        found = sorted(set(kept.reasons))
        if self.label_0 not in found:
            raise DataError(
                f"column `{self.reason}` of `{self.path}` never says `{self.label_0}` (LABEL 0); "
                f"it says {_some(found)}",
                hint=nearest(self.label_0, found) or "name the reason to detect with --label-0",
            )
        if len(found) == 1:
            raise DataError(f"every row of `{self.path}` has the reason `{self.label_0}`")
        return kept


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts and reasons, row by row."""

    texts: list[str]
    reasons: tuple[str, ...]
    left_out: int  # rows without a text or a reason

    def codes(self, class_names: Sequence[str], *, rest: bool) -> npt.NDArray[np.int64]:
        """Return each row's class; with `rest`, every reason but the first is class 1.

        Raises:
            DataError: A reason is none of `class_names`.
        """
        if rest:
            return np.array([int(reason != class_names[0]) for reason in self.reasons])
        if unknown := sorted(set(self.reasons) - set(class_names)):
            raise DataError(
                f"the reason `{unknown[0]}` is none of the model's classes {_some(class_names)}"
            )
        return np.array([class_names.index(reason) for reason in self.reasons])

    def class_names(self, label_0: str) -> tuple[str, ...]:
        """Return LABEL 0, then the other reasons by falling frequency."""
        others = [reason for reason in self.reasons if reason != label_0]
        return (label_0, *sorted(set(others), key=lambda name: (-others.count(name), name)))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
