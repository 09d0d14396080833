"""Signs of a shared queue: against scipy and pandas, laws, false alarms, and a real queue."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from abkit.analysis.interference import analyze_interference
from abkit.analysis.queue_signs import (
    COUNTS,
    before_sign,
    queue_sign,
    request_sign,
    share_sign,
)
from abkit.core.errors import ConfigError, DataError

LEVEL = {"confidence_level": 0.95}


def hours(*, days: int = 14, slope: float = 0.0, gap: float = 0.0, seed: int = 1) -> np.ndarray:
    """Return hours of two arms; control repeats `slope` more often per minute that all wait."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(60, size=(24 * days, 2))
    wait = rng.gamma(2, 0.5, size=24 * days)  # minutes
    asks = rng.binomial(n, np.array([0.30, 0.30 - gap]))
    repeats = rng.binomial(n, np.clip(0.1 + slope * (wait - 1), 0, 1)[:, None])
    own = np.stack(
        [wait * rng.uniform(0.8, 1.2, wait.size), wait], axis=1
    )  # control's, treatment's
    waited = np.rint(asks * own * 60e6).astype(np.int64)
    columns = {
        "contacts": n, "requests": asks, "abandoned": asks // 10, "waited_us": waited,
        "mature": n, "repeated": repeats,
    }  # fmt: skip
    return np.stack([columns[name] for name in COUNTS], axis=-1).astype(np.int64)


def test_requests_by_days() -> None:
    """Days of one size: the paired t test of scipy."""
    made = hours(gap=0.05)
    made[..., COUNTS.index("contacts")] = 60
    made[..., COUNTS.index("requests")] = np.minimum(made[..., COUNTS.index("requests")], 60)
    sign = request_sign(made, **LEVEL)
    days = made[..., COUNTS.index("requests")].reshape(14, 24, 2).sum(axis=1) / (24 * 60)
    expected = stats.ttest_rel(days[:, 1], days[:, 0])
    assert sign.estimate == pytest.approx(days[:, 1].mean() - days[:, 0].mean())
    assert sign.p_value == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval()
    assert (sign.ci_lower, sign.ci_upper) == pytest.approx((low, high))


@pytest.mark.parametrize("of", [queue_sign, share_sign])
def test_slopes_by_a_formula(of) -> None:
    """The same regression, written as a formula over a data frame."""
    made = hours(slope=0.05)
    frame = pd.DataFrame(made[:, 0], columns=COUNTS)
    other = pd.DataFrame(made[:, 1], columns=COUNTS)
    frame["wait"] = other["waited_us"] / other["requests"] / 60e6
    frame["share"] = other["contacts"] / (other["contacts"] + frame["contacts"])
    frame["day"], frame["clock"] = frame.index // 24, frame.index % 24
    frame["rate"] = frame["repeated"] / frame["mature"]
    x = "wait" if of is queue_sign else "share"
    fitted = smf.wls(f"rate ~ {x} + C(day) + C(clock)", frame, weights=frame["mature"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["day"]}, use_t=True
    )
    sign = of(made, "24RR", **LEVEL)
    assert sign.estimate == pytest.approx(fitted.params[x])
    assert sign.p_value == pytest.approx(fitted.pvalues[x], rel=1e-6)
    assert (sign.ci_lower, sign.ci_upper) == pytest.approx(tuple(fitted.conf_int().loc[x]))


def test_a_queue_that_matters_is_found_and_one_that_does_not_is_not() -> None:
    assert queue_sign(hours(slope=0.05), "24RR", **LEVEL).p_value < 1e-4
    assert queue_sign(hours(), "24RR", **LEVEL).p_value > 0.01


def test_before_and_during() -> None:
    made = hours()
    assert before_sign(made, 7, "24RR", **LEVEL).p_value > 0.01
    made[: 7 * 24, 0, COUNTS.index("repeated")] += 3
    sign = before_sign(made, 7, "24RR", **LEVEL)
    assert sign.estimate == pytest.approx(-0.05, abs=0.01)
    assert sign.p_value < 1e-4
    assert before_sign(made, 3, "24RR", **LEVEL).why_not == "needs 5 days before and after"


def test_what_cannot_be_asked_says_why() -> None:
    made = hours()
    made[..., COUNTS.index("waited_us")] = 0
    assert queue_sign(made, "24RR", **LEVEL).why_not == "nobody waited"
    assert request_sign(made[:72], **LEVEL).why_not == "both arms on 3 days; needs 5"
    assert share_sign(made[:72], "24RR", **LEVEL).why_not == "3 days with both arms; needs 5"


@pytest.mark.slow
def test_false_alarms_without_a_queue_that_matters() -> None:
    n = 400
    signs = [
        (queue_sign(hours(seed=i), "24RR", **LEVEL), share_sign(hours(seed=i), "24RR", **LEVEL),
         request_sign(hours(seed=i), **LEVEL), before_sign(hours(seed=i), 7, "24RR", **LEVEL))
        for i in range(n)
    ]  # fmt: skip
    for kind in zip(*signs, strict=True):
        alarms = sum(sign.p_value < 0.05 for sign in kind)
        assert alarms < n * 0.05 + 4 * np.sqrt(n * 0.05 * 0.95)


def log(*, days: int = 10) -> pd.DataFrame:
    rng, rows = np.random.default_rng(5), []
    for i in range(days * 24 * 4):
        at = pd.Timestamp("2024-03-04", tz="UTC") + pd.Timedelta(minutes=15 * i)
        asked = rng.random() < 0.5
        wait = float(rng.integers(0, 300)) if asked else None
        left = asked and rng.random() < 0.3
        outcome = "abandoned_queue" if left else "resolved_by_agent" if asked else "left_silently"
        for again in range(1 + int(rng.random() < 0.2)):
            start = at + pd.Timedelta(hours=again)
            rows.append((f"c{i}", start, start + pd.Timedelta(minutes=9), wait, outcome))
    frame = pd.DataFrame(
        rows, columns=["customer_id", "started_at", "ended_at", "wait_s", "outcome"]
    )
    return frame.assign(
        arm=np.where(frame["customer_id"].map(hash_of) % 2, "control", "treatment"), automated=False
    )


def hash_of(name: str) -> int:
    return int(name[1:]) * 7919 // 3


def test_a_log_by_pandas() -> None:
    """Levels, and the sums by hour behind the signs."""
    frame = log()
    found = analyze_interference(frame)
    arms = [frame[frame["arm"] == arm] for arm in ("control", "treatment")]
    assert found.asked == pytest.approx([arm["wait_s"].notna().mean() for arm in arms])
    assert found.wait == pytest.approx([arm["wait_s"].mean() for arm in arms])
    left = [(arm["outcome"] == "abandoned_queue").mean() for arm in arms]
    assert found.abandoned == pytest.approx(left)
    assert [sign.code for sign in found.signs] == ["requests", "queue", "queue", "share", "share"]
    assert "Signs of a shared queue" in found.to_markdown()
    renamed = frame.rename(columns={"wait_s": "queue", "outcome": "end"})
    same = analyze_interference(renamed, mapping={"wait_s": "queue", "outcome": "end"})
    assert same.signs == found.signs


def test_before_splits_the_log() -> None:
    found = analyze_interference(log(days=14), before="2024-03-11")
    assert [sign.code for sign in found.signs[-2:]] == ["before", "before"]
    later = log(days=14)
    later = later[later["started_at"] >= "2024-03-11"]
    assert analyze_interference(later).asked == pytest.approx(found.asked)


def test_without_outcome_it_says_so() -> None:
    found = analyze_interference(log().drop(columns="outcome"))
    assert found.notes == ("no `outcome`: nobody is known to have abandoned the queue",)


def test_refusals() -> None:
    with pytest.raises(DataError, match="no column `wait_s`"):
        analyze_interference(log().drop(columns="wait_s"))
    with pytest.raises(DataError, match="lacks `customer_id`, `started_at` or `ended_at`"):
        analyze_interference(log().drop(columns="ended_at"))
    with pytest.raises(ConfigError, match="`before` is 2030-01-01.*expected a time within"):
        analyze_interference(log(), before="2030-01-01")
    with pytest.raises(ConfigError, match="`before` is `soon`"):
        analyze_interference(log(), before="soon")
