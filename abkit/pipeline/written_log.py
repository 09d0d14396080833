"""A simulated contact log written as it is made, and what is counted on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from abkit.core.simulated import AgentQueue, TextCheck
from abkit.pipeline.agent_queue import Waited, waited
from abkit.pipeline.model_in_loop import has_texts
from abkit.pipeline.text_check import text_checks
from abkit.simulations.contact_log import log_schema
from abkit.simulations.scenario import Scenario

T = TypeVar("T", Waited, TextCheck)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLog:
    """What a log holds that no analysis of it may know."""

    rows: int
    counted: int
    customers: int  # with a counted contact
    queue: AgentQueue
    text_checks: tuple[TextCheck, ...]


def write_log(path: Path, parts: Iterable[pa.Table], world: Scenario) -> WrittenLog:
    """Write the parts of a contact log to a Parquet file, a row group each.

    Args:
        path: The file.
        parts: Tables with the schema of the scenario's log, at least one, in order.
        world: What they were simulated from.
    """
    rows = counted = customers = 0
    queue, flags = Waited(), tuple[TextCheck, ...]()
    with parquet.ParquetWriter(
        path, log_schema(world), compression="zstd", write_page_checksum=True
    ) as writer:
        for part in parts:
            writer.write_table(part)
            rows += part.num_rows
            counted += _true(part["counted"])
            # whoever has a counted contact has a counted first one
            customers += _true(pc.and_(part["counted"], pc.equal(part["attempt"], 1)))
            queue = _sum(queue, waited(part))
            if has_texts(world):
                found = text_checks(part, world)
                flags = tuple(map(_sum, flags, found)) if flags else found
    return WrittenLog(
        rows=rows, counted=counted, customers=customers, queue=queue.facts(), text_checks=flags
    )


def _true(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)


def _sum(one: T, other: T) -> T:
    """Return the facts of two parts together: whole numbers add up, names stay."""
    return type(one)(
        **{
            field.name: value + getattr(other, field.name) if isinstance(value, int) else value
            for field in fields(one)
            for value in [getattr(one, field.name)]
        }
    )
