"""What first contacts bring: by arm, and from week to week; who answers by acceptance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from abkit.analysis.analyzing import analyze
from abkit.analysis.brought import SCORE, Brought, Total
from abkit.analysis.brought_checks import (
    _difference,
    answer_checks,
    brought_checks,
    drift_checks,
)
from abkit.core.check import Check

ARMS = ("control", "treatment")
CODES = ("balance", "drift", "response_by_acceptance")


def contacts(n: int = 20_000, *, seed: int = 0) -> pd.DataFrame:
    """Two weeks of first contacts without any fault; many more come on Mondays, with other matters.

    Offers are rejected more often in control, and whoever rejects answers less: no fault either.
    """
    rng = np.random.default_rng(seed)
    weight = np.tile([4.0, 1, 1, 1, 1, 1, 1], 2)
    day = np.sort(rng.choice(14, n, p=weight / weight.sum()))
    defective = rng.random(n) < np.where(day % 7 == 0, 0.4, 0.2)
    treated = rng.random(n) < 0.5
    accepted = rng.random(n) < np.where(treated, 0.7, 0.6)
    answers = rng.random(n) < np.where(accepted, 0.5, 0.3)
    start = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        day * 86_400 + rng.integers(0, 86_400, n), unit="s"
    )
    return pd.DataFrame(
        {
            "contact_id": [f"c{i}" for i in range(n)],
            "customer_id": [f"u{i}" for i in range(n)],
            "attempt": 1,
            "use_case": rng.choice(["A", "B"], n),
            "arm": np.where(treated, "treatment", "control"),
            "started_at": start,
            "ended_at": start + pd.Timedelta(minutes=5),
            "menu_reason": np.where(defective, "defective", rng.choice(["late", "other"], n)),
            "score": rng.beta(np.where(defective, 4, 1), np.where(defective, 1, 4)),
            "resolution": "refund",
            "accepted": accepted,
            "automated": accepted,
            "response": np.where(answers, "positive", None),
        }
    )


def found(log: pd.DataFrame) -> dict[str, Check]:
    return {check.code: check for check in analyze(log).checks if check.code in CODES}


def test_healthy_logs_get_no_word() -> None:
    """Neither a pattern of the week nor arms that differ after the fact are faults."""
    for seed in range(10):
        assert not found(contacts(5_000, seed=seed))


def test_contacts_lost_for_what_they_are_about() -> None:
    log = contacts()
    lost = (log["arm"] == "treatment") & (log["score"] > 0.7) & (log.index % 4 == 0)
    check = found(log[~lost])["balance"]
    assert (check.status, check.treatment, check.metric) == ("warn", "treatment", None)
    assert check.p_value is not None
    assert check.p_value < 1e-3
    for part in ("control ", "treatment ", " %"):
        assert part in check.detail


def test_matters_that_change_in_the_second_week() -> None:
    log = contacts()
    late = log["started_at"] >= pd.Timestamp("2024-01-10", tz="UTC")
    struck = late & (np.random.default_rng(1).random(len(log)) < 0.1)
    check = found(log.assign(menu_reason=log["menu_reason"].mask(struck, "late")))["drift"]
    assert "`late` in the menu from" in check.detail
    assert check.treatment is None
    small = log.assign(score=log["score"].where(~late, log["score"] - 0.005).clip(0, 1))
    assert not found(small)  # surely different, too little to matter


def test_answers_that_one_arm_withholds() -> None:
    log = contacts()
    silent = (log["arm"] == "treatment") & ~log["accepted"] & (log.index % 5 == 0)
    check = found(log.assign(response=log["response"].mask(silent, None)))["response_by_acceptance"]
    assert (check.status, check.metric) == ("warn", "PRR")
    assert "customers who rejected the offer" in check.detail


@pytest.mark.parametrize("absent", ["attempt", "menu_reason"])
def test_logs_that_do_not_say(absent: str) -> None:
    log = contacts(8_000)
    log["score"] = np.where(log["arm"] == "control", log["score"], log["score"] * 0.5)
    without = log.drop(columns=["score"] if absent == "menu_reason" else [])
    assert "balance" in found(log)
    assert not found(without.drop(columns=absent))


def test_repeats_are_not_looked_at() -> None:
    log = contacts(8_000)
    again = log[log["arm"] == "control"].assign(attempt=2, score=0.99, menu_reason="defective")
    again["contact_id"] += "-2"
    assert not found(pd.concat([log, again]))


def test_text_columns_and_row_order_change_nothing() -> None:
    log = contacts(8_000)
    log["score"] = np.where(log["arm"] == "control", log["score"], log["score"] * 0.9)
    first = found(log)["balance"]
    assert found(log.sample(frac=1, random_state=2))["balance"] == first
    as_text = log.assign(score=[repr(float(score)) for score in log["score"]], attempt="1")
    assert found(as_text)["balance"] == first


def test_columns_of_other_kinds_are_left_alone() -> None:
    log = contacts(2_000).assign(attempt=[[1]] * 2_000, accepted=1.5, menu_reason=3.0)
    assert not found(log.assign(score=[[0.5]] * 2_000))
    free = contacts(2_000).assign(menu_reason=[f"text {i}" for i in range(2_000)], score=None)
    assert not found(free)


def test_acceptance_in_words() -> None:
    log = contacts()
    silent = (log["arm"] == "treatment") & ~log["accepted"] & (log.index % 5 == 0)
    log = log.assign(response=log["response"].mask(silent, None))
    in_words = log.assign(accepted=np.where(log["accepted"], "yes", "no"))
    assert found(in_words) == found(log)


def test_one_stratum_is_students_statistic() -> None:
    """scipy's t has the variance within the sides, this one that of both together: N - 1."""
    rng = np.random.default_rng(3)
    sides = rng.beta(2, 5, 900), rng.beta(2.2, 5, 1_100)
    cells = {
        ("A", str(i), 0): Total(n=x.size, total=float(x.sum()), squares=float((x**2).sum()))
        for i, x in enumerate(sides)
    }
    made = _difference("score", cells, lambda cell: (cell[0], int(cell[1])))
    assert made is not None
    t, n = stats.ttest_ind(*sides).statistic, sum(x.size for x in sides)
    z = t * np.sqrt((n - 1) / (n - 2 + t**2))
    assert made.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
    assert (made.low, made.high) == pytest.approx([x.mean() for x in sides])


def test_shares_have_cochran_mantel_haenszels_test() -> None:
    """As statsmodels has it; and blind to the mix of strata."""
    tables = [np.array([[300, 700], [500, 1_300]]), np.array([[80, 20], [1_500, 500]])]
    cells = {}
    for stratum, table in enumerate(tables):
        for side, (hits, misses) in enumerate(table.tolist()):
            total = Total(n=hits + misses, total=hits, squares=hits)
            cells[str(stratum), str(side), 0] = total
    made = _difference("share", cells, lambda cell: (cell[0], int(cell[1])))
    assert made is not None
    peer = StratifiedTable(tables).test_null_odds(correction=False)
    assert made.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    swapped = _difference("share", cells, lambda cell: (cell[0], 1 - int(cell[1])))
    assert swapped is not None
    assert (swapped.low, swapped.high, swapped.p_value) == (made.high, made.low, made.p_value)


@pytest.mark.parametrize(("small", "large", "share"), [(10, 10_000, 0.05), (100, 10_000, 0.02)])
def test_a_tiny_arm_without_a_rare_reason_is_no_alarm(small: int, large: int, share: float) -> None:
    """None of ten where one in twenty is expected: a variance of its own would be 0."""
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(500):
        cells = {}
        for arm, n in zip(ARMS, (large, small), strict=True):
            hits = int(rng.binomial(n, share))
            cells["A", arm, 0] = Total(n=n, total=hits, squares=hits)
        brought = Brought(quantities={"x": cells}, days=1)
        alarms += len(list(brought_checks(brought, *ARMS)))
    assert alarms <= 4  # .001 of 500, and four standard deviations


def healthy(rng: np.random.Generator) -> Brought:
    """What 140 first contacts per use-case, arm and day bring, by one law for all."""
    cells = [(case, arm, day) for case in "AB" for arm in ARMS for day in range(14)]
    sizes = rng.poisson(140, len(cells))
    menu = np.array([rng.multinomial(n, [0.2, 0.3, 0.5]) for n in sizes])
    scores = [rng.beta(0.4, 1.2, n) for n in sizes]
    answers = rng.binomial(sizes, 0.35)

    def share(hits: np.ndarray) -> dict[tuple[str, str, int], Total]:
        return {
            cell: Total(n=int(n), total=int(k), squares=int(k))
            for cell, n, k in zip(cells, sizes, hits, strict=True)
        }

    score = {
        cell: Total(n=x.size, total=float(x.sum()), squares=float((x * x).sum()))
        for cell, x in zip(cells, scores, strict=True)
    }
    quantities = {name: share(menu[:, i]) for i, name in enumerate("xyz")}
    return Brought(
        quantities=quantities | {SCORE: score}, answers={"rejected": share(answers)}, days=14
    )


@pytest.mark.slow
def test_false_alarms_are_rarer_than_one_in_a_thousand() -> None:
    """10,000 healthy experiments: at most 10 alarms and four standard deviations, of each check."""
    alarms = dict.fromkeys(CODES, 0)
    rng = np.random.default_rng(20)
    for _ in range(10_000):
        brought = healthy(rng)
        for check in (
            *brought_checks(brought, "control", "treatment"),
            *drift_checks(brought, least=0),
            *answer_checks(brought, "control", "treatment"),
        ):
            alarms[check.code] += 1
    assert max(alarms.values()) <= 10 + 4 * 10**0.5, alarms
    assert min(alarms.values()) > 0, alarms  # so that alarms are counted at all
