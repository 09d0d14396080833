"""A user's own labelled texts: which file, which columns, which reason is LABEL 0."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError, DataError, nearest
from abkit.core.tables import read_columns

MAX_CLASSES: Final = 100  # of a multi-class task
NAME_CLASSES: Final = "--reason names the column that says the model's classes"


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """Where labelled texts are; rows without a text or a reason are left out and counted."""

    path: Path
    text: str = "text"
    reason: str = "reason"
    label_0: str = "defective"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))  # a string is a path too

    def read(self, *, remedy: str | None = None) -> "Labelled":
        """Return the texts and their reasons.

        Args:
            remedy: What to do where LABEL 0 never occurs; None: name another LABEL 0.

        Raises:
            ConfigError: Texts and reasons are one column.
            DataError: The file cannot be read, lacks a column, or no row has LABEL 0 or another.
        """
        if self.text == self.reason:
            raise ConfigError(
                f"`text` and `reason` both name the column `{self.text}`; expected two columns"
            )
        table = read_columns(self.path, [self.text, self.reason])
        texts, reasons = table[self.text].str.strip(), table[self.reason].str.strip()
        whole = (texts != "") & (reasons != "")
        kept = Labelled(texts[whole].tolist(), tuple(reasons[whole]), int((~whole).sum()))
        found = sorted(set(kept.reasons))
        if self.label_0 not in found:
            raise DataError(
                f"column `{self.reason}` of `{self.path}` never says `{self.label_0}` (LABEL 0); "
                f"it says {_some(found)}",
                hint=remedy
                or nearest(self.label_0, found)
                or "name the reason to detect with --label-0",
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
        code = {name: number for number, name in enumerate(class_names)}
        return np.array([code[reason] for reason in self.reasons])

    def class_names(self, label_0: str) -> tuple[str, ...]:
        """Return LABEL 0, then the other reasons by falling frequency.

        Raises:
            DataError: There are more than 100.
        """
        counts = Counter(reason for reason in self.reasons if reason != label_0)
        if len(counts) >= MAX_CLASSES:
            raise DataError(
                f"there are {len(counts) + 1:,} distinct reasons; expected at most {MAX_CLASSES} "
                "classes",
                hint="is this the right column? --task binary takes LABEL 0 against the rest",
            )
        return (label_0, *sorted(counts, key=lambda name: (-counts[name], name)))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
