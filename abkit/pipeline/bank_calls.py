"""The calls of an anonymous bank, February 1999, and a simulated log seen through the same eyes.

Both become `Calls`, so that one code measures what was observed and what was predicted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.contacts import START
from abkit.core.errors import DataError

FILE: Final = "bank_calls_feb1999.csv.gz"
FIRST_DAY: Final = "1999-02-01"  # a Monday, as is the first simulated day
REGULAR: Final = ("PS", "NE", "PE")  # types whose callers are identified, when they wait
COLUMNS: Final = (
    "date", "queue_start_s", "queue_time", "outcome", "service_start_s", "service_time", "type",
    "customer",
)  # fmt: skip
DAY_S: Final = 86_400
CUSTOMERS: Final = "customers"  # the use-case of the regular types

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that asked for an agent, in order of asking; shape (n,) each."""

    asked_s: Floats  # from the period's first midnight, a Monday's
    wait_s: Floats  # in the queue; 0: served at once
    service_s: Floats  # 0 where nobody served
    abandoned: Mask
    regular: Mask  # of a type whose callers are identified, when they wait
    customer: Ints  # 0: not identified

    def part(self, chosen: Mask) -> "Calls":
        """Return the chosen calls."""
        return Calls(*(getattr(self, name)[chosen] for name in self.__slots__))

    def days(self, first: int, end: int) -> "Calls":
        """Return the calls of days `first` to `end` - 1, timed from the first one's midnight."""
        found = self.part((self.asked_s >= first * DAY_S) & (self.asked_s < end * DAY_S))
        return Calls(
            found.asked_s - first * DAY_S,
            *(getattr(found, name) for name in self.__slots__[1:]),
        )

    @property
    def queued(self) -> Mask:
        """Return who waited."""
        return self.wait_s > 0

    @property
    def day(self) -> Ints:
        """Return the day of each call, from 0 on."""
        return (self.asked_s // DAY_S).astype(np.int64)

    @property
    def hour(self) -> Ints:
        """Return the hour of the day of each call."""
        return (self.asked_s % DAY_S // 3_600).astype(np.int64)

    def end_s(self) -> Floats:
        """Return when each call ended."""
        end: Floats = self.asked_s + self.wait_s + self.service_s
        return end


def read_bank_calls(folder: Path) -> Calls:
    """Return the calls that asked for an agent in February 1999.

    Left out: phantoms, and callers who hung up before they came to the queue (in the menu, or
    while the centre was closed).

    Raises:
        DataError: The file is absent, or lacks a column.
    """
    path = folder / FILE
    if not path.is_file():
        raise DataError(f"there is no file `{path}`", hint="name the folder that holds it")
    table = pd.read_csv(path)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise DataError(f"`{path}` lacks the column `{missing[0]}`")
    table["asked"] = table["queue_start_s"].where(
        table["queue_start_s"] > 0, table["service_start_s"]
    )  # who was served at once never queued
    table = table[(table["outcome"] != "phantom") & (table["asked"] > 0)]
    day = (pd.to_datetime(table["date"]) - pd.Timestamp(FIRST_DAY)).dt.days
    table["asked"] += day * DAY_S
    table = table.sort_values("asked", kind="stable")
    abandoned = (table["outcome"] == "hang").to_numpy()
    return Calls(
        asked_s=table["asked"].to_numpy(dtype=float),
        wait_s=table["queue_time"].to_numpy(dtype=float),
        service_s=np.where(abandoned, 0.0, table["service_time"].to_numpy(dtype=float)),
        abandoned=abandoned,
        regular=table["type"].isin(REGULAR).to_numpy(),
        customer=table["customer"].to_numpy(dtype=np.int64),
    )


def see_as_calls(log: pa.Table) -> Calls:
    """Return a simulated log's counted contacts as the bank's computer would have seen them.

    It wrote down seconds, and identified regular customers who waited, nobody else.
    """
    log = log.filter(log["counted"])
    begin, end = (_seconds(log[name]) for name in ("started_at", "ended_at"))
    wait = log["wait_s"].to_numpy()
    abandoned = pc.equal(log["outcome"], "abandoned_queue").to_numpy()
    regular = pc.equal(log["use_case"], CUSTOMERS).to_numpy()
    number = pc.utf8_slice_codeunits(log["customer_id"], 1).cast(pa.int64()).to_numpy() + 1
    return Calls(
        asked_s=begin,
        wait_s=wait,
        service_s=np.where(abandoned, 0.0, end - begin - wait),
        abandoned=abandoned,
        regular=regular,
        customer=np.where(regular & (wait > 0), number, 0),
    )


def _seconds(instants: pa.ChunkedArray) -> Floats:
    micros: Ints = instants.cast(pa.int64()).to_numpy() - START.astype(np.int64)
    seconds: Floats = micros / 1e6
    return seconds
