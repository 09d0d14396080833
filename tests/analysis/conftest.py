"""Contact logs made by hand or at random, with the contract's schema."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from abkit.core.contacts import CONTACT_SCHEMA, START

Row = dict[str, Any]
LogWriter = Callable[[Iterable[Row]], Path]


def at(hours: float) -> pd.Timestamp:
    """Return simulated time 0 plus hours, in whole microseconds as the log keeps them."""
    return (pd.Timestamp(START, tz="UTC") + pd.Timedelta(hours=hours)).round("us")


@pytest.fixture
def contact() -> Callable[..., Row]:
    """Return `_contact`."""
    return _contact


@pytest.fixture
def random_rows() -> Callable[..., list[Row]]:
    """Return `_random_rows`."""
    return _random_rows


def _contact(n: int, customer: str, arm: str, start: float, end: float, **more: Any) -> Row:
    """Return one contact; its issue is the customer's only one unless named."""
    return {
        "contact_id": f"k{n}",
        "customer_id": customer,
        "issue_id": f"i-{customer}",
        "attempt": 1,
        "use_case": "A",
        "arm": arm,
        "started_at": at(start),
        "ended_at": at(end),
        "counted": True,
        "resolution": "refund",
        "automated": False,
        "outcome": "resolved_by_agent",
    } | more


def as_table(rows: Iterable[Row]) -> pa.Table:
    """Return rows as a contact log; absent fields are null."""
    rows = list(rows)
    columns = []
    for field in CONTACT_SCHEMA:
        values = [row.get(field.name) for row in rows]
        plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        columns.append(pa.array(values, plain).cast(field.type))
    return pa.Table.from_arrays(columns, schema=CONTACT_SCHEMA)


@pytest.fixture
def write_log(tmp_path: Path) -> LogWriter:
    """Return a function that writes rows as a Parquet contact log."""

    def write(rows: Iterable[Row], name: str = "contacts.parquet") -> Path:
        path = tmp_path / name
        parquet.write_table(as_table(rows), path)
        return path

    return write


def _random_rows(n_customers: int, *, seed: int, effect: float = 0.1) -> list[Row]:
    """Return a log in which customers repeat, outcomes cluster, and the tail is not counted."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n_customers):
        arm = "treatment" if rng.random() < 0.5 else "control"
        use_case = str(rng.choice(["A", "B", "C"]))
        liking, issue, start = rng.beta(2, 2), 0, rng.uniform(0, 120)
        while start < 144 and rng.random() < 0.75:
            end = start + rng.exponential(0.5)
            offered = rng.random() < 0.9
            answered = rng.random() < 0.6
            p = min(1.0, liking + effect * (arm == "treatment"))
            rows.append(
                _contact(
                    len(rows),
                    f"c{customer}",
                    arm,
                    start,
                    end,
                    issue_id=f"i{customer}-{issue}",
                    use_case=use_case,
                    counted=bool(start < 120),
                    automated=bool(rng.random() < p),
                    resolution="refund" if offered else None,
                    response=("positive" if rng.random() < p else "negative") if answered else None,
                )
            )
            gap = rng.choice([0.0, rng.uniform(-0.1, 3), 24.0, rng.uniform(3, 40)])
            start = end + gap
            if rng.random() < 0.2:
                issue += 1
    order = rng.permutation(len(rows))
    return [rows[i] for i in order]
