"""Every table that two binomial arms can show, with its probability, in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from abkit.analysis.binomial_windows import BinomialWindow, binomial_window
from abkit.analysis.two_proportions import Arm, Floats
from abkit.core.coverage_report import Setting

_BLOCK: Final = 1 << 16  # tables at a time: memory does not grow with the arms


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one setting but those of a probability below 1e-10 together."""

    setting: Setting
    control: BinomialWindow
    treatment: BinomialWindow

    @classmethod
    def of(cls, setting: Setting) -> Self:
        """Return the tables of a setting."""
        arms = (binomial_window(a.trials, a.rate) for a in (setting.control, setting.treatment))
        return cls(setting, *arms)

    @property
    def size(self) -> int:
        """Return the number of tables."""
        return len(self.control.weights) * len(self.treatment.weights)

    @property
    def n_blocks(self) -> int:
        """Return the number of blocks."""
        return -(-self.size // _BLOCK)

    @property
    def omitted(self) -> float:
        """Return the probability of the tables left out."""
        lost = self.control.omitted, self.treatment.omitted
        return lost[0] + lost[1] - lost[0] * lost[1]

    def blocks(self) -> Iterator[tuple[Arm, Arm, Floats]]:
        """Yield treatment, control and the probability of each table, flat."""
        width = len(self.control.weights)
        for start in range(0, self.size, _BLOCK):
            i, j = np.divmod(np.arange(start, min(start + _BLOCK, self.size)), width)
            yield (
                (self.treatment.first + i.astype(float), self.setting.treatment.trials),
                (self.control.first + j.astype(float), self.setting.control.trials),
                self.treatment.weights[i] * self.control.weights[j],
            )
