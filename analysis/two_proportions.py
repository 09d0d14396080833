"""What every interval and test of two proportions takes and gives, as arrays."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError

Floats = npt.NDArray[np.float64]
Arm = tuple[npt.ArrayLike, npt.ArrayLike]  # successes and trials


class Bounds(NamedTuple):
    """An interval per table; NaN where it is undefined, infinite where it has no end."""

    lower: Floats
    upper: Floats


class Counts(NamedTuple):
    """Checked counts as floats, of the broadcast shape."""

    x1: Floats  # treatment's successes
    n1: Floats
    x0: Floats  # control's
    n0: Floats

    @property
    def rates(self) -> tuple[Floats, Floats]:
        """Return the share of successes in treatment and in control."""
        return self.x1 / self.n1, self.x0 / self.n0

    @property
    def pooled_rate(self) -> Floats:
        """Return the share of successes in both arms together."""
        return np.asarray((self.x1 + self.x0) / (self.n1 + self.n0))


def checked_counts(treatment: Arm, control: Arm) -> Counts:
    """Return the counts as arrays of one shape.

    Raises:
        ConfigError: A pair breaks 0 <= successes <= trials with trials >= 1.
    """
    arrays = np.broadcast_arrays(*(np.asarray(part, float) for part in (*treatment, *control)))
    counts = Counts(*arrays)
    for name, x, n in (("treatment", *counts[:2]), ("control", *counts[2:])):
        bad = ~((x >= 0) & (x <= n) & (n >= 1) & np.isfinite(n))  # NaN is bad
        if bad.any():
            at = int(np.argmax(bad))
            raise ConfigError(
                f"`{name}` has {x.flat[at]:g} successes in {n.flat[at]:g} trials; expected "
                "0 <= successes <= trials, and trials >= 1"
            )
    return counts
