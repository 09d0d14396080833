"""Faults planted on purpose, to grade an analysis: in the world, or between the world and its log.

Each has a strength, a share. What it strikes is drawn by keys of its own, so that at strength 0 the
world and its log are the same bytes, and at any other whatever is not struck is as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core import checks
from abkit.core.errors import unknown_choice
from abkit.core.reasons import DEFECTIVE
from abkit.simulations.clock import DAY, Floats
from abkit.simulations.conversation import Bot, Mask
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Draws, Indices, choose
from abkit.simulations.retraced import customers as customers_of
from abkit.simulations.scenario import LEVELS
from abkit.simulations.supply import Codes
from abkit.simulations.world import Alter

DRIFT_DAY: Final = 9  # of a drift: late in the second of two weeks' first days, a Wednesday
CONTROL: Final = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What can go wrong in an experiment; of `alter` and `damage` one is there."""

    name: str
    words: str  # what the share is of, and what happens to it
    drift: bool = False  # the world itself changes on a day: so does the effect, not its estimate
    alter: Callable[[float], Alter] | None = None  # another world
    damage: Callable[[pa.Table, float, Draws], pa.Table] | None = None  # another log of it


def fault(name: str, strength: float) -> Fault:
    """Return the fault of that name.

    Raises:
        ConfigError: There is none, or the strength is no share.
    """
    if name not in FAULTS:
        raise unknown_choice("fault", name, FAULTS)
    checks.probability(f"fault {name}", strength)
    return FAULTS[name]


class _Faulty(Bot):
    """A bot as another one is, but for a fault that strikes a share of customers."""

    def __init__(self, bot: Bot, share: float) -> None:
        vars(self).update(vars(bot))
        self.share = share


class _Unsticky(_Faulty):
    """A share of customers is assigned anew at each contact, and treated so."""

    def arms(self, customers: Customers, who: Indices, *, attempt: int, draws: Draws) -> Codes:
        arms = super().arms(customers, who, attempt=attempt, draws=draws).copy()
        weights = np.array([arm.weight for arm in self.scenario.arms.values()])
        struck = draws.of("fault sticky", 0, who) < self.share
        again = choose(draws.of("fault sticky arm", attempt, who), weights / weights.sum())
        arms[struck] = again[struck]
        return arms


class _HarderTexts(_Faulty):
    """From a day on a share of new customers writes the hardest texts."""

    def text_levels(self, customers: Customers, who: Indices, *, draws: Draws) -> Codes:
        late = customers.arrival[who] >= DRIFT_DAY * DAY
        struck = late & (draws.of("fault harder texts", 0, who) < self.share)
        return np.where(struck, LEVELS - 1, customers.level[who]).astype(np.int8)


def _as(kind: type[_Faulty]) -> Callable[[float], Alter]:
    """Return what lets another kind of bot serve everybody."""

    def with_share(share: float) -> Alter:
        def alter(bot: Bot, customers: Customers, _: Draws) -> tuple[Bot, Customers]:
            return kind(bot, share), customers

        return alter

    return with_share


def _more_defects(share: float) -> Alter:
    """Let a share of the new customers who come for other reasons have LABEL 0, from a day on."""

    def alter(bot: Bot, customers: Customers, draws: Draws) -> tuple[Bot, Customers]:
        everybody = np.arange(customers.arrival.size, dtype=np.int64)
        struck = customers.arrival >= DRIFT_DAY * DAY
        struck &= draws.of("fault more defects", 0, everybody) < share
        reason = np.where(struck, DEFECTIVE, customers.reason).astype(np.int8)
        return bot, replace(customers, reason=reason)

    return alter


Which = Callable[[pa.Table], Mask]


def _treated(log: pa.Table) -> Mask:
    return np.asarray(pc.not_equal(pc.cast(log["arm"], pa.string()), CONTROL))


def _flagged(log: pa.Table) -> Mask:
    return np.asarray(pc.fill_null(log["flagged"], False))


def _repeats(log: pa.Table) -> Mask:
    return np.asarray(pc.greater(log["attempt"], 1))


def _rejected(log: pa.Table) -> Mask:
    return np.asarray(pc.fill_null(pc.invert(log["accepted"]), False))


def _struck(log: pa.Table, which: Mask, share: float, draws: Draws, name: str) -> Mask:
    """Return a share of the rows `which`, drawn by customer and attempt."""
    who, attempt = customers_of(log), log["attempt"].to_numpy().astype(np.int64)
    u: Floats = np.ones(who.size)
    for number in np.unique(attempt[which]):
        rows = np.flatnonzero(which & (attempt == number))
        rows = rows[np.argsort(who[rows], kind="stable")]
        u[rows] = draws.of(f"fault {name}", int(number), who[rows])
    struck: npt.NDArray[np.bool_] = u < share
    return struck


def _lost(name: str, *conditions: Which) -> Callable[[pa.Table, float, Draws], pa.Table]:
    """Return what drops a share of the rows that fulfil all conditions."""

    def damage(log: pa.Table, share: float, draws: Draws) -> pa.Table:
        which = np.logical_and.reduce([condition(log) for condition in conditions])
        return log.filter(pa.array(~_struck(log, which, share, draws, name)))

    return damage


def _blank(name: str, column: str, *conditions: Which) -> Callable[..., pa.Table]:
    """Return what empties a column in a share of the rows that fulfil all conditions."""

    def damage(log: pa.Table, share: float, draws: Draws) -> pa.Table:
        which = np.logical_and.reduce([condition(log) for condition in conditions])
        struck = _struck(log, which, share, draws, name)
        words = log[column].combine_chunks()
        indices = pc.if_else(pa.array(struck), None, words.indices)
        kept = pa.DictionaryArray.from_arrays(indices, words.dictionary)
        return log.set_column(log.schema.get_field_index(column), log.schema.field(column), kept)

    return damage


_ALL: Final = (
    Fault(name="sticky", alter=_as(_Unsticky),
          words="of customers get their arm drawn anew at each contact, and are treated so"),
    Fault(name="lost-contacts", damage=_lost("lost contacts", _treated),
          words="of treatment's contacts never reach the log"),
    Fault(name="lost-flagged", damage=_lost("lost flagged", _treated, _flagged),
          words="of treatment's contacts with a flagged text never reach the log"),
    Fault(name="lost-arm", damage=_blank("lost arm", "arm", _treated),
          words="of treatment's contacts lose the name of their arm"),
    Fault(name="response", damage=_blank("response", "response", _treated, _rejected),
          words="of the answers of treatment's customers who rejected the offer are not given"),
    Fault(name="texts", drift=True, alter=_as(_HarderTexts),
          words=f"of new customers write the hardest texts, from day {DRIFT_DAY + 1} on"),
    Fault(name="reasons", drift=True, alter=_more_defects,
          words=f"of new customers with another reason have LABEL 0, from day {DRIFT_DAY + 1} on"),
    Fault(name="unseen", damage=_lost("unseen", _repeats),
          words="of repeats come through a channel that is not logged"),
    Fault(name="unseen-treatment", damage=_lost("unseen treatment", _treated, _repeats),
          words="of treatment's repeats come through a channel that is not logged"),
)  # fmt: skip
FAULTS: Final = {one.name: one for one in _ALL}
