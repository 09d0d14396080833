"""AR, PRR and 24RR counted from a simulated log, apart from the analysis that they grade."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
import pyarrow as pa

from abkit.core.metrics import AR, PRR, REPEAT_RATE

Counts = Mapping[tuple[str, str, str], tuple[int, int]]  # (use-case, metric, arm)

_COLUMNS: Final = [
    "customer_id", "issue_id", "attempt", "use_case", "arm", "started_at", "ended_at", "counted",
    "resolution", "automated", "response",
]  # fmt: skip
_DAY: Final = pd.Timedelta(hours=24)


def count_rates(log: pa.Table) -> Counts:
    """Return successes and trials by use-case, metric and arm, over counted contacts.

    Plain pandas on the contract of `abkit.core.contacts`. An issue's contacts follow each other by
    number in a simulated log, and the cut-off is its last start.
    """
    rows = log.select(_COLUMNS).to_pandas().sort_values(["customer_id", "issue_id", "attempt"])
    issue = rows.groupby(["customer_id", "issue_id"], sort=False, observed=True)
    gap = issue["started_at"].shift(-1) - rows["ended_at"]
    facts = pd.DataFrame(
        {
            "use_case": rows["use_case"].astype(str),
            "arm": rows["arm"].astype(str),
            "contact": 1,
            "automated": rows["automated"].astype(int),
            "answer": (rows["resolution"].notna() & rows["response"].notna()).astype(int),
            "mature": (rows["ended_at"] + _DAY <= rows["started_at"].max()).astype(int),
        }
    )
    facts["positive"] = facts["answer"] * (rows["response"] == "positive")
    facts["repeated"] = facts["mature"] * ((gap > pd.Timedelta(0)) & (gap <= _DAY))
    sums = facts[rows["counted"].to_numpy()].groupby(["use_case", "arm"]).sum()
    return {
        (case, metric, arm): (int(row[of]), int(row[per]))
        for (case, arm), row in sums.iterrows()
        for metric, of, per in (
            (AR.name, "automated", "contact"),
            (PRR.name, "positive", "answer"),
            (REPEAT_RATE.name, "repeated", "mature"),
        )
    }
