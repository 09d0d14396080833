"""How `abkit analyze` would read a file, and the line to type; what only the user knows is left."""

from collections.abc import Mapping, Sequence
from typing import Final

from abkit.analysis.column_kinds import odd_truths
from abkit.analysis.roles import NEEDED
from abkit.core.inspected import PLACEHOLDER, ColumnFacts, CommandFacts
from abkit.core.metrics import REPEAT_RATE, TABLE_3
from abkit.pipeline.suggested_draft import Draft, choose_control, lacking, quoted
from abkit.pipeline.suggested_log import arms, is_truth, is_unnamed_log, unnamed_log
from abkit.pipeline.suggested_roles import OTHER_NAMES, roles_of, unfit

COUNTS: Final = {"metric", "arm", "successes", "trials"}


def suggest_analysis(
    columns: Sequence[ColumnFacts], place: str, options: Sequence[str] = ()
) -> CommandFacts:
    """Return how `analyze` would read the file: as counts, as a contact log, as any A/B file.

    Args:
        columns: What the file holds.
        place: The file, as the user names it.
        options: What it takes to open it (`--table`).
    """
    if {column.name for column in columns} >= COUNTS:
        return _counts(columns, place)
    roles = roles_of(columns)
    metrics = [name for name in TABLE_3 if all(role in roles for role in NEEDED[name])]
    is_log = any(column.name == "arm" for column in columns) or metrics not in ([], ["24RR"])
    if "arm" in roles and metrics and is_log:
        return _log(roles, metrics, Draft(["abkit", "analyze", place, *options]))
    return _file(columns, Draft(["abkit", "analyze", place, *options]))


def _counts(columns: Sequence[ColumnFacts], place: str) -> CommandFacts:
    draft = Draft(["abkit", "analyze", "--counts", place], ["counts alone, one row per cell"])
    if "=" in place:
        return lacking("analyze", "a path with `=` in it cannot be given to --counts: rename it")
    choose_control(draft, next(column for column in columns if column.name == "arm"))
    return draft.done("analyze")


def _log(roles: Mapping[str, ColumnFacts], metrics: Sequence[str], draft: Draft) -> CommandFacts:
    """Read the file as a contact log."""
    arm = roles["arm"]
    if problem := _no_arms(arm):
        return lacking("analyze", problem)
    case = roles.get("use_case")
    by = "" if case is None else f" by `{case.name}`, which has {case.distinct:,} values"
    draft.says.append(f"a contact log: {', '.join(metrics)}{by}")
    draft.says.append(_shares(arm))
    _say_unequal(draft, arm)
    for role, column in roles.items():
        if column.name != role and column.name.lower() in OTHER_NAMES[role]:
            draft.words += ["--map", f"{role}={column.name}"]
    choose_control(draft, arm)
    for name in TABLE_3:
        if name not in metrics:
            absent = [role for role in NEEDED[name] if role not in roles]
            draft.says.append(f"no {name}: it needs {quoted(absent)}")
    if REPEAT_RATE.name in metrics:
        zoneless = [c.name for c in roles.values() if c.kind == "times without zone"]
        if zoneless:
            draft.choose("--tz", f"the zone of {quoted(zoneless)}, as in Europe/Berlin or UTC")
    draft.says += unfit(roles)
    return draft.done("analyze")


def _file(columns: Sequence[ColumnFacts], draft: Draft) -> CommandFacts:
    """Read the file as any A/B file: one column of arms, outcomes that are declared."""
    named = [column for column in columns if "arm" in column.could_be]
    outcomes = [c for c in columns if {"outcome", "amount"} & {*c.could_be} and _typable(c.name)]
    others = [column for column in arms(columns) if column not in outcomes]
    if is_unnamed_log(columns) and not (named and any("outcome" in c.could_be for c in outcomes)):
        return unnamed_log(columns, draft)
    if not named and (not others or _is_sheet(columns) or not _measured(columns, others)):
        few = f"; of few enough values: {quoted(c.name for c in others)}" if others else ""
        return lacking("analyze", f"no column is called like an arm (arm, variant, group){few}")
    arm = _one_arm(named)
    if arm is None:
        names = quoted((c.name for c in named or others), "or")
        draft.choose("--variant", f"the column of the arm, {names}")
        draft.choose("--control", "the value of the arm that nothing was changed in")
    else:
        draft.words += ["--variant", arm.name]
        draft.says.append(_shares(arm))
        _say_unequal(draft, arm)
        choose_control(draft, arm)
    _choose_unit(draft, columns)
    _choose_metrics(draft, [c for c in outcomes if c is not arm], columns, arm)
    return draft.done("analyze")


def _measured(columns: Sequence[ColumnFacts], arms: Sequence[ColumnFacts]) -> bool:
    """Say whether something could be compared: 0/1 or a number, besides a column of arms."""
    numbers = [c for c in columns if is_truth(c) or c.kind == "numbers" or "outcome" in c.could_be]
    return any(len(arms) > 1 or column not in arms for column in numbers)


def _is_sheet(columns: Sequence[ColumnFacts]) -> bool:
    """Say whether these are the columns of an audit's sheet, which has no arms."""
    names = {column.name for column in columns}
    return "contact_id" in names and any(name.startswith("is_label_0") for name in names)


def _one_arm(named: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Return the only column called like an arm, or the only one with no other word before it."""
    plain = [column for column in named if "_" not in column.name]
    for candidates in (named, plain):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _no_arms(arm: ColumnFacts) -> str | None:
    if arm.distinct == 1 and arm.values:
        return f"`{arm.name}` has one value only, `{arm.values[0][0]}`; a comparison needs two arms"
    about = "" if arm.exact else "about "
    return None if arm.values else f"`{arm.name}` has {about}{arm.distinct:,} values: no arms"


def _shares(arm: ColumnFacts) -> str:
    """Return the arms with their rows."""
    rows = [f"`{value}` {n:,}" for value, n in arm.values[:8]]
    more = f" and {len(arm.values) - 8} more" if len(arm.values) > 8 else ""
    return f"rows by `{arm.name}`: {', '.join(rows)}{more}"


def _say_unequal(draft: Draft, arm: ColumnFacts) -> None:
    """Remind of the allocation where arms differ in size by a fifth; it is not told from them."""
    rows = [n for _, n in arm.values]
    if 5 * max(rows) > 6 * min(rows):
        draft.says.append("arms of unequal size: if planned so, add --allocation, as in 1:2")


def _choose_unit(draft: Draft, columns: Sequence[ColumnFacts]) -> None:
    units = [column.name for column in columns if "unit" in column.could_be]
    if len(units) > 1:
        draft.choose("--unit", f"who was randomised, {quoted(units, 'or')}")
    elif units:
        draft.words += ["--unit", units[0]]
    else:
        draft.says.append("no column is called like a unit, so every row is taken for one")


def _choose_metrics(
    draft: Draft,
    outcomes: Sequence[ColumnFacts],
    columns: Sequence[ColumnFacts],
    arm: ColumnFacts | None,
) -> None:
    """Declare the columns that are called like outcomes; list the others that could be one."""
    for column in outcomes:
        draft.words += ["--metric", _metric(column)]
    draft.says += [said for column in columns if (said := _odd(column))]
    truths = [c.name for c in columns if is_truth(c) and c not in outcomes and c is not arm]
    truths = [name for name in truths if _typable(name)]
    if outcomes:
        draft.says.append("for a metric of which less is better, add :lower to it")
        if truths:
            draft.says.append(f"also 0/1: {quoted(truths)}")
    else:
        numbers = [c.name for c in columns if c.kind == "numbers" and _typable(c.name)]
        fact = (
            f"the column of the outcome; 0/1: {quoted(truths, 'or') or 'none'}; for a mean add "
            f":mean: {quoted(numbers, 'or') or 'none'}"
        )
        draft.choose("--metric", fact, f"outcome={PLACEHOLDER}")


def _odd(column: ColumnFacts) -> str:
    """Return which values of a column that is nearly 0/1 are neither."""
    odd = odd_truths(column.values)
    if not odd:
        return ""
    rows = sum(n for _, n in odd)
    shown = quoted(value for value, _ in odd)
    return f"`{column.name}` is 0/1 but for {rows:,} values ({shown}), which the checks will report"


def _metric(column: ColumnFacts) -> str:
    """Return NAME=COLUMN as `analyze` reads it back, whatever the column is called."""
    name = column.name.replace("=", "_")
    if "amount" in column.could_be and "outcome" not in column.could_be:
        return f"{name}={column.name}:mean"
    suffix = ":higher" if column.name.endswith((":mean", ":lower", ":higher")) else ""
    return f"{name}={column.name}{suffix}"


def _typable(name: str) -> bool:
    return name == name.strip()
