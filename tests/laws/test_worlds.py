"""Laws of whole simulated worlds: placebo, label swap, no error no effect, same bytes."""

import io
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import stats

from abkit.core.contacts import CONTACT_SCHEMA
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from ..simulations.fakes import (
    CONTROL,
    TREATMENT,
    beta_supply,
    default_scenario,
    two_point_supply,
)

SMALL = {"arrivals.first_contacts_per_week": 4_000.0}
SUPPLY = beta_supply()
FEW = {
    day: [1] * 8 + [4] * 16
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


def world(
    changes: dict[str, Any] | None = None, *, threshold: float = 0.4, seed: int = 1, **options: Any
) -> pa.Table:
    scenario: Scenario = default_scenario(SMALL | {"agents.heads": FEW} | (changes or {}))
    return simulate_contacts(
        scenario, options.pop("supply", SUPPLY), threshold=threshold, weeks=1, seed=seed, **options
    )


def parquet_bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def renamed(table: pa.Table, names: dict[str, str]) -> pa.Table:
    """Return the table with arms renamed."""
    words = table.column("arm").to_pandas().astype(str).map(lambda arm: names.get(arm, arm))
    index = table.schema.get_field_index("arm")
    return table.set_column(index, "arm", pa.array(words, pa.string()))


def test_placebo_worlds_are_the_same_bytes_but_for_the_arms_name() -> None:
    """Threshold above 1: nothing is flagged, so the policies believe the same."""
    control = world({"arms": {"control": CONTROL}}, threshold=1.01)
    treatment = world({"arms": {"treatment": TREATMENT}}, threshold=1.01)
    assert parquet_bytes(renamed(treatment, {"treatment": "control"})) == parquet_bytes(
        renamed(control, {})
    )
    flagged = world({"arms": {"treatment": TREATMENT}})
    assert flagged.num_rows != control.num_rows or not flagged.equals(control)


def test_an_arms_own_threshold_is_as_good_as_the_models() -> None:
    """And one that no score reaches makes a placebo of that arm."""
    own = world({"arms": {"treatment": TREATMENT | {"threshold": 0.6}}}, threshold=0.3)
    assert parquet_bytes(own) == parquet_bytes(
        world({"arms": {"treatment": TREATMENT}}, threshold=0.6)
    )
    control = world({"arms": {"control": CONTROL | {"threshold": 2.0}}})
    placebo = world({"arms": {"treatment": TREATMENT | {"threshold": 2.0}}})
    assert renamed(placebo, {"treatment": "control"}).equals(renamed(control, {}))


def test_who_never_types_believes_the_menu_under_every_policy() -> None:
    logs = [
        renamed(
            world({"arms": {policy: CONTROL | {"policy": policy}}, "customers.text_rate": 0.0}),
            {policy: "arm"},
        )
        for policy in get_args(Policy)
    ]
    assert all(log.equals(logs[0]) for log in logs[1:])


def test_label_swap_swaps_the_arms_and_nothing_else() -> None:
    mirror = {"control": "treatment", "treatment": "control"}
    first = world({"arms": {"control": CONTROL, "treatment": TREATMENT}})
    second = world({"arms": {"treatment": CONTROL, "control": TREATMENT}})
    assert renamed(second, mirror).equals(renamed(first, {}))


def test_interference_comes_from_the_agents_alone() -> None:
    """With unlimited agents a customer lives as in the pure world of his policy."""
    arms = {"control": CONTROL, "treatment": TREATMENT}
    for heads, same in (("unlimited", True), (FEW, False)):
        mixed = world({"arms": arms, "agents.heads": heads})
        for arm, policy in arms.items():
            pure = world({"arms": {arm: policy}, "agents.heads": heads})
            members = mixed.filter(pc.equal(mixed["arm"].cast(pa.string()), arm))
            there = pc.is_in(pure["customer_id"], value_set=members["customer_id"].combine_chunks())
            assert renamed(members, {}).equals(renamed(pure.filter(there), {})) == same


def test_perfect_menu_and_no_false_flag_mean_no_effect() -> None:
    perfect = {
        f"use_cases.{name}.{key}": 0.0
        for name in "ABC"
        for key in ("menu_error", "menu_false_claim")
    }
    supply = two_point_supply(recall=0.7, false_flag_rate=0.0)
    control = world(perfect | {"arms": {"control": CONTROL}}, supply=supply)
    treatment = world(perfect | {"arms": {"treatment": TREATMENT}}, supply=supply)
    assert renamed(treatment, {"treatment": "control"}).equals(renamed(control, {}))


def test_arms_move_no_draw() -> None:
    """All-control and all-treatment worlds share texts, scores, and answers to the same offer."""
    control = world({"arms": {"control": CONTROL}}).to_pandas().set_index("contact_id")
    treatment = world({"arms": {"treatment": TREATMENT}}).to_pandas().set_index("contact_id")
    both = control.join(treatment, lsuffix="_c", rsuffix="_t", how="inner")
    assert len(both) > 0.9 * len(control)
    for column in ("use_case", "menu_reason", "text", "score", "true_reason", "true_hardness"):
        pd.testing.assert_series_equal(both[f"{column}_c"], both[f"{column}_t"], check_names=False)
    first = both[both["attempt_c"] == 1]
    assert (first["started_at_c"] == first["started_at_t"]).all()
    same = first["assigned_reason_c"] == first["assigned_reason_t"]
    assert 0.8 < same.mean() < 1
    for column in ("resolution", "accepted", "response"):
        a, b = first[same][f"{column}_c"].astype(object), first[same][f"{column}_t"].astype(object)
        assert (a.fillna("") == b.fillna("")).all()


def test_another_threshold_moves_no_draw() -> None:
    a, b = world(threshold=0.3).to_pandas(), world(threshold=0.6).to_pandas()
    a, b = a[a["attempt"] == 1], b[b["attempt"] == 1]
    for column in ("contact_id", "arm", "started_at", "text", "score", "menu_reason"):
        pd.testing.assert_series_equal(
            a[column].reset_index(drop=True), b[column].reset_index(drop=True)
        )
    assert (a["flagged"].to_numpy() != b["flagged"].to_numpy()).any()


def test_everybody_is_flagged_at_threshold_zero() -> None:
    log = world({"customers.text_rate": 1.0}, threshold=0.0).to_pandas()
    treated = log[log["arm"] == "treatment"]
    assert (treated["assigned_reason"] == "defective").all()
    assert (log[log["arm"] == "control"]["assigned_reason"] != "defective").any()


def test_same_bytes_twice_and_whatever_is_shown() -> None:
    class Loud:
        def __init__(self) -> None:
            self.days = 0

        def track(self, items, *, description, total=None):  # type: ignore[no-untyped-def]
            for item in items:
                self.days += 1
                yield item

    bar = Loud()
    assert parquet_bytes(world()) == parquet_bytes(world(progress=bar))
    assert bar.days == 8
    assert not world(seed=2).equals(world())
    assert not world(replication=1).equals(world())


def test_the_log_keeps_its_contract() -> None:
    """A state machine over every row: what was said, how it ended, how long it took."""
    table = world()
    assert table.schema == CONTACT_SCHEMA
    log = table.to_pandas()
    assert log["contact_id"].is_unique
    assert log.equals(log.sort_values(["started_at", "contact_id"], ignore_index=True))
    assert (log["ended_at"] > log["started_at"]).all()
    assert (log.groupby("customer_id")["arm"].nunique() == 1).all()
    week = pd.Timestamp("2024-01-08", tz="UTC")
    assert (log["counted"] == (log["started_at"] < week)).all()
    assert log["started_at"].max() < week + pd.Timedelta(days=1)
    assert (log["text"].isna() == log["score"].isna()).all()
    assert (log["text"].isna() == log["flagged"].isna()).all()
    typed = log[log["text"].notna()]
    assert (typed["flagged"] == (typed["score"] >= 0.4)).all()
    unflagged = log["flagged"].isna() | ~log["flagged"].fillna(False).astype(bool)
    as_menu = (log["arm"] == "control") | unflagged
    assert (log["assigned_reason"] == log["menu_reason"])[as_menu].all()
    assert (log["assigned_reason"] == "defective")[~as_menu].all()

    offered, outcome = log["resolution"].notna(), log["outcome"].astype(str)
    accepted = log["accepted"].fillna(False).astype(bool)
    queued = outcome.isin(["resolved_by_agent", "abandoned_queue"])
    assert (log["accepted"].notna() == offered).all()
    assert (log["automated"] == accepted).all()
    assert (log["automated"] == (outcome == "resolved_by_bot")).all()
    assert (log["wait_s"].notna() == queued).all()
    assert queued[~offered].all()
    assert not (log["response"].notna() & ~offered).any()
    assert log["response"].notna()[offered].mean() == pytest.approx(0.35, abs=0.03)
    assert (log["resolution"].dropna().astype(str) == log[offered]["assigned_reason"].map({
        "defective": "replacement", "missing": "send_missing_part", "quality": "partial_refund",
        "preference": "free_return_label", "others": "return_instructions",
    }).astype(str)).all()  # fmt: skip


def test_repeats_follow_within_a_day_and_count_their_attempts() -> None:
    log = world().to_pandas().sort_values(["issue_id", "attempt"])
    previous_end = log.groupby("issue_id")["ended_at"].shift()
    gap = (log["started_at"] - previous_end).dropna()
    assert len(gap) > 200
    assert (gap > pd.Timedelta(0)).all()
    assert (gap <= pd.Timedelta(days=1)).all()
    assert (log.groupby("issue_id").cumcount() + 1 == log["attempt"]).all()
    assert (log.groupby("issue_id")["true_reason"].nunique() == 1).all()


def test_repeat_delays_follow_the_law_given_a_day() -> None:
    """Kolmogorov-Smirnov against the log-normal cut to 24 h, after contacts well before the end."""
    law = default_scenario().repeat_delay
    log = world().to_pandas().sort_values(["issue_id", "attempt"])
    end = log.groupby("issue_id")["ended_at"].shift()
    early = end < pd.Timestamp("2024-01-08", tz="UTC")
    hours = (log["started_at"] - end)[early] / pd.Timedelta(hours=1)
    uncut = stats.lognorm(law.sigma, scale=law.median_h)
    assert stats.kstest(hours, lambda x: uncut.cdf(x) / uncut.cdf(24)).pvalue > 1e-4


def test_allocation_follows_the_weights() -> None:
    arms = {"control": CONTROL | {"weight": 1}, "treatment": TREATMENT | {"weight": 3}}
    log = world({"arms": arms}).to_pandas()
    first = log[log["attempt"] == 1]
    treated = int((first["arm"] == "treatment").sum())
    n = len(first)
    assert abs(treated - 0.75 * n) < 4 * np.sqrt(n * 0.75 * 0.25)
