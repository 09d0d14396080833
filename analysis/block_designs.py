"""`analyze --design`: switchbacks and two levels of saturation, blocks of time as units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from abkit.analysis.block_checks import block_checks, levels, require_one_arm
from abkit.analysis.block_comparison import Block, compare_blocks
from abkit.analysis.block_rows import Asked, BlockCell, read_blocks
from abkit.analysis.chosen_arms import notes_on_arms, one_treatment, planned_weights
from abkit.analysis.contact_rows import WHOLE
from abkit.analysis.gate import run_checks
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.reading_rows import read_rows
from abkit.analysis.sources import Data
from abkit.analysis.until import moment_until
from abkit.analysis.verdict import verdict
from abkit.core import checks
from abkit.core.check import Check
from abkit.core.errors import ConfigError, DataError, unknown_choice
from abkit.core.interference import BlockAnalysis, BlockGroup
from abkit.core.metrics import Metric, parse_metric
from abkit.core.table3 import MetricRow, Table3, UseCaseRows

DESIGNS: Final = ("switchback", "saturation")


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: an arm in some blocks."""

    name: str
    arm: str
    blocks: frozenset[str]


def analyze_blocks(
    data: Data,
    *,
    design: str,
    block: str,
    control: str | None = None,
    treatment: str | Sequence[str] | None = None,
    metrics: Iterable[str | Metric] = (),
    variant: str | None = None,
    unit: str | None = None,
    use_case: str | None = None,
    mapping: Mapping[str, str] | None = None,
    allocation: str | None = None,
    where: str | None = None,
    until: date | str | None = None,
    zone: str | None = None,
    confidence_level: float = 0.95,
    table: str | None = None,
    memory_limit: str | None = None,
) -> BlockAnalysis:
    """Compare arms where blocks of time were randomised: the block is the unit.

    For customers who share something, such as a queue of agents, so that a treated customer changes
    what others meet. In a `switchback` a block is in one arm. In `saturation` blocks have much or
    little treatment: treatment in high blocks is compared with control in low ones, and control in
    high blocks with control in low ones, which shows what spills over.

    Args:
        data: As for `analyze`.
        design: `switchback` or `saturation`.
        block: The column of the block: a date, a number, any name; it should be that of a
            customer's first contact where repeats keep the arm.
        control: As for `analyze`, as are the others; rates only, one treatment.
        treatment: The treatment arm.
        metrics: Rates.
        variant: The column of the arm, in data that are no contact log.
        unit: The column of the customer.
        use_case: The column of the use-case.
        mapping: Role -> column.
        allocation: Planned weights of blocks, control first, of a switchback.
        where: An SQL condition on the columns.
        until: As if the data had been taken then.
        zone: The IANA time zone of timestamps without one.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        table: The table or view of a database.
        memory_limit: As in `1GB`.

    Raises:
        ConfigError: An argument lies outside its domain, or an arm is not in the data.
        DataError: The data cannot be read, a block of a switchback is in two arms, there are no two
            levels of saturation, or an arm has fewer than two blocks.
    """
    checks.level("confidence_level", confidence_level)
    if design not in DESIGNS:
        raise unknown_choice("design", design, DESIGNS)
    asked = Asked(
        metrics=_rates(metrics), variant=variant, unit=unit, use_case=use_case, mapping=mapping,
        where=where, zone=zone, table=table, memory_limit=memory_limit,
    )  # fmt: skip
    reading = read_rows(
        data, metrics=asked.metrics, variant=variant, unit=unit, use_case=use_case,
        mapping=mapping, where=where, until=moment_until(until, zone), zone=zone, table=table,
        memory_limit=memory_limit,
    )  # fmt: skip
    control, treatment = one_treatment(reading, control, treatment)
    cells = [
        cell
        for cell in read_blocks(data, block, asked, cutoff=reading.cutoff)
        if cell.arm in (control, treatment)
    ]
    sides, groups = _sides(cells, design, block, control, treatment)
    weights = planned_weights(reading, control, (treatment,), allocation)
    found = (
        *block_checks(cells, groups, weights, design=design, arms=(control, treatment)),
        *_of_rows(
            run_checks(reading, control=control, treatments=(treatment,), allocation=weights),
            design,
        ),
    )
    make = _Maker(cells, reading.metrics, found, confidence_level)
    whole = len({cell.use_case for cell in cells}) > 1
    return BlockAnalysis(
        source=reading.source,
        rows=reading.rows,
        design="switchback" if design == "switchback" else "saturation",
        block=block,
        groups=groups,
        notes=notes_on_arms(reading),
        cutoff=reading.cutoff,
        checks=found,
        tables=tuple(make.table(*pair) for pair in sides),
        together=tuple(make.table(*pair, together=True) for pair in sides) if whole else (),
    )


def _rates(metrics: Iterable[str | Metric]) -> list[Metric]:
    found = [parse_metric(item) if isinstance(item, str) else item for item in metrics]
    for metric in found:
        if metric.kind == "mean":
            raise ConfigError(
                f"`metric` {metric.name} is a mean; blocks are compared by rates",
                hint="name a column of 1/0 or yes/no",
            )
    return found


def _of_rows(found: Iterable[Check], design: str) -> Iterable[Check]:
    """Yield the checks of rows; those that take customers for the units are left out."""
    by_units = {"sample_ratio", "sample_ratio_by_day", "response_rate"}
    if design == "switchback":  # a customer may come in blocks of both arms
        by_units.add("two_arms")
    return (check for check in found if check.code not in by_units)


def _sides(
    cells: Sequence[BlockCell], design: str, column: str, control: str, treatment: str
) -> tuple[list[tuple[_Side, _Side]], tuple[BlockGroup, ...]]:
    """Return what is compared with what, and the blocks behind it."""
    if design == "switchback":
        arm_of = require_one_arm(cells, column)
        groups = {
            arm: frozenset(block for block, of in arm_of.items() if of == arm)
            for arm in (control, treatment)
        }
        pairs = [(_Side(control, control, groups[control]),
                  _Side(treatment, treatment, groups[treatment]))]  # fmt: skip
    else:
        low, high = levels(cells, column, treatment)
        groups = {"low": low, "high": high}
        base = _Side(f"{control} in low blocks", control, low)
        pairs = [
            (base, _Side(f"{treatment} in high blocks", treatment, high)),
            (base, _Side(f"{control} in high blocks", control, high)),
        ]
    for one, other in pairs:
        for side in (one, other):
            _require_blocks(cells, side, column)
    return pairs, tuple(_group(cells, name, of, treatment) for name, of in groups.items())


def _require_blocks(cells: Sequence[BlockCell], side: _Side, column: str) -> None:
    found = {cell.block for cell in cells if cell.arm == side.arm and cell.block in side.blocks}
    if len(found) < 2:
        where = side.name.removeprefix(side.arm)  # in high blocks, or nothing
        n = "1 block" if len(found) == 1 else f"{len(found)} blocks"
        raise DataError(
            f"`{side.arm}`{where} has {n} of `{column}`; expected at least 2, better 7: how much "
            "blocks differ is unknown else"
        )


def _group(
    cells: Sequence[BlockCell], name: str, blocks: frozenset[str], treatment: str
) -> BlockGroup:
    units = {(cell.block, cell.arm): cell.units for cell in cells if cell.block in blocks}
    total = sum(units.values())
    treated = sum(n for (_, arm), n in units.items() if arm == treatment)
    return BlockGroup(name=name, blocks=len(blocks), units=total, treated=treated / total)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Tables of comparisons."""

    cells: Sequence[BlockCell]
    metrics: Sequence[Metric]
    checks: Sequence[Check]
    level: float

    def table(self, control: _Side, treatment: _Side, *, together: bool = False) -> Table3:
        """Return one comparison by use-case, or over all of them."""
        cases = [WHOLE] if together else sorted({cell.use_case for cell in self.cells})
        keys = [(case, metric) for case in cases for metric in self.metrics]
        compared = {
            key: compare_blocks(
                *(self._blocks(side, *key, together=together) for side in (control, treatment)),
                confidence_level=self.level,
            )
            for key in keys
        }
        adjusted = holm_adjusted([comparison.p_value for comparison in compared.values()])
        rows: dict[str, list[MetricRow]] = {case: [] for case in cases}
        for ((case, metric), one), p_adjusted in zip(compared.items(), adjusted, strict=True):
            shown = verdict(metric.better, one.difference, one.p_value, p_adjusted, self.level)
            trusted = not any(
                check.status == "fail"
                and check.concerns(treatment=treatment.arm, use_case=case, metric=metric.name)
                for check in self.checks
            )
            rows[case].append(
                MetricRow(
                    metric=metric.name,
                    better=metric.better,
                    control=one.control,
                    treatment=one.treatment,
                    difference=one.difference,
                    relative=one.relative,
                    p_value=one.p_value,
                    p_value_adjusted=p_adjusted,
                    method=one.method,
                    design_effect=one.design_effect,
                    standard_error=one.standard_error,
                    intraclass_correlation=one.intraclass_correlation,
                    verdict=shown if trusted else "not_trusted",
                )
            )
        return Table3(
            control=control.name,
            treatment=treatment.name,
            confidence_level=self.level,
            family=len(keys),
            units="blocks of time",
            use_cases=tuple(
                UseCaseRows(use_case=case, metrics=tuple(of)) for case, of in rows.items()
            ),
            pooled=(),
            checks=tuple(self.checks),
        )

    def _blocks(self, side: _Side, case: str, metric: Metric, *, together: bool) -> list[Block]:
        """Return successes and trials of each block of a side."""
        sums: dict[str, tuple[int, int]] = {}
        for cell in self.cells:
            if (
                cell.arm == side.arm
                and cell.block in side.blocks
                and (together or cell.use_case == case)
            ):
                y, m = cell.counts[metric.name]
                before = sums.get(cell.block, (0, 0))
                sums[cell.block] = before[0] + y, before[1] + m
        return list(sums.values())
