"""Pairs of worlds that must be equal row by row, or bit by bit."""

import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abkit.core.progress import SILENT, Progress
from abkit.core.world_checks import IdentityCheck
from abkit.pipeline.true_rates import count_rates
from abkit.pipeline.validate_log import worlds
from abkit.pipeline.validate_scenarios import THRESHOLD, changed
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.world import simulate_contacts

T = TypeVar("T")

SUBJECT: Final = "pairs of worlds"
NOTHING_FLAGGED: Final = 2.0  # no score reaches it

_SAME: Final[Mapping[str, str]] = {}  # no arm renamed
_MENU: Final = {"policy": "menu", "weight": 1}
_OR_TEXT: Final = {"policy": "menu_or_text", "weight": 1}


def check_worlds(*, seed: int, progress: Progress) -> tuple[list[IdentityCheck], int]:
    """Return what must be equal between worlds, and the contacts simulated."""
    maker = _Maker(seed)
    checks = [_placebo, _arm_placebo, _label_swap, _signs, _alone, _again]
    track = progress.track(checks, description="Pairs of worlds", total=len(checks))
    return [check(maker) for check in track], maker.contacts


class _Maker:
    """Worlds of one seed, small and congested unless their agents are unlimited."""

    def __init__(self, seed: int) -> None:
        self.seed, self.contacts = seed, 0
        self.supply, self.values = beta_supply(), worlds()["roster"].model_dump()

    def world(
        self,
        arms: Mapping[str, Any],
        *,
        threshold: float = THRESHOLD,
        progress: Progress = SILENT,
        **agents: Any,
    ) -> pa.Table:
        """Return a week's log of the world with these arms."""
        values = {"arms": arms, "agents": self.values["agents"] | agents}
        log = simulate_contacts(
            changed("returns-bot-points", self.values | values), self.supply, threshold=threshold,
            weeks=1, seed=self.seed, progress=progress,
        )  # fmt: skip
        self.contacts += log.num_rows
        return log


def _placebo(maker: _Maker) -> IdentityCheck:
    """A threshold above 1: all customers in control, or all in treatment, are the same contacts."""
    control = maker.world({"control": _MENU}, threshold=NOTHING_FLAGGED)
    treatment = maker.world({"treatment": _OR_TEXT}, threshold=NOTHING_FLAGGED)
    return _compared(
        "placebo: all-control = all-treatment but for the name",
        _rows(control),
        _rows(treatment, {"treatment": "control"}),
    )


def _arm_placebo(maker: _Maker) -> IdentityCheck:
    """The treatment alone flags nothing: the same contacts but for its own flags."""
    control = maker.world({"control": _MENU})
    treatment = maker.world({"treatment": _OR_TEXT | {"threshold": NOTHING_FLAGGED}})
    return _compared(
        "placebo by arm: the same but for name and flag",
        [row | {"flagged": None} for row in _rows(control)],
        [row | {"flagged": None} for row in _rows(treatment, {"treatment": "control"})],
    )


def _label_swap(maker: _Maker) -> IdentityCheck:
    """The arms' names exchanged: the same contacts under exchanged names."""
    first, swapped = _swapped(maker)
    mirror = {"control": "treatment", "treatment": "control"}
    return _compared("labels swapped: the same contacts", _rows(first), _rows(swapped, mirror))


def _signs(maker: _Maker) -> IdentityCheck:
    """The arms' names exchanged: every difference of rates turns its sign, exactly."""
    differences = []
    for log in _swapped(maker):
        counts = count_rates(log)
        cells = sorted({(case, metric) for case, metric, _ in counts})
        arms = [[counts[*cell, arm] for cell in cells] for arm in ("control", "treatment")]
        control, treatment = (np.array([y / n for y, n in arm]) for arm in arms)
        differences.append(treatment - control)
    off = int((differences[0] != -differences[1]).sum())
    return IdentityCheck(
        subject=SUBJECT,
        statement="labels swapped: differences of AR, PRR, 24RR turn signs",
        compared=differences[0].size,
        differences=off,
    )


def _swapped(maker: _Maker) -> tuple[pa.Table, pa.Table]:
    return (
        maker.world({"control": _MENU, "treatment": _OR_TEXT}),
        maker.world({"treatment": _MENU, "control": _OR_TEXT}),
    )


def _alone(maker: _Maker) -> IdentityCheck:
    """Without congestion a customer lives in a mixed world as where all have the same policy."""
    arms = {"control": _MENU, "treatment": _OR_TEXT}
    mixed = _rows(maker.world(arms, heads="unlimited"))
    pure = []
    for arm, policy in arms.items():
        members = {row["customer_id"] for row in mixed if row["arm"] == arm}
        rows = _rows(maker.world({arm: policy}, heads="unlimited"))
        pure += [row for row in rows if row["customer_id"] in members]
    pure.sort(key=lambda row: (row["started_at"], row["contact_id"]))
    return _compared("unlimited agents: a mixed world = the pure ones", mixed, pure)


def _again(maker: _Maker) -> IdentityCheck:
    """The same world with all logging on and progress shown, and with neither: the same bytes."""
    arms = {"control": _MENU, "treatment": _OR_TEXT}
    quiet = _bytes(maker.world(arms))
    with _everything_logged():
        loud = _bytes(maker.world(arms, progress=_Counting()))
    return IdentityCheck(
        subject=SUBJECT,
        statement="logging and progress on or off: the same bytes",
        compared=len(quiet),
        differences=sum(a != b for a, b in zip(quiet, loud, strict=False))
        + abs(len(quiet) - len(loud)),
    )


class _Counting:
    """Progress that looks at every step."""

    def __init__(self) -> None:
        self.steps = 0

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        for item in items:
            self.steps += 1
            logging.getLogger(__name__).debug("%s: step %d", description, self.steps)
            yield item


@contextmanager
def _everything_logged() -> Iterator[None]:
    """Send every log record of the process to nowhere, formatted, for a while."""
    root, handler = logging.getLogger(), logging.StreamHandler(io.StringIO())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def _compared(
    statement: str, one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> IdentityCheck:
    """Count the rows that differ, and those that one side lacks."""
    differ = sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))
    return IdentityCheck(
        subject=SUBJECT, statement=statement, compared=max(len(one), len(other)), differences=differ
    )


def _rows(log: pa.Table, names: Mapping[str, str] = _SAME) -> list[dict[str, Any]]:
    """Return the contacts as dictionaries, arms renamed."""
    return [row | {"arm": names.get(row["arm"], row["arm"])} for row in log.to_pylist()]


def _bytes(log: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(log, sink)
    return sink.getvalue()
