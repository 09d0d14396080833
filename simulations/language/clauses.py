"""Pick a clause for a reason: from the family's own list or from what is said of any product."""

from __future__ import annotations

from typing import Final

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.language.ambiguity import draw_hint
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import Clauses, Family, Pool, shared_reasons

# Share of defect clauses that would do for any product ("it stopped working"); the rest name the symptom.
GENERIC_DEFECT: Final = 0.22
_BY_FAMILY: Final = frozenset({"quality", "preference", "either"})


class ClausePicker:
    """The clauses one part of the data may use, drawn by reason."""

    def __init__(self, part: str, draws: Draws) -> None:
        self._draws = draws
        self._shared = shared_reasons(part)

    def _pool(self, name: str, family: Family) -> Clauses:
        if name in _BY_FAMILY:
            return family.clauses[name]
        if name == "defective":
            if self._draws.chance(GENERIC_DEFECT):
                return self._shared[name][family.kind]
            return family.clauses["defective"]
        table = self._shared[name]
        return table.get(family.kind) or table["any"]

    def _fill(self, pool: Pool, slots: dict[str, str]) -> str:
        pick = self._draws.pick
        return pick(pick(pool)).format_map(slots)

    def reason(self, reason: int, family: Family, slots: dict[str, str]) -> str:
        """Return a clause that tells `reason` plainly."""
        return self._fill(self._pool(REASONS[reason], family).every, slots)

    def alone(self, reason: int, family: Family, slots: dict[str, str]) -> str | None:
        """Return a clause that can stand alone, because no other part owns it; None if there is none."""
        owned = self._pool(REASONS[reason], family).owned
        return self._fill(owned, slots) if owned else None

    def second(self, reason: int, family: Family, slots: dict[str, str]) -> str:
        """Return a clause for a second reason: a defect that is not the reason is a small one."""
        if reason == DEFECTIVE:
            name = "minor" if self._draws.chance(0.65) else "either"
            return self._fill(family.clauses[name].every, slots)
        return self.reason(reason, family, slots)

    def hint(self, reason: int, family: Family, slots: dict[str, str]) -> str:
        """Return a clause that fits `reason` and one other reason alike."""
        return self._fill(self._pool(draw_hint(reason, self._draws), family).every, slots)

    def attempt(self, family: Family, slots: dict[str, str]) -> str:
        """Return what the customer says to have tried."""
        return self._fill(family.attempts, slots)
