"""What a scenario is to be fitted to: effects on AR, PRR and 24RR, by use-case; files of them."""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from abkit.core import paper
from abkit.core.errors import ConfigError, DataError, listed, nearest, unknown_choice
from abkit.core.metrics import TABLE_3
from abkit.core.tables import read_table

Reading = Literal["points", "relative"]
READINGS: Final[tuple[Reading, ...]] = ("points", "relative")
PAPER: Final = "paper"  # instead of a file: Table 3 of the paper

_KEYS: Final = ("delta", "control")
_COLUMNS: Final = ("use_case", "metric", "delta")
_MINUS: Final = "\u2212"  # as printed, and pasted, by many
_FORM: Final = "AR = 2.13, or PRR = { delta = 3.18, control = 51.7 }, below [use_cases.NAME]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The effect on one metric in one use-case, and control's level where it is known."""

    use_case: str
    metric: str
    delta: float  # treatment minus control as a proportion; or relative to control, by the reading
    control: float | None = None  # proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTable:
    """Targets under one reading of their deltas."""

    source: str
    reading: Reading
    targets: tuple[Target, ...]

    def by_use_case(self) -> dict[str, tuple[Target, ...]]:
        """Return the targets of each use-case, in the order of the table."""
        names = dict.fromkeys(target.use_case for target in self.targets)
        return {name: tuple(t for t in self.targets if t.use_case == name) for name in names}


def load_targets(source: str | Path, reading: str | None = None) -> TargetTable:
    """Return a target table from a TOML or CSV file, or `paper` for Table 3 of the paper.

    TOML: `reading = "points"` or `"relative"` (may be left out), and below `[use_cases.NAME]` one
    line per metric, `AR = 2.13` or `PRR = { delta = 3.18, control = 51.7 }`. CSV: the columns
    `use_case`, `metric`, `delta` and, where levels are known, `control`. Numbers are percentage
    points (or per cent of control's level) and, for `control`, per cent.

    Args:
        source: The file, or `paper`.
        reading: How deltas are meant; None: as the file says, else points.

    Raises:
        ConfigError: The reading is unknown or contradicts the file, or a target lies outside its
            domain.
        DataError: The file cannot be read, or lacks what is needed.
    """
    if reading is not None and reading not in READINGS:
        raise unknown_choice("reading", reading, READINGS)
    if str(source) == PAPER and not Path(source).exists():
        stated, rows = None, _paper_rows()
    elif Path(source).suffix == ".toml":
        stated, rows = _toml_rows(Path(source))
    else:
        stated, rows = None, _csv_rows(Path(source))
    if stated is not None and reading is not None and stated != reading:
        raise ConfigError(f"`reading` is `{reading}`, but `{source}` says `{stated}`")
    read_as = cast(Reading, reading or stated or "points")
    targets = tuple(_target(str(source), read_as, *row) for row in rows)
    _refuse_repeats(str(source), targets)
    return TargetTable(source=str(source), reading=read_as, targets=targets)


Row = tuple[str, str, Any, Any]  # use-case, metric, delta, control


def _paper_rows() -> list[Row]:
    return [(case, metric, delta, None) for (case, metric), delta in paper.TABLE_3.items()]


def _toml_rows(path: Path) -> tuple[str | None, list[Row]]:
    """Return the reading that the file states, and its rows."""
    if not path.is_file():
        raise DataError(f"there is no file `{path}`", hint="`--targets paper` needs none")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"`{path}` is no TOML: {error}") from None
    _known(f"`{path}`: key", values, ("reading", "use_cases"))
    reading = values.get("reading")
    if reading is not None and reading not in READINGS:
        raise unknown_choice("reading", str(reading), READINGS)
    rows: list[Row] = []
    for name, metrics in _table(path, "use_cases", values.get("use_cases", {})).items():
        for metric, value in _table(path, f"use_cases.{name}", metrics).items():
            cell = value if isinstance(value, Mapping) else {"delta": value}
            _known(f"`{path}`: key of `use_cases.{name}.{metric}`", cell, _KEYS)
            rows.append((name, metric, cell.get("delta"), cell.get("control")))
    if not rows:
        raise DataError(f"`{path}` has no targets", hint=f"expected {_FORM}")
    return reading, rows


def _table(path: Path, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataError(f"`{path}`: `{key}` is `{value}`; expected a table", hint=_FORM)
    return value


def _known(what: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    for key in given:
        if key not in allowed:
            raise DataError(f"{what} `{key}` is unknown", hint=nearest(key, allowed))


def _csv_rows(path: Path) -> list[Row]:
    table = read_table(path, needed=_COLUMNS)
    control = table["control"] if "control" in table.columns else [""] * len(table)
    columns = (*(table[name] for name in _COLUMNS), control)
    return [
        (case, metric, delta, level or None)
        for case, metric, delta, level in zip(*columns, strict=True)
    ]


def _target(source: str, reading: Reading, case: str, metric: str, delta: Any, control: Any) -> (
    Target
):  # fmt: skip
    """Return one target as proportions; refuse what no pair of rates could show."""
    if metric not in TABLE_3:
        raise ConfigError(
            f"{source}: `{case}` has a metric `{metric}`; expected one of {listed(TABLE_3)}",
            hint=nearest(metric, TABLE_3),
        )
    where = f"{source}: `{case}` `{metric}`"
    if delta in (None, ""):
        raise ConfigError(f"{where}: the delta is missing", hint=f"for example {_FORM}")
    change = _number(f"{where}: delta", delta)
    level = None if control is None else _number(f"{where}: control", control)
    unit = "points" if reading == "points" else "% of control"
    if change <= -1 or (reading == "points" and change >= 1):
        raise ConfigError(f"{where}: no two rates differ by {100 * change:+g} {unit}")
    if level is not None:
        _check_levels(where, unit, level, change)
    return Target(use_case=case, metric=metric, delta=change, control=level)


def _check_levels(where: str, unit: str, level: float, change: float) -> None:
    after = level + change if unit == "points" else level * (1 + change)
    if not 0 < level < 1:
        raise ConfigError(f"{where}: control is {100 * level:g} %; expected more than 0, below 100")
    if not 0 <= after <= 1:
        raise ConfigError(
            f"{where}: control {100 * level:g} % and {100 * change:+g} {unit} would make "
            f"{100 * after:g} % in treatment; expected 0 to 100"
        )


def _number(what: str, value: Any) -> float:
    """Return a number written in per cent as a proportion."""
    try:
        number = math.nan if isinstance(value, bool) else float(str(value).replace(_MINUS, "-"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{what} is `{value}`; expected a number", hint=f"for example {_FORM}")
    return number / 100


def _refuse_repeats(source: str, targets: tuple[Target, ...]) -> None:
    seen = set()
    for target in targets:
        if (key := (target.use_case, target.metric)) in seen:
            raise DataError(f"{source}: `{key[0]}` `{key[1]}` stands there twice")
        seen.add(key)
