"""Contact logs with triggering contacts, made at random, and a plain count of both phases."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from .conftest import Row, _contact, as_table

DAY = 24.0


def random_log(
    n_customers: int, *, seed: int, effect: float = 0.2, moving: float = 0.2
) -> pa.Table:
    """Return a log of customers who repeat; only triggered ones of treatment differ.

    A share `moving` of repeats comes in another use-case, so that customers triggered in one have
    contacts in another. Control is twice as large as treatment.
    """
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for customer in range(n_customers):
        arm = "treatment" if rng.random() < 1 / 3 else "control"
        case, start = str(rng.choice(["A", "B"])), rng.uniform(0, 200)
        liking, exposed = rng.beta(2, 2), False
        while start < 264:
            flagged = None if rng.random() < 0.1 else bool(rng.random() < 0.3)
            menu = str(rng.choice(["defective", "quality"], p=[0.3, 0.7]))
            exposed = exposed or (flagged is True and menu != "defective")
            helped = exposed and arm == "treatment"
            p = min(0.98, 0.8 * liking + effect * helped)
            end = start + rng.exponential(0.3)
            answer = (
                ("positive" if rng.random() < p else "negative") if rng.random() < 0.5 else None
            )
            rows.append(
                _contact(
                    len(rows), f"c{customer}", arm, start, end, use_case=case,
                    issue_id=f"i{customer}-{case}", counted=bool(start < 240), flagged=flagged,
                    score=None if flagged is None else (0.9 if flagged else 0.1),
                    menu_reason=menu, automated=bool(rng.random() < p), response=answer,
                )
            )  # fmt: skip
            if rng.random() > 0.6 - 0.3 * helped:
                break
            start = end + rng.exponential(10)
            if rng.random() < moving:
                case = "B" if case == "A" else "A"
    order = rng.permutation(len(rows))
    return as_table(rows[i] for i in order)


def phase_sums(log: pa.Table) -> dict[tuple[str, str], pd.DataFrame]:
    """Return per use-case and metric one row per customer: arm, stratum, sums of both phases.

    Plain pandas, row by row: it shares no code with the analysis. Every customer of the log has a
    row, with zeros where there is nothing.
    """
    frame: pd.DataFrame = log.to_pandas().sort_values("started_at", kind="stable")
    last = frame["started_at"].max()
    people: dict[tuple[str, str, str], list[int]] = {}
    who: dict[str, dict[str, Any]] = {}
    rows = frame.to_dict("records")
    for row in rows:
        person = who.setdefault(row["customer_id"], {"arm": row["arm"], "stratum": ""})
        if not person["stratum"] and row["flagged"] is True and row["menu_reason"] != "defective":
            person["stratum"] = row["use_case"]
        row["after"] = bool(person["stratum"])
    following: dict[str, pd.Timestamp] = {}  # the next start of each issue, backwards
    for row in reversed(rows):
        gap = following.get(row["issue_id"], last + pd.Timedelta(days=9)) - row["ended_at"]
        following[row["issue_id"]] = row["started_at"]
        if not row["counted"]:
            continue
        mature = row["ended_at"] + pd.Timedelta(hours=DAY) <= last
        back = mature and pd.Timedelta(0) < gap <= pd.Timedelta(hours=DAY)
        outcomes = {"AR": (row["automated"], True), "24RR": (back, mature)}
        outcomes["PRR"] = (row["response"] == "positive", isinstance(row["response"], str))
        for metric, (y, m) in outcomes.items():
            sums = people.setdefault((row["use_case"], metric, row["customer_id"]), [0, 0, 0, 0])
            at = 2 * row["after"]
            sums[at] += int(y and m)
            sums[at + 1] += int(m)
    found = {}
    for case in ("A", "B"):
        for metric in ("AR", "PRR", "24RR"):
            table = [
                [person["arm"], person["stratum"], *people.get((case, metric, name), [0] * 4)]
                for name, person in who.items()
            ]
            found[case, metric] = pd.DataFrame(
                table, columns=["arm", "stratum", "uy", "um", "ty", "tm"]
            )
    return found


def diluted_rates(sums: pd.DataFrame, weights: np.ndarray | None = None) -> np.ndarray:
    """Return control's and treatment's rate, straight from the definition.

    `weights`, shape (resamples, customers), counts each customer so many times; the result has
    shape (resamples, 2).
    """
    w = np.ones((1, len(sums))) if weights is None else weights
    rates = []
    for arm in ("control", "treatment"):
        parts = []
        for before, after in (("uy", "ty"), ("um", "tm")):
            total = w @ sums[before].to_numpy(float)
            for stratum in ("A", "B"):
                triggered = (sums["stratum"] == stratum).to_numpy(float)
                own = triggered * (sums["arm"] == arm)
                mean = (w @ (own * sums[after].to_numpy(float))) / (w @ own)
                total = total + (w @ triggered) * mean
            parts.append(total)
        rates.append(parts[0] / parts[1])
    return np.stack(rates, axis=1)
