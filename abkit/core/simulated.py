"""What `abkit simulate` found: Table 3, the model that was in the loop, what its flags did."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from abkit.core.analyzed import Analysis
from abkit.core.results import Rendered
from abkit.core.table3 import Table3
from abkit.core.true_effects import TrueEffect

PaperReading = Literal["points", "per cent"]  # per cent: of control's level


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInLoop:
    """The classifier that scored the texts."""

    digest: str
    loss: str  # what it was trained with, in words
    threshold: float
    threshold_origin: str  # what the threshold rests on, in words
    expected_precision: float | None  # of LABEL 0, on the part that chose the threshold
    expected_recall: float | None
    offline_precision: float | None  # at the threshold, on a part that nothing was fitted on
    offline_recall: float | None
    certified_threshold: float | None  # that promises the target; None: there is none
    certified_note: str  # what it promises, or why there is none, in words
    label_0_share: float  # on the part that calibrated and chose the threshold
    served_label_0_share: float  # among the scenario's first contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedArm:
    """One branch of the experiment, as the scenario states it."""

    arm: str
    policy: str
    weight: float
    threshold: float | None  # texts are flagged from this score on; None: nobody types
    own_threshold: bool  # the scenario's, whatever the model's is


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDesign:
    """How customers came to their arm, as the scenario states it."""

    kind: Literal["customer", "switchback", "saturation"]
    block_h: float  # hours of a block of time; without a meaning where each customer is randomised
    control_weeks: int  # of control alone, before the experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentQueue:
    """What became of the counted contacts that asked for an agent, over all arms."""

    asked: int
    waited: int  # longer than no time at all
    abandoned: int  # before an agent was free
    mean_wait_s: float | None  # of all who asked, seconds; None: nobody did


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCheck:
    """What the flags of one arm were worth, by the truth that only a simulation knows.

    Over the counted contacts of an arm that checks texts. A flag changes something only where the
    menu did not say LABEL 0: the precision among those flags is the incremental one. Some policies
    let a text without a flag overrule the menu's LABEL 0.
    """

    arm: str
    use_case: str
    contacts: int
    texts: int
    flagged: int
    true_flagged: int
    label_0_texts: int
    changed: int  # flags that were believed where the menu said something else
    true_changed: int
    missed_menu: int  # LABEL 0 texts where the menu said something else
    overruled: int  # texts without a flag for which the menu's LABEL 0 was not believed
    true_overruled: int  # ... whose true reason was another, indeed

    @property
    def precision(self) -> float | None:
        """Flags that were LABEL 0."""
        return _share(self.true_flagged, self.flagged)

    @property
    def recall(self) -> float | None:
        """LABEL 0 texts that were flagged."""
        return _share(self.true_flagged, self.label_0_texts)

    @property
    def incremental_precision(self) -> float | None:
        """Flags that changed the reason and were LABEL 0."""
        return _share(self.true_changed, self.changed)

    @property
    def incremental_recall(self) -> float | None:
        """LABEL 0 texts with another menu reason that were flagged."""
        return _share(self.true_changed, self.missed_menu)

    def to_dict(self) -> dict[str, Any]:
        """Return counts and the four shares."""
        shares = ("precision", "recall", "incremental_precision", "incremental_recall")
        return asdict(self) | {name: getattr(self, name) for name in shares}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCell:
    """One delta of the paper's Table 3 beside ours."""

    use_case: str
    metric: str
    delta: float  # as printed: points or per cent, the paper does not say
    power: float | None  # of this run's counts to show that many points, at the nominal level


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult(Rendered):
    """One simulated experiment, its analysis, and its truth."""

    run: Path  # the run folder
    scenario: str
    weeks: int
    seed: int
    contacts: int  # counted
    tail_contacts: int  # started after the counted days; only repeats are looked for in them
    customers: int
    texts: str  # which texts the customers typed
    model: ModelInLoop | None  # None: nobody types, nothing was scored
    arms: tuple[SimulatedArm, ...]
    design: SimulatedDesign
    solved_for_this: bool  # the scenario reproduces the paper with just this model, by design
    queue: AgentQueue
    unlimited_agents: bool
    analysis: Analysis  # one table for each treatment arm
    truth: tuple[TrueEffect, ...]  # for each row of the tables
    text_checks: tuple[TextCheck, ...]
    paper_reading: PaperReading | None  # of the paper's deltas; None: they do not belong here
    paper: tuple[PaperCell, ...]  # for the arm called `treatment`

    @property
    def tables(self) -> tuple[Table3, ...]:
        """Return the table of each treatment arm."""
        return self.analysis.tables

    @property
    def table3(self) -> Table3:
        """Return the only table.

        Raises:
            ConfigError: There are several treatment arms; `tables` has one for each.
        """
        return self.analysis.table3

    def records(self) -> list[dict[str, Any]]:
        """Return Table 3, one row per use-case and metric; several treatments: one for each."""
        return self.analysis.records()

    def to_dict(self) -> dict[str, Any]:
        """Return Table 3 as DESIGN defines it, with the world and the paper beside it.

        Nothing in it depends on the clock or the run's name: one seed, one result.
        """
        tables = [table.to_dict() for table in self.tables]
        found = tables[0] if len(tables) == 1 else {"results": tables}
        return found | {
            "simulation": {
                "scenario": self.scenario,
                "weeks": self.weeks,
                "seed": self.seed,
                "contacts": self.contacts,
                "tail_contacts": self.tail_contacts,
                "customers": self.customers,
                "texts": self.texts,
                "model": None if self.model is None else asdict(self.model),
                "arms": [asdict(arm) for arm in self.arms],
                "design": asdict(self.design),
                "paper_reading": self.paper_reading,
                "queue": asdict(self.queue),
                "truth": [one.to_dict() for one in self.truth],
                "text_check": [check.to_dict() for check in self.text_checks],
            },
            "paper": [asdict(cell) for cell in self.paper],
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
