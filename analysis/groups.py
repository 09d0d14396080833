"""What rows are summed over: use-case, arm and, where asked for, segment; each by a hash in SQL."""

from collections.abc import Iterable, Sequence
from typing import Final

from abkit.analysis.sources import Source
from abkit.core.errors import DataError

Group = tuple[str, str, str | None]  # use-case, arm, segment (None: over all)

CELL: Final = "hash(use_case, arm)"  # of a whole use-case
PART: Final = "hash(use_case, arm, segment)"
MAX_ARMS: Final = 100
MAX_SEGMENTS: Final = 100
MAX_GROUPS: Final = 5_000


def check_sizes(source: Source, groups: Iterable[Group]) -> None:
    """Raise `DataError` when there are more arms or groups than an experiment has."""
    groups = list(groups)
    arms = {arm for _, arm, _ in groups}
    if len(arms) > MAX_ARMS:
        raise DataError(
            f"`{source.name}` has {len(arms):,} arms, such as {_some(arms)}; expected at most "
            f"{MAX_ARMS}",
            hint="is that the column of the arm?",
        )
    cases, segments = {case for case, _, _ in groups}, {str(part) for _, _, part in groups}
    if len(segments) > MAX_SEGMENTS:
        raise DataError(
            f"the column of the segments has {len(segments):,} values, such as {_some(segments)}; "
            f"expected at most {MAX_SEGMENTS}",
            hint="a segment is a value that many units share",
        )
    if len(groups) > MAX_GROUPS:
        what = f"{len(cases):,} use-cases"
        what += f", {len(segments):,} segments" if len(segments) > 1 else ""
        raise DataError(
            f"`{source.name}` falls into {len(groups):,} groups: {len(arms)} arms, {what}; "
            f"expected at most {MAX_GROUPS:,}",
            hint="use-cases and segments are columns of few values",
        )


def keys_of(source: Source, groups: Sequence[Group], *, segments: bool) -> dict[int, Group]:
    """Return each group by the hash that stands for it."""
    cases, arms, parts = ([group[i] for group in groups] for i in range(3))
    rows = source.rows(
        f"""
        SELECT {PART if segments else CELL} AS key, rank FROM (
            SELECT unnest($cases::VARCHAR[]) AS use_case, unnest($arms::VARCHAR[]) AS arm,
                unnest($parts::VARCHAR[]) AS segment, unnest($ranks::INTEGER[]) AS rank
        )
        """,
        cases=cases,
        arms=arms,
        parts=parts,
        ranks=list(range(len(groups))),
    )
    return {row["key"]: groups[row["rank"]] for row in rows}


def _some(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)[:3])
