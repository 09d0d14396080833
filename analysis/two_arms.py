"""Two arms of one contact log, read once: what Table 3 and its gate look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from abkit.analysis.comparison import ArmPair
from abkit.analysis.contact_log import COLUMNS, open_contact_log
from abkit.analysis.contact_sums import (
    NO_CONTACTS,
    ArmSums,
    FirstContacts,
    first_contacts,
    log_facts,
    microseconds,
    sums_by_arm,
)
from abkit.core.errors import ConfigError, DataError, unknown_choice

_COLUMNS: Final = frozenset(COLUMNS) - {"text", "score", "flagged"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArms:
    """The integers of a log: by use-case and arm, over customers, over all rows."""

    control: str
    treatment: str
    arms: tuple[str, ...]  # every arm of the log
    facts: Mapping[str, Any]  # of `contact_sums.log_facts`
    first: FirstContacts
    sums: Mapping[tuple[str, str], ArmSums]

    @property
    def use_cases(self) -> list[str]:
        """Return the use-cases in which at least one of the two arms has counted contacts."""
        return sorted({case for case, arm in self.sums if arm in (self.control, self.treatment)})

    def sides(self, use_case: str) -> tuple[ArmSums, ArmSums]:
        """Return the sums of control and of treatment in one use-case."""
        control, treatment = (
            self.sums.get((use_case, arm), NO_CONTACTS) for arm in (self.control, self.treatment)
        )
        return control, treatment

    def pair(self, use_case: str, metric: str) -> ArmPair:
        """Return one metric of one use-case in both arms."""
        return ArmPair(*(side.moments[metric] for side in self.sides(use_case)))


def read_two_arms(
    path: Path, *, control: str, treatment: str, until: datetime | None = None
) -> TwoArms:
    """Read what an analysis needs from a Parquet contact log.

    Raises:
        ConfigError: An arm is not in the log, both are the same, or `until` has no zone.
        DataError: The file cannot be read as a contact log, or holds no counted contact.
    """
    with open_contact_log(path, _COLUMNS) as log:
        facts = log_facts(log)
        for role, name in (("control", control), ("treatment", treatment)):
            if name not in facts["arms"]:
                raise unknown_choice(role, name, facts["arms"])
        if control == treatment:
            raise ConfigError(f"`control` and `treatment` are both `{control}`")
        if not facts["counted"]:
            raise DataError(f"none of the {facts['contacts']} contacts in `{path.name}` is counted")
        return TwoArms(
            control=control,
            treatment=treatment,
            arms=tuple(facts["arms"]),
            facts=facts,
            first=first_contacts(log),
            sums=sums_by_arm(log, cutoff_us=_cutoff(until, facts["last_start_us"])),
        )


def _cutoff(until: datetime | None, last_start_us: int) -> int:
    """Return the cut-off in UTC microseconds."""
    if until is None:
        return last_start_us
    if until.tzinfo is None:
        raise ConfigError(
            f"`until` is {until.isoformat()} without a time zone",
            hint=f"write {until.isoformat()}+00:00 for UTC",
        )
    return microseconds(until)
