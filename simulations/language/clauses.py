"""Pick a clause for a reason: from the family's own list or from what is said of any product."""

from __future__ import annotations

from typing import Final

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import Clauses, Family, Pool, shared_reasons

# Share of defect clauses that fit any product ("it stopped working"); the rest name a symptom.
GENERIC_DEFECT: Final = 0.60
SMALL_DEFECT: Final = 0.8  # of the defects told beside the true reason; the rest could be quality
_BY_FAMILY: Final = frozenset({"quality", "preference", "either"})


class ClausePicker:
    """The clauses one part of the data may use, drawn by reason."""

    def __init__(self, part: str, draws: Draws) -> None:
        self._draws = draws
        self._shared = shared_reasons(part)

    def _pool(self, name: str, family: Family) -> Clauses:
        if name in _BY_FAMILY:
            return family.clauses[name]
        if name == "defective" and not self._draws.chance(GENERIC_DEFECT):
            return family.clauses[name]
        table = self._shared[name]
        return table.get(family.kind) or table.get("hard") or table["any"]

    def _fill(self, pool: Pool, slots: dict[str, str]) -> str:
        clause = self._draws.skewed(pool)  # the same few things go wrong most of the time
        return self._draws.pick(clause).format_map(slots)

    def plain(self, reason: int, family: Family, slots: dict[str, str]) -> str:
        """Return a clause that tells `reason` plainly."""
        return self._fill(self._pool(REASONS[reason], family).every, slots)

    def closed(self, slots: dict[str, str]) -> str:
        """Return a clause of `others` about an item that is already sent back, or never came."""
        return self._fill(self._shared["others"]["closed"].every, slots)

    def own(self, reason: int, family: Family, slots: dict[str, str]) -> str | None:
        """Return a clause that no other part owns, so that it can be a whole text, or None."""
        owned = self._pool(REASONS[reason], family).owned
        return self._fill(owned, slots) if owned else None

    def second(self, reason: int, family: Family, slots: dict[str, str]) -> str:
        """Return a clause for a second reason; a defect that is not the reason is a small one."""
        if reason == DEFECTIVE:
            name = "minor" if self._draws.chance(SMALL_DEFECT) else "either"
            return self._fill(family.clauses[name].every, slots)
        return self.plain(reason, family, slots)

    def hint(self, name: str, family: Family, slots: dict[str, str]) -> str:
        """Return a clause of the ambiguous pool `name`."""
        return self._fill(self._pool(name, family).every, slots)

    def attempt(self, family: Family, slots: dict[str, str]) -> str:
        """Return what the customer says to have tried."""
        return self._fill(family.attempts, slots)
