"""The line for a contact log whose columns have names of its own: candidates for every part."""

from collections.abc import Mapping, Sequence
from typing import Final

from abkit.analysis.column_kinds import FEW, may_be_arm, odd_truths
from abkit.core.inspected import PLACEHOLDER, ColumnFacts, CommandFacts
from abkit.pipeline.suggested_draft import Draft, choose_control, quoted
from abkit.pipeline.suggested_roles import roles_of

_TIMES: Final = ("times", "times without zone")
_PLAIN: Final = "--variant ? --unit ? --metric outcome=?"


def is_unnamed_log(columns: Sequence[ColumnFacts]) -> bool:
    """Say whether a file has what a contact log has: arms, and a start and an end."""
    return bool(arms(columns)) and sum(column.kind in _TIMES for column in columns) > 1


def arms(columns: Sequence[ColumnFacts]) -> list[ColumnFacts]:
    """Return the columns of as few values as arms; 0/1, which is more often an outcome, last."""
    few = [column for column in columns if may_be_arm(column.kind, column.distinct)]
    return sorted(few, key=lambda column: is_truth(column))


def is_truth(column: ColumnFacts) -> bool:
    """Say whether a column is 0/1, perhaps but for a few odd values."""
    return column.kind == "0/1" or bool(odd_truths(column.values))


def unnamed_log(columns: Sequence[ColumnFacts], draft: Draft) -> CommandFacts:
    """Return a line that names a column for every part of a log, left to the user.

    Args:
        columns: What the file holds.
        draft: The line so far.
    """
    known = roles_of(columns)
    draft.says.append(
        "a contact log with names of its own: write a column for every ?, and leave out each "
        "--map that no column fits"
    )
    for role, found in _candidates(columns).items():
        if role in known:
            named = known[role].name
            draft.words += ["--map", f"{role}={named}"] if named != role else []
        elif found:
            _leave_open(draft, role, found)
    if "arm" in known and known["arm"].values:
        choose_control(draft, known["arm"])
    else:
        draft.choose("--control", "which arm is the control, a value of the column of the arms")
    if zoneless := [c.name for c in columns if c.kind == "times without zone"]:
        draft.choose("--tz", f"the zone of {quoted(zoneless)}, as in Europe/Berlin or UTC")
    if not any(map(is_truth, columns)):
        draft.says += _no_truth(columns)
    draft.says.append(f"for an A/B file that is no contact log: {_PLAIN} in place of every --map")
    return draft.done("analyze")


def _leave_open(draft: Draft, role: str, found: Sequence[ColumnFacts]) -> None:
    draft.words += ["--map", f"{role}={PLACEHOLDER}"]
    draft.says.append(f"--map {role}: {quoted((column.name for column in found), 'or')}")
    draft.is_open = True


def _candidates(columns: Sequence[ColumnFacts]) -> Mapping[str, Sequence[ColumnFacts]]:
    """Return the columns whose values fit each part."""
    ids = [c for c in columns if c.kind in ("names", "whole numbers") and c.distinct > FEW]
    times = [column for column in columns if column.kind in _TIMES]
    truths = [column for column in columns if is_truth(column)]
    answers = [column for column in columns if column.kind in ("responses", "0/1")]
    return {
        "arm": arms(columns),
        "automated": truths,
        "response": answers if len(answers) > 1 or answers != truths else [],
        "contact_id": ids,
        "customer_id": ids,
        "use_case": [c for c in columns if c.kind == "words" and c.distinct > 1],
        "started_at": times,
        "ended_at": times,
    }


def _no_truth(columns: Sequence[ColumnFacts]) -> list[str]:
    """Return what to do about a log whose two words for yes and no are of another language."""
    twos = [column for column in columns if column.kind == "words" and column.distinct == 2]
    shown = [
        f"`{column.name}` ({quoted((value for value, _ in column.values), 'and')})"
        for column in twos
    ]
    said = f"; of two values: {', '.join(shown[:8])}" if shown else ""
    return [f"no column is 0/1, as `automated` must be{said}: write 1 and 0, or yes and no"]
