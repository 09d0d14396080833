"""How customers come to their arm: one by one, or by blocks of time.

One by one is the usual A/B test. In a switchback a whole block of time is in one arm; with two
levels of saturation a block has much or little treatment. In both a customer's block is that of the
first contact, and the arm stays over repeats.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from abkit.core.rng import rng_for
from abkit.simulations.clock import HOUR, HOURS_PER_WEEK, WEEK, Floats, Microseconds
from abkit.simulations.draws import Indices
from abkit.simulations.sections import Section, Share

CONTROL: Final = "control"
LEAST_BLOCK_H: Final = 0.25
_PAIR: Final = 2  # weeks whose blocks mirror each other


class Design(Section):
    """How customers come to their arm; repeats stay in it."""

    kind: Literal["customer", "switchback", "saturation"] = "customer"
    """What is randomised: each `customer`; blocks of time (`switchback`); or the share of treatment
    among the customers of a block (`saturation`)."""
    block_h: Annotated[
        float, Field(strict=True, ge=LEAST_BLOCK_H, le=HOURS_PER_WEEK, allow_inf_nan=False)
    ] = 24.0
    """Length of a block, hours; a whole number of blocks makes a week."""
    shares: tuple[Share, Share] = (0.1, 0.9)
    """Share of treatment among the customers of low and of high blocks; of `saturation` alone."""
    control_weeks: Annotated[int, Field(strict=True, ge=0, le=520)] = 0
    """Weeks before the experiment, in which everybody is in control."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        blocks = HOURS_PER_WEEK / self.block_h
        if abs(blocks - round(blocks)) > 1e-9:
            raise ValueError(
                f"`block_h` is {self.block_h:g}; expected a length of which a whole number makes "
                "the 168 hours of a week, as 24, 12, 8, 2 or 0.5"
            )
        if self.kind == "customer" and self.block_h != type(self).model_fields["block_h"].default:
            raise ValueError(
                "`block_h` has no effect where each `customer` is randomised; expected "
                '`kind = "switchback"` or `kind = "saturation"` beside it'
            )
        low, high = self.shares
        if self.kind != "saturation" and self.shares != type(self).model_fields["shares"].default:
            raise ValueError('`shares` have no effect without `kind = "saturation"`')
        if low >= high:
            raise ValueError(f"`shares` are {low:g} and {high:g}; expected the lower one first")
        return self

    @property
    def has_blocks(self) -> bool:
        """Return whether customers belong to blocks of time."""
        return self.kind != "customer"

    def blocks(self, arrival: Microseconds) -> Indices:
        """Return the block of each first contact, counted from 0 at time 0, shape (n,)."""
        block: Indices = arrival // round(self.block_h * HOUR)
        return block


def check_arms(design: Design, weights: Mapping[str, float]) -> None:
    """Raise `ValueError` where a design cannot assign to arms with these weights."""
    if not design.has_blocks and not design.control_weeks:
        return
    key = f'kind = "{design.kind}"' if design.has_blocks else "control_weeks"
    if len(weights) != 2 or CONTROL not in weights:
        names = ", ".join(f"`{name}`" for name in weights)
        raise ValueError(
            f"`design` has `{key}`, and the arms are {names}; expected two, one of them `{CONTROL}`"
        )
    one, other = weights.values()
    if design.has_blocks and one and other and one != other:
        raise ValueError(
            f"`design` has `{key}`, which decides who is treated, and the arms' weights are "
            f"{one:g} and {other:g}; expected equal ones"
        )


def treated_shares(design: Design, n: int, *, seed: int, replication: int) -> Floats:
    """Return the share of treatment in each of the first `n` blocks, shape (n,).

    1 and 0 in a switchback. Two weeks make a pair: in its first week a random half of the blocks
    is high, in its second one the other blocks are, so that each time of the week is as often high
    as low; with an odd number of blocks a week one more or one less, by a coin. Keyed by pair, so
    that a longer run begins with the blocks of a shorter one. Weeks of control alone stay out.
    """
    low, high = design.shares if design.kind == "saturation" else (0.0, 1.0)
    week = round(HOURS_PER_WEEK / design.block_h)
    before = min(n, design.control_weeks * week)
    pairs = []
    for pair in range(-(-(n - before) // (_PAIR * week))):
        rng = rng_for(seed, "blocks", replication, pair)
        is_high = np.zeros(week, dtype=bool)
        is_high[rng.permutation(week)[: (week + int(rng.integers(2))) // 2]] = True
        pairs += [is_high, ~is_high]
    drawn = np.concatenate([np.zeros(0, dtype=bool), *pairs])[: n - before]
    return np.concatenate([np.zeros(before), np.where(drawn, high, low)])


def is_treated(
    design: Design, arrival: Microseconds, u: Floats, *, seed: int, replication: int
) -> npt.NDArray[np.bool_]:
    """Return which customers are in treatment, by blocks and by weeks of control alone.

    Args:
        design: With blocks.
        arrival: Start of each first contact, shape (n,).
        u: The uniform that decides each customer's arm, shape (n,).
        seed: Root of every draw.
        replication: Which replication.
    """
    block = design.blocks(arrival)
    n = int(block.max(initial=-1)) + 1
    share = treated_shares(design, n, seed=seed, replication=replication)
    treated: npt.NDArray[np.bool_] = (u < share[block]) & (arrival >= design.control_weeks * WEEK)
    return treated
