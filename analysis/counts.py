"""An experiment known by its counts alone: successes of trials per use-case, metric and arm."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from abkit.analysis.contact_rows import WHOLE
from abkit.analysis.csv_header import read_header
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.located_files import first_bytes
from abkit.analysis.reading import Reading
from abkit.analysis.unit_sums import ArmSums
from abkit.core.errors import ConfigError, DataError
from abkit.core.metrics import TABLE_3, Metric

Counts = Mapping[tuple[str, str, str], tuple[int, int]]  # use-case, metric, arm -> K, N

COLUMNS: Final = ("use_case", "metric", "arm", "successes", "trials")
LARGEST: Final = 2**53  # beyond it a float cannot tell two counts apart
_ENTRY: Final = re.compile(r"(?P<names>.+)=\s*(?P<k>[0-9]{1,40})\s*/\s*(?P<n>[0-9]{1,40})\s*")
_BYTES: Final = 1 << 28  # far beyond any table of counts
_COUNT: Final = re.compile(r"[0-9]{1,40}(\.0+)?")
_FORM: Final = "USE_CASE:METRIC:ARM=K/N (or METRIC:ARM=K/N), as in A:AR:control=120/1000"


def parse_counts(text: str) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return the counts written `A:AR:control=120/1000,A:AR:treatment=140/1000`.

    Raises:
        ConfigError: An entry has another form, or one cell is given twice.
    """
    counts: dict[tuple[str, str, str], tuple[int, int]] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        found = _ENTRY.fullmatch(entry)
        names = [name.strip() for name in found["names"].split(":")] if found else []
        if found is None or len(names) not in (2, 3) or not all(names):
            raise ConfigError(f"`counts` has the entry `{entry}`", hint=f"write {_FORM}")
        use_case, metric, arm = names if len(names) == 3 else (WHOLE, *names)
        _add(counts, (use_case, metric, arm), int(found["k"]), int(found["n"]))
    if not counts:
        raise ConfigError(f"`counts` is `{text}`, which holds no entry", hint=f"write {_FORM}")
    return counts


def read_counts(path: Path) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return the counts of a small CSV with the columns of `COLUMNS`; `use_case` may be absent.

    Cells may be divided as in any CSV that is read: by commas, semicolons, tabs or bars. What ends
    in .gz is decompressed.

    Raises:
        ConfigError: One cell is given twice.
        DataError: The file is missing or of another kind, or a value is no count.
    """
    text = _text(path)
    header = read_header(path)
    if lacking := [name for name in COLUMNS[1:] if name not in header.names]:
        raise DataError(
            f"`{path}` has no column " + ", ".join(f"`{name}`" for name in lacking),
            hint=f"counts have the columns {', '.join(COLUMNS)}",
        )
    counts: dict[tuple[str, str, str], tuple[int, int]] = {}
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=header.delimiter)
    try:
        for row in rows:
            _add(counts, *_cell(row, f"line {rows.line_num} of `{path}`"))
    except csv.Error as error:
        raise DataError(f"line {rows.line_num} of `{path}` cannot be read: {error}") from None
    if not counts:
        raise DataError(f"`{path}` has a header but no rows")
    return counts


def _text(path: Path) -> str:
    """Return the whole of a file of at most `_BYTES` bytes, decompressed."""
    content = first_bytes(path, _BYTES + 1)
    reason = f"it holds more than {_BYTES:,} bytes"
    if len(content) <= _BYTES:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            reason = "it is not UTF-8 text"
    raise DataError(f"`{path}` cannot be read: {reason}", hint="expected a small CSV")


def _cell(row: Mapping[str | None, Any], place: str) -> tuple[tuple[str, str, str], int, int]:
    """Return use-case, metric and arm, successes and trials of one line."""
    if None in row:
        raise DataError(
            f"{place} has more cells than the header",
            hint="write numbers without thousands separators",
        )
    numbers = [(row[name] or "").strip() for name in COLUMNS[3:]]
    if not all(map(_COUNT.fullmatch, numbers)):
        raise DataError(f"{place} has the counts `{'/'.join(numbers)}`; expected integers")
    successes, trials = (int(number.partition(".")[0]) for number in numbers)
    use_case, metric, arm = ((row.get(name) or "").strip() for name in COLUMNS[:3])
    if not metric or not arm:
        raise DataError(f"{place} names no metric or no arm")
    return (use_case or WHOLE, metric, arm), successes, trials


def reading_of_counts(
    counts: Counts, metrics: Sequence[Metric] = (), *, name: str = "counts"
) -> Reading:
    """Return the reading of counts: every trial is a unit of its own.

    Args:
        counts: Successes and trials, at most 2^53.
        metrics: Directions, or fewer metrics than are counted; default: all, higher is better
            but for 24RR.
        name: What the counts are called in results.

    Raises:
        ConfigError: A count lies outside its domain, or a metric is not counted.
    """
    for key, (k, n) in counts.items():
        if not 0 <= k <= n <= LARGEST:
            raise ConfigError(
                f"`{':'.join(key)}` is {k}/{n}; expected K/N with 0 <= K <= N <= 2^53"
            )
    named = list(dict.fromkeys(metric for _, metric, _ in counts))
    cells: dict[tuple[str, str], dict[str, CustomerMoments]] = {}
    for (use_case, metric, arm), (k, n) in counts.items():
        moments = CustomerMoments.from_groups([(1, 1, k), (0, 1, n - k)])
        cells.setdefault((use_case, arm), {})[metric] = moments
    return Reading(
        source=name,
        origin="counts",
        rows=None,
        metrics=_chosen(named, metrics),
        arms=tuple(sorted({arm for _, _, arm in counts})),
        unit_name="trials",
        unit_column=None,
        cutoff=None,
        notes=("counts alone: every trial is taken for a unit of its own",),
        first=None,
        problems=None,
        sums={
            cell: ArmSums(contacts=max(m.trials for m in moments.values()), moments=moments)
            for cell, moments in cells.items()
        },
        segments={},
    )


def _add(
    counts: dict[tuple[str, str, str], tuple[int, int]],
    key: tuple[str, str, str], successes: int, trials: int,
) -> None:  # fmt: skip
    if key in counts:
        raise ConfigError(f"`{':'.join(key)}` is counted twice")
    counts[key] = successes, trials


def _chosen(named: Sequence[str], asked: Sequence[Metric]) -> tuple[Metric, ...]:
    """Return the metrics to show: those asked for, else all, those of Table 3 first."""
    for metric in asked:
        if metric.kind == "mean":
            raise ConfigError(f"`metric` {metric.name} is a mean, which counts cannot give")
        if metric.name not in named:
            raise ConfigError(
                f"`metric` {metric.name} is not counted; counted are "
                + ", ".join(f"`{name}`" for name in named)
            )
    if asked:
        return tuple(asked)
    first = [metric for name, metric in TABLE_3.items() if name in named]
    return (*first, *(Metric(name=name) for name in named if name not in TABLE_3))
