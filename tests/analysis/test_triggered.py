"""A triggered comparison of a log: phases, both parts, checks, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from abkit.analysis.analyzing import analyze
from abkit.analysis.triggered import analyze_triggered
from abkit.core.errors import ConfigError, DataError
from abkit.core.triggered import DilutedRow, TriggeredTable

from .conftest import Row, as_table
from .triggered_logs import diluted_rates, phase_sums, random_log

CELLS = [(case, metric) for case in ("A", "B") for metric in ("AR", "PRR", "24RR")]
TWO_TO_ONE = {"allocation": "2:1"}


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return random_log(2_500, seed=1)


@pytest.fixture(scope="module")
def table(log: pa.Table) -> TriggeredTable:
    return analyze_triggered(log, **TWO_TO_ONE).tables[0]


@pytest.fixture(scope="module")
def sums(log: pa.Table) -> dict[tuple[str, str], pd.DataFrame]:
    return phase_sums(log)


def rows(table: TriggeredTable) -> dict[tuple[str, str], DilutedRow]:
    return {(row.use_case, row.metric): row for row in table.diluted}


def test_phases_are_counted_as_by_hand(
    table: TriggeredTable, sums: dict[tuple[str, str], pd.DataFrame]
) -> None:
    """Pandas, row by row, shares no code with the queries."""
    for groups, y, m in ((table.placebo, "uy", "um"), (table.triggered, "ty", "tm")):
        found = {
            (group.use_case, row.metric, name): (arm.successes, arm.trials)
            for group in groups
            for row in group.metrics
            for name, arm in (("control", row.control), ("treatment", row.treatment))
        }
        for (case, metric), frame in sums.items():
            for arm, part in frame.groupby("arm"):
                assert found[case, metric, arm] == (part[y].sum(), part[m].sum())


def test_customers_that_trigger_are_counted_by_their_first(
    table: TriggeredTable, sums: dict[tuple[str, str], pd.DataFrame]
) -> None:
    frame = sums["A", "AR"]
    for count in table.triggers:
        for arm in ("control", "treatment"):
            own = frame[frame["arm"] == arm]
            case = count.use_case
            hits = own["stratum"] != "" if case is None else own["stratum"] == case
            of = getattr(count, arm)
            assert (of.successes, of.trials) == (hits.sum(), len(own))


def test_diluted_rates_are_those_of_the_definition(
    table: TriggeredTable, sums: dict[tuple[str, str], pd.DataFrame]
) -> None:
    """Customers come to both use-cases: strata by the use-case of the first trigger matter."""
    for cell, row in rows(table).items():
        expected = diluted_rates(sums[cell])[0]
        assert (row.control, row.treatment) == pytest.approx(tuple(expected), abs=1e-12)


def test_standard_errors_are_those_of_a_bootstrap_of_customers(
    table: TriggeredTable, sums: dict[tuple[str, str], pd.DataFrame]
) -> None:
    """1,000 resamples of whole customers: each standard error within 9 %, four Monte-Carlo SD."""
    rng, resamples = np.random.default_rng(3), 1_000
    frame = sums["A", "AR"]
    arms = [np.flatnonzero(frame["arm"] == arm) for arm in ("control", "treatment")]
    weights = np.zeros((resamples, len(frame)))
    for members in arms:
        weights[:, members] = rng.multinomial(
            len(members), np.full(len(members), 1 / len(members)), size=resamples
        )
    for cell, row in rows(table).items():
        rates = diluted_rates(sums[cell], weights)
        spread = (rates[:, 1] - rates[:, 0]).std(ddof=1)
        assert row.standard_error == pytest.approx(spread, rel=0.09)
        ratios = np.quantile(rates[:, 1] / rates[:, 0] - 1, [0.025, 0.975])
        width = row.relative.ci_upper - row.relative.ci_lower
        assert width == pytest.approx(ratios[1] - ratios[0], rel=0.15)


def test_the_gain_is_over_the_row_of_table_3(log: pa.Table, table: TriggeredTable) -> None:
    plain = {(case, r.metric): r for case, r in analyze(log, **TWO_TO_ONE).table3.rows()}
    for cell, row in rows(table).items():
        assert row.plain.difference == plain[cell].difference
        error = plain[cell].standard_error
        assert row.plain.gain == pytest.approx((error / row.standard_error) ** 2)
        assert row.plain.gain > 1


def test_swapping_the_arms_turns_the_sign(log: pa.Table, table: TriggeredTable) -> None:
    swapped = analyze_triggered(log, control="treatment", treatment="control", allocation="1:2")
    for cell, row in rows(swapped.tables[0]).items():
        assert row.difference.estimate == pytest.approx(-(rows(table)[cell].difference.estimate))
        assert row.standard_error == pytest.approx(rows(table)[cell].standard_error)


def test_if_every_contact_triggers_it_is_the_plain_analysis() -> None:
    """Of customers who stay in a use-case: then there is one stratum."""
    frame = random_log(1_500, seed=2, moving=0).to_pandas()
    frame["always"] = True
    table = analyze_triggered(frame, trigger="always", **TWO_TO_ONE).tables[0]
    for row in table.diluted:
        assert row.difference.estimate == pytest.approx(row.plain.difference.estimate, abs=1e-12)
        assert row.plain.gain == pytest.approx(1, rel=0.01)  # K / (K - 1) with and without silent
    for group in table.placebo:
        assert all(row.p_value is None for row in group.metrics)


def test_a_copy_of_the_log_with_other_customers_halves_the_variance(
    log: pa.Table, table: TriggeredTable
) -> None:
    frame = log.to_pandas()
    other = frame.assign(**{n: frame[n] + "x" for n in ("contact_id", "customer_id", "issue_id")})
    twice = analyze_triggered(pd.concat([frame, other]), **TWO_TO_ONE).tables[0]
    for cell, row in rows(twice).items():
        assert row.difference.estimate == pytest.approx(rows(table)[cell].difference.estimate)
        assert 2 * row.standard_error**2 == pytest.approx(
            rows(table)[cell].standard_error ** 2, rel=0.005
        )


def test_a_score_and_a_threshold_say_the_same_as_the_flag(
    log: pa.Table, table: TriggeredTable
) -> None:
    assert analyze_triggered(log, threshold=0.5, **TWO_TO_ONE).tables[0].diluted == table.diluted


def test_a_column_of_ones_own_says_the_same(log: pa.Table, table: TriggeredTable) -> None:
    frame = log.to_pandas()
    frame["hit"] = [
        "yes" if f is True and m != "defective" else "no"
        for f, m in zip(frame["flagged"], frame["menu_reason"], strict=True)
    ]
    frame = frame.drop(columns=["flagged", "score", "menu_reason"])
    assert analyze_triggered(frame, trigger="hit", **TWO_TO_ONE).tables[0].diluted == table.diluted


def test_other_names_of_columns_and_of_label_0(log: pa.Table, table: TriggeredTable) -> None:
    frame = log.to_pandas().rename(columns={"menu_reason": "why", "flagged": "seen"})
    frame["why"] = frame["why"].astype(str).replace({"defective": "kaputt"})
    found = analyze_triggered(
        frame, mapping={"menu_reason": "why", "flagged": "seen"}, label_0="kaputt", **TWO_TO_ONE
    )
    assert found.tables[0].diluted == table.diluted
    assert not any("never says" in note for note in found.notes)


def test_a_misspelt_label_0_is_said(log: pa.Table) -> None:
    found = analyze_triggered(log, label_0="defect", **TWO_TO_ONE)
    assert any("never says `defect`" in note and "`quality`" in note for note in found.notes)


def test_rows_in_any_order_and_any_form_give_the_same(
    log: pa.Table, table: TriggeredTable, tmp_path: Any
) -> None:
    path = tmp_path / "log.csv"
    log.to_pandas().sample(frac=1, random_state=1).to_csv(path, index=False)
    found = analyze_triggered(path, **TWO_TO_ONE)
    assert found.tables[0].to_dict() == table.to_dict()
    assert found.source == "log.csv"


def test_columns_of_the_user_may_have_any_name(log: pa.Table, table: TriggeredTable) -> None:
    frame = log.to_pandas().rename(columns={"started_at": "since_us", "customer_id": "unit_hash"})
    frame["phase"] = frame["stratum"] = 1
    mapping = {"started_at": "since_us", "customer_id": "unit_hash"}
    found = analyze_triggered(frame, mapping=mapping, **TWO_TO_ONE)
    assert found.tables[0].diluted == table.diluted


def test_as_of_an_earlier_moment_later_triggers_have_not_happened(log: pa.Table) -> None:
    until = "2024-01-06T12:00+00:00"
    frame = log.to_pandas()
    cut = frame[frame["started_at"] <= pd.Timestamp(until)]
    early = analyze_triggered(log, until=until, metrics="AR", **TWO_TO_ONE).tables[0]
    same = analyze_triggered(cut, metrics="AR", **TWO_TO_ONE).tables[0]
    assert early.diluted == same.diluted
    assert early.triggers == same.triggers


def test_several_treatments_are_one_family(log: pa.Table) -> None:
    frame = log.to_pandas()
    half = frame["customer_id"].str[-1].isin(list("02468")) & (frame["arm"] == "treatment")
    frame["arm"] = frame["arm"].astype(str).where(~half, "other")
    found = analyze_triggered(frame, allocation={"control": 4, "treatment": 1, "other": 1})
    assert [table.treatment for table in found.tables] == ["other", "treatment"]
    assert {table.family for table in found.tables} == {12}
    assert len(found.to_dict()["results"]) == 2
    assert len(found.records()) == 12


def test_facts_are_json(table: TriggeredTable, log: pa.Table) -> None:
    facts = json.loads(analyze_triggered(log, **TWO_TO_ONE).to_json())
    assert facts["arms"] == {"control": "control", "treatment": "treatment"}
    assert [row["use_case"] + row["metric"] for row in facts["diluted"]] == [
        "".join(cell) for cell in CELLS
    ]
    assert set(facts["diluted"][0]["plain"]) == {"difference", "p_value", "standard_error", "gain"}


def test_a_planted_difference_before_any_trigger_fails_the_placebo(log: pa.Table) -> None:
    """Not by the text check: whoever never triggers is served better in treatment."""
    frame = log.to_pandas()
    never = ~frame["customer_id"].isin(frame[frame["flagged"].eq(True)]["customer_id"])
    frame.loc[never & (frame["arm"] == "treatment"), "automated"] = True
    table = analyze_triggered(frame, **TWO_TO_ONE).tables[0]
    failed = {c.metric for c in table.checks if c.code == "placebo" and c.status == "fail"}
    assert failed == {"AR"}
    assert {row.verdict for row in table.diluted if row.metric == "AR"} == {"not_trusted"}
    assert all(row.verdict != "not_trusted" for row in table.diluted if row.metric != "AR")


def changed(log: pa.Table, change: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    frame: pd.DataFrame = log.to_pandas()
    frame["flagged"] = frame["flagged"].astype(object)
    change(frame)
    return frame


def blank(arm: str) -> Callable[[pd.DataFrame], None]:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame["arm"] == arm, "flagged"] = None

    return change


def _flag_less(frame: pd.DataFrame) -> None:
    frame.loc[(frame["arm"] == "control") & (np.arange(len(frame)) % 2 == 0), "flagged"] = False


def _drop(name: str) -> Callable[[pd.DataFrame], None]:
    return lambda frame: frame.drop(columns=name, inplace=True)


def _nobody_selects(frame: pd.DataFrame) -> None:
    frame["menu_reason"] = frame["menu_reason"].where(frame["arm"] != "control")


def _overrule(frame: pd.DataFrame) -> None:
    frame["assigned_reason"] = frame["menu_reason"].astype(str)
    treated = (frame["arm"] == "treatment") & (frame["menu_reason"] == "defective")
    frame.loc[treated & frame["flagged"].eq(False), "assigned_reason"] = "others"


def _control_uses_text(frame: pd.DataFrame) -> None:
    frame["assigned_reason"] = frame["menu_reason"].astype(str)
    frame.loc[frame["flagged"].eq(True), "assigned_reason"] = "defective"


@pytest.mark.parametrize(
    ("change", "said", "hinted"),
    [
        (blank("control"), "`flagged` is null in all", "score the other arm"),
        (blank("treatment"), "of the arm `treatment`", "score the other arm"),
        (
            _flag_less,
            "triggering itself differs between the arms: control 354 of",
            "threshold the same",
        ),
        (
            _nobody_selects,
            "`menu_reason` is null in all",
            "what the customer selected",
        ),
        (_drop("menu_reason"), "no column `menu_reason`", "--trigger COLUMN"),
        (_drop("flagged"), "no column `flagged`", "--threshold T"),
        (_drop("customer_id"), "no column `customer_id`", "--map customer_id=COLUMN"),
        (_overrule, "contacts that do not trigger of the arm `treatment`", "--trigger COLUMN"),
        (_control_uses_text, "contacts of the arm `control`", "--trigger COLUMN"),
        (lambda frame: frame.__setitem__("flagged", False), "no contact triggers", "nothing"),
        (lambda frame: frame.__setitem__("flagged", "perhaps"), "neither true nor false", ""),
    ],
)
def test_what_cannot_be_compared_is_refused(
    log: pa.Table, change: Callable[[pd.DataFrame], Any], said: str, hinted: str
) -> None:
    frame = changed(log, change)
    with pytest.raises(DataError) as refused:
        analyze_triggered(frame, metrics="AR", **TWO_TO_ONE)
    assert said in str(refused.value)
    assert hinted in (refused.value.hint or "")


def test_beliefs_that_fit_are_no_obstacle(log: pa.Table, table: TriggeredTable) -> None:
    frame = log.to_pandas()
    hit = frame["flagged"].eq(True) & (frame["arm"] == "treatment")
    frame["assigned_reason"] = frame["menu_reason"].astype(str).where(~hit, "defective")
    assert analyze_triggered(frame, **TWO_TO_ONE).tables[0].diluted == table.diluted


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": "wait=wait_s:mean"}, "`metric` `wait` is a mean"),
        ({"threshold": 1.5}, "`threshold` is 1.5"),
        ({"threshold": 0.5, "trigger": "flagged"}, "expected one of them"),
        ({"confidence_level": 2}, "`confidence_level` is 2"),
        ({"mapping": {"menu": "x"}}, "`map` is `menu`"),
    ],
)
def test_arguments_out_of_their_domain(log: pa.Table, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        analyze_triggered(log, **options)


def test_one_contact_after_the_other(contact: Callable[..., Row]) -> None:
    """From the first triggering contact on, in every use-case; before it nothing."""
    rows, n = [], 0
    for customer in range(40):
        arm = "treatment" if customer % 2 else "control"
        for at, flagged, menu, case in (
            (0, False, "quality", "A"),
            (2, True, "defective", "A"),  # the menu says so already
            (4, True, "quality", "A"),  # triggers
            (6, False, "quality", "A"),
            (8, False, "quality", "B"),  # elsewhere, but after it
        ):
            n += 1
            rows.append(
                contact(n, f"c{customer}", arm, at, at + 0.5, flagged=flagged, menu_reason=menu,
                        use_case=case, automated=customer % 4 < 2)
            )  # fmt: skip
    table = analyze_triggered(as_table(rows), metrics="AR").tables[0]
    trials = {
        (part, group.use_case): (row.control.trials, row.treatment.trials)
        for part, groups in (("before", table.placebo), ("after", table.triggered))
        for group in groups
        for row in group.metrics
    }
    assert trials == {
        ("before", "A"): (40, 40),
        ("before", "B"): (0, 0),
        ("after", "A"): (40, 40),
        ("after", "B"): (20, 20),
    }
    whole, a, b = table.triggers
    assert (whole.control.successes, a.control.successes, b.control.successes) == (20, 20, 0)
