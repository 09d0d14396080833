"""What `abkit scenario` found: the scenarios there are, what one means, how two differ. Facts only.

Hours are those of the week, UTC, Monday 00:00 first: 168 values.
"""

from dataclasses import asdict, dataclass
from typing import Any

from abkit.core.results import Rendered
from abkit.core.toml_text import value_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedScenario:
    """One packaged scenario."""

    name: str
    description: str
    arms: tuple[str, ...]
    use_cases: tuple[str, ...]
    first_contacts_per_week: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioList(Rendered):
    """The scenarios that come with the package."""

    scenarios: tuple[ListedScenario, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per scenario."""
        return [asdict(scenario) for scenario in self.scenarios]

    def to_dict(self) -> dict[str, Any]:
        """Return the scenarios as JSON-able values."""
        return {"scenarios": self.records()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioProblem:
    """One value or key that is refused."""

    key: str  # dotted; empty: of the file as a whole
    fact: str  # quotes key and value
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioMeaning:
    """What a valid scenario means, in expected values, before anything is drawn.

    As if every arm believed the menu and nobody abandoned the queue.
    """

    name: str
    description: str
    arms: tuple[str, ...]
    use_cases: tuple[str, ...]
    first_contacts_per_week: float
    contacts_per_week: float  # repeats included
    requests_per_week: float  # for an agent
    served_prior: dict[str, float]  # P(true reason) over first contacts
    contacts: tuple[float, ...]  # by hour, repeats included
    work: tuple[float, ...]  # by hour: agents' hours that are asked for
    heads: tuple[float, ...] | None  # by hour: mean agents on duty; None: unlimited
    unattended: tuple[float, ...]  # by hour: share of it in which nobody is on duty

    @property
    def load(self) -> tuple[float | None, ...]:
        """Return work / heads by hour; None where nothing is asked for or agents are unlimited."""
        heads = self.heads or (float("inf"),) * len(self.work)
        return tuple(map(_load, self.work, heads))

    def to_dict(self) -> dict[str, Any]:
        """Return the meaning as JSON-able values."""
        return asdict(self) | {"load": list(self.load)}


def _load(work: float, heads: float) -> float | None:
    if work == 0 or heads == float("inf"):
        return None
    return work / heads if heads else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioCheck(Rendered):
    """A scenario file's problems or, where it has none, what it means."""

    source: str
    problems: tuple[ScenarioProblem, ...]
    meaning: ScenarioMeaning | None
    not_judged: tuple[str, ...] = ()  # sums, and the load, whose own values are wrong
    warnings: tuple[str, ...] = ()  # of a valid scenario: what it cannot be used for

    @property
    def valid(self) -> bool:
        """Return whether the scenario can be simulated."""
        return not self.problems

    def records(self) -> list[dict[str, Any]]:
        """Return one row per problem."""
        return [asdict(problem) for problem in self.problems]

    def to_dict(self) -> dict[str, Any]:
        """Return problems and meaning as JSON-able values."""
        return {
            "source": self.source,
            "valid": self.valid,
            "problems": self.records(),
            "not_judged": list(self.not_judged),
            "warnings": list(self.warnings),
            "meaning": None if self.meaning is None else self.meaning.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key whose values differ; None: not stated."""

    key: str
    first: Any
    second: Any

    @property
    def texts(self) -> tuple[str, str]:
        """Return both values as TOML writes them; empty: not stated."""
        found = (self.first, self.second)
        first, second = ("" if value is None else value_text(value) for value in found)
        return first, second


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioDiff(Rendered):
    """Two scenarios, key by key."""

    first: str
    second: str
    same: int  # keys with one value in both
    differences: tuple[Difference, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per key that differs."""
        return [asdict(difference) for difference in self.differences]

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as JSON-able values."""
        return {
            "first": self.first,
            "second": self.second,
            "same": self.same,
            "differences": self.records(),
        }
