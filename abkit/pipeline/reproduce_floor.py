"""The lowest mean NLL that an accuracy, an ECE and an MCE leave possible: a linear programme."""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize

from abkit.core.paper import TABLE_1, TABLE_2, TABLE_METRICS
from abkit.core.reproduced import Floor
from abkit.pipeline.reproduce_data import CLASSES

Floats = npt.NDArray[np.float64]

N_BINS: Final = 10
PER_BIN: Final = 400  # confidences tried in each bin
ROUNDING: Final = 0.0005  # half a unit of the paper's last digit


def stated_floors(table: int) -> tuple[Floor, ...]:
    """Return the floor of every NLL that the paper's Table 1 or 2 states."""
    stated = TABLE_1 if table == 1 else TABLE_2
    found = []
    for model, values in stated.items():
        row = dict(zip(TABLE_METRICS, values, strict=True))
        floor = nll_floor(
            _given(row["accuracy"]), ece=_given(row["ece"]), mce=row["mce"],
            n_classes=CLASSES[table],
        )  # fmt: skip
        found.append(Floor(table=table, model=model, stated=_given(row["nll"]), floor=floor))
    return tuple(found)


def nll_floor(accuracy: float, *, ece: float, mce: float | None, n_classes: int) -> float:
    """Return the smallest mean NLL, in nats, of any scores with these three figures.

    The unknowns are the shares of texts that are hits and misses at each confidence c. A hit
    costs -log c; a miss at least -log min(c, 1 - c), the most that is left for the right class.
    Hits sum to the accuracy at most, since fewer cost more; per top-label bin
    |hits - confidence| bounds the ECE's part, and the MCE bounds it by the bin's share. Each figure
    may be off by half a unit in its third digit.

    Args:
        accuracy: In (0, 1).
        ece: Over ten equal bins of the top label, in [0, 1].
        mce: Over the same bins; None: not stated.
        n_classes: A confidence is at least 1 / n_classes.
    """
    c, bin_of = _confidences(n_classes)
    n = len(c)
    member = np.eye(N_BINS)[bin_of].T  # (bins, n)
    gap = np.hstack([member * (1 - c), member * -c])  # hits, misses: (bins, 2n)
    none, slack = np.zeros((N_BINS, N_BINS)), np.eye(N_BINS)
    upper = [np.hstack([gap, -slack]), np.hstack([-gap, -slack])]
    limits = [0.0] * (2 * N_BINS)
    if mce is not None:
        mass = (mce + ROUNDING) * np.hstack([member, member])
        upper += [np.hstack([gap - mass, none]), np.hstack([-gap - mass, none])]
        limits += [0.0] * (2 * N_BINS)
    total_gap = np.concatenate([np.zeros(2 * n), np.ones(N_BINS)])
    hits = np.concatenate([np.ones(n), np.zeros(n + N_BINS)])
    upper += [total_gap[None], hits[None]]
    limits += [ece + ROUNDING, accuracy + ROUNDING]
    solved = optimize.linprog(
        np.concatenate([-np.log(c), -np.log(np.minimum(c, 1 - c)), np.zeros(N_BINS)]),
        A_ub=np.vstack(upper),
        b_ub=np.array(limits),
        A_eq=np.concatenate([np.ones(2 * n), np.zeros(N_BINS)])[None],
        b_eq=np.ones(1),
    )
    return float("inf") if solved.fun is None else float(solved.fun)  # inf: no such scores


def _confidences(n_classes: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return confidences and their bins; a bin also gets its lower edge, which it nears."""
    edges = np.arange(N_BINS + 1) / N_BINS
    grids = [np.linspace(low, high, PER_BIN) for low, high in pairwise(edges)]
    c, bins = np.concatenate(grids), np.repeat(np.arange(N_BINS), PER_BIN)
    kept = c >= 1 / n_classes - 1e-12
    return np.clip(c[kept], 1e-12, 1 - 1e-12), bins[kept]


def _given(value: float | None) -> float:
    if value is None:
        raise ValueError("the paper's table has no such value")
    return value
