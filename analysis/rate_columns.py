"""Columns of rates: few values, or none of a rate."""

from typing import Final

from abkit.analysis.roles import Roles
from abkit.analysis.sources import Source, quoted
from abkit.core.errors import DataError

MOST: Final = 1_000  # different values of a rate's column; two or three are its own
OWN: Final = {"AR": "automated", "PRR": "response"}  # the role of the column of a metric


def refuse_many_values(source: Source, roles: Roles, relation: str) -> None:
    """Raise `DataError` when a rate's column holds amounts, names or the like.

    Rows are grouped by the raw values of all such columns together, which must be few. They are
    counted by HyperLogLog, whose answer no order of rows changes. Where all is text rows are
    grouped by what has been read instead, so that nothing is counted.
    """
    if set(source.columns.values()) == {"VARCHAR"}:
        return
    names = {metric.column or roles.columns[OWN[metric.name]]: metric for metric in roles.metrics
             if metric.kind == "proportion" and (metric.column or metric.name in OWN)}  # fmt: skip
    asked = [name for name in names if source.columns[name] != "BOOLEAN"]
    if not asked:
        return
    counts = [f"approx_count_distinct({quoted(name)}) AS d{i}" for i, name in enumerate(asked)]
    (found,) = source.rows(f"SELECT {', '.join(counts)} FROM {relation}")
    for column, n in zip(asked, found.values(), strict=True):
        metric = names[column]
        if n > MOST:
            role = OWN.get(metric.name) if metric.column is None else None
            raise DataError(
                f"`{column}` holds about {int(float(f'{n:.2g}')):,} different values; a rate needs "
                "1/0, true/false or yes/no",
                hint=f"name the column with --map {role}=COLUMN"
                if role
                else f"for numbers: --metric {metric.name}={column}:mean",
            )
