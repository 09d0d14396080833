"""The audit from counts: the paper's figures, duality, weights, refusals."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from abkit.analysis.audit import audit_counts
from abkit.core.errors import ConfigError

PAPER = {"flagged": (384, 485), "unflagged": (194, 200)}


def test_paper_misses_its_target() -> None:
    """Section 5.1 states 83.8 %; its counts say 79.2 %, and reject the target of 85 %."""
    found = audit_counts(**PAPER)
    assert found.precision.estimate == pytest.approx(0.7918, abs=5e-5)
    bounds = (found.precision.ci_lower, found.precision.ci_upper)
    assert bounds == pytest.approx((0.753, 0.827), abs=5e-4)
    assert found.target.p_value_below == pytest.approx(3.57e-4, abs=5e-7)
    assert found.target.p_value_above == pytest.approx(1, abs=1e-3)
    assert found.target.verdict == "misses"
    assert (found.npv.ci_lower, found.npv.ci_upper) == pytest.approx((0.936, 0.989), abs=5e-4)
    assert found.precision.method == "Clopper-Pearson"


@pytest.mark.parametrize(
    ("flagged", "verdict"), [((384, 458), "cannot_tell"), ((406, 485), "cannot_tell"),
                             ((440, 485), "meets"), ((485, 485), "meets"), ((0, 485), "misses")]
)  # fmt: skip
def test_verdict(flagged: tuple[int, int], verdict: str) -> None:
    assert audit_counts(flagged, (194, 200)).target.verdict == verdict


def test_other_reading_of_the_paper() -> None:
    found = audit_counts((384, 458), (194, 200))
    assert found.target.p_value_below == pytest.approx(0.262, abs=5e-4)
    bounds = (found.precision.ci_lower, found.precision.ci_upper)
    assert bounds == pytest.approx((0.801, 0.871), abs=5e-4)


def test_target_tests_equal_scipy() -> None:
    found = audit_counts((431, 485), (194, 200), target_precision=0.87).target
    below = stats.binomtest(431, 485, 0.87, alternative="less").pvalue
    above = stats.binomtest(431, 485, 0.87, alternative="greater").pvalue
    assert (found.p_value_below, found.p_value_above) == pytest.approx((below, above), rel=1e-9)


def test_target_tests_at_the_largest_counts() -> None:
    """At 10^12 trials the binomial is normal: 1 SD below the target, P(X <= k) = .1587."""
    n = 10**12
    k = round(0.85 * n - math.sqrt(n * 0.85 * 0.15))
    found = audit_counts((k, n), (n, n))
    assert found.target.p_value_below == pytest.approx(stats.norm.cdf(-1), abs=1e-5)
    assert found.target.p_value_above == pytest.approx(stats.norm.cdf(1), abs=1e-5)
    assert found.target.verdict == "cannot_tell"


@settings(deadline=None)
@given(
    n=st.integers(1, 400),
    data=st.data(),
    target=st.floats(0.02, 0.98),
    population=st.none() | st.integers(400, 5000),
    level=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_verdict_agrees_with_the_interval(
    n: int, data: st.DataObject, target: float, population: int | None, level: float
) -> None:
    """Meets: the interval lies above the target; misses: below; else it holds the target."""
    k = data.draw(st.integers(0, n))
    sizes = None if population is None else (population, 400)
    found = audit_counts(
        (k, n), (1, 1), population=sizes, target_precision=target, confidence_level=level
    )
    low, high = found.precision.ci_lower, found.precision.ci_upper
    wanted = "meets" if low > target else "misses" if high < target else "cannot_tell"
    if min(abs(low - target), abs(high - target)) > 1e-9:
        assert found.target.verdict == wanted


def test_recall_and_prevalence_need_the_population() -> None:
    facts = json.loads(audit_counts(**PAPER).to_json())
    for share in (facts["recall"], facts["prevalence"]):
        assert share["estimate"] is None
        assert share["ci_lower"] is None
        assert share["note"].startswith("needs --population FLAGGED UNFLAGGED")


def test_the_wrong_number_of_pooling_is_named_never_given() -> None:
    """Frame 20,000 / 80,000: pooling says .985 and .601 where .875 and .1914 are right."""
    found = audit_counts((406, 485), (194, 200))
    assert (found.recall.estimate, found.prevalence.estimate) == (None, None)
    recall, prevalence = str(found.recall.note), str(found.prevalence.note)
    assert "pooling 406/485 and 194/200 would say 98.5 %" in recall  # 406/412
    assert "pooling 406/485 and 194/200 would say 60.1 %" in prevalence  # 412/685
    assert "wrong, unless flagged contacts are 70.8 % of all" in recall  # 485/685
    empty = audit_counts((0, 5), (7, 7))
    assert "pooling" not in str(empty.recall.note)
    assert "would say 0.0 %" in str(empty.prevalence.note)


@given(k=st.integers(0, 30), lost=st.integers(0, 20), times=st.integers(1, 50))
def test_pooling_is_right_for_a_population_mixed_like_the_sample(
    k: int, lost: int, times: int
) -> None:
    """What the note says: with the sample's mixture, pooled and weighted shares are equal."""
    found = audit_counts((k, 30), (20 - lost, 20), population=(30 * times, 20 * times))
    assert found.prevalence.estimate == pytest.approx((k + lost) / 50)
    if k + lost:
        assert found.recall.estimate == pytest.approx(k / (k + lost))


def plain_delta(
    share: Callable[[float, float], float], p: float, m: float, n: int, unflagged: int
) -> tuple[float, float]:
    """The Wald interval by the delta method, derivatives taken numerically, no finite factor."""
    step = 1e-6
    by_p = (share(p + step, m) - share(p - step, m)) / (2 * step)
    by_m = (share(p, m + step) - share(p, m - step)) / (2 * step)
    deviation = math.hypot(
        by_p * math.sqrt(p * (1 - p) / n), by_m * math.sqrt(m * (1 - m) / unflagged)
    )
    half = float(stats.norm.isf(0.025)) * deviation
    return share(p, m) - half, share(p, m) + half


def test_weighted_by_what_the_samples_stand_for() -> None:
    """The reference's frame, 20,000 / 80,000: prevalence .1914, recall .875.

    Its intervals, [.1714, .2114] and [.788, .961], are symmetric (Wald) and know no finite
    population, and are reproduced here so. Ours are symmetric in the logit: at a recall of .875
    from 6 misses in 200 that moves both ends down by 2 or 3 points, and cannot pass 1.
    """
    found = audit_counts((406, 485), (194, 200), population=(20_000, 80_000))
    assert found.prevalence.estimate == pytest.approx(0.191423, abs=5e-7)
    assert found.recall.estimate == pytest.approx(0.8746, abs=5e-5)

    def prevalence(p: float, m: float) -> float:
        return 0.2 * p + 0.8 * m

    def recall(p: float, m: float) -> float:
        return 0.2 * p / prevalence(p, m)

    wald = {
        share: plain_delta(share, 406 / 485, 6 / 200, 485, 200) for share in (prevalence, recall)
    }
    assert wald[prevalence] == pytest.approx((0.1714, 0.2114), abs=2e-4)
    assert wald[recall] == pytest.approx((0.788, 0.961), abs=5e-4)
    ours = (found.prevalence.ci_lower, found.prevalence.ci_upper)
    assert ours == pytest.approx(wald[prevalence], abs=1.5e-3)
    ours = (found.recall.ci_lower, found.recall.ci_upper)
    half = (wald[recall][1] - wald[recall][0]) / 2 / (0.8746 * (1 - 0.8746))  # of the logit
    by_logit = special.expit(special.logit(0.8746) + np.array([-half, half]))
    assert ours == pytest.approx(tuple(by_logit), abs=1e-3)
    assert ours[0] < wald[recall][0] < 0.8746 < ours[1] < wald[recall][1]


def test_one_quota_answers_its_own_question() -> None:
    """The other share, recall and prevalence stay open; nothing is guessed."""
    both = audit_counts(**PAPER)
    flagged = audit_counts(flagged=PAPER["flagged"])
    assert (flagged.precision, flagged.target) == (both.precision, both.target)
    assert flagged.npv.estimate is None
    assert flagged.npv.note == "no unflagged contact was annotated"
    assert str(flagged.recall.note).startswith("needs both samples")
    unflagged = audit_counts(unflagged=PAPER["unflagged"], population=(900, 4000))
    assert unflagged.npv.method == "hypergeometric, 200 of 4000 sampled"
    assert unflagged.precision.estimate is None
    assert (unflagged.recall.estimate, unflagged.prevalence.estimate) == (None, None)
    target = unflagged.to_dict()["target"]
    assert target == {
        "value": 0.85, "p_value_below": None, "p_value_above": None, "verdict": "cannot_tell"
    }  # fmt: skip
    with pytest.raises(ConfigError, match="neither `flagged` nor `unflagged` is given"):
        audit_counts()


def test_weighted_intervals_cover() -> None:
    """4,000 audits drawn from one population; binomial band of 4 SD round 95 %, and 1 point."""
    rng = np.random.default_rng(12)
    sizes, positives, drawn = (2_000, 7_000), (1_650, 420), (485, 200)
    truth = {"prevalence": 2070 / 9000, "recall": 1650 / 2070}
    k = rng.hypergeometric(positives[0], sizes[0] - positives[0], drawn[0], 4000)
    lost = rng.hypergeometric(positives[1], sizes[1] - positives[1], drawn[1], 4000)
    hits = dict.fromkeys(truth, 0)
    for flagged, missed in zip(k.tolist(), lost.tolist(), strict=True):
        found = audit_counts((flagged, 485), (200 - missed, 200), population=sizes)
        for name, value in truth.items():
            share = getattr(found, name)
            hits[name] += share.ci_lower <= value <= share.ci_upper
    band = 4 * math.sqrt(0.05 * 0.95 / 4000) + 0.01
    assert {name: n / 4000 for name, n in hits.items()} == pytest.approx(
        dict.fromkeys(truth, 0.95), abs=band
    )


@pytest.mark.parametrize("flagged", [(0, 40), (20, 40), (40, 40), (1, 1)])
@pytest.mark.parametrize("unflagged", [(0, 30), (15, 30), (30, 30), (1, 1)])
def test_every_empty_cell_has_bounds(flagged: tuple[int, int], unflagged: tuple[int, int]) -> None:
    found = audit_counts(flagged, unflagged, population=(500, 900))
    for share in (found.precision, found.npv, found.recall, found.prevalence):
        assert 0 <= share.ci_lower <= share.ci_upper <= 1
        if share.estimate is not None:
            assert share.ci_lower <= share.estimate <= share.ci_upper
    nothing = flagged[0] == 0 and unflagged[0] == unflagged[1]
    assert (found.recall.estimate is None) == nothing
    assert "NaN" not in found.to_json()


def test_a_census_leaves_no_doubt() -> None:
    found = audit_counts((40, 50), (95, 100), population=(50, 100))
    for share, value in ((found.precision, 0.8), (found.npv, 0.95), (found.recall, 40 / 45),
                         (found.prevalence, 45 / 150)):  # fmt: skip
        assert (share.estimate, share.ci_lower, share.ci_upper) == pytest.approx((value,) * 3)


def test_whole_targets_stay_whole_in_a_population() -> None:
    """850 of 1,000 is exactly the target of .85, whatever the float product says."""
    target = audit_counts((850, 1000), (9, 10), population=(1000, 10)).target
    assert (target.p_value_below, target.p_value_above) == (1, 1)
    assert target.verdict == "cannot_tell"
    assert audit_counts((851, 1000), (9, 10), population=(1000, 10)).target.verdict == "meets"


def test_json_has_the_documented_shape() -> None:
    facts = json.loads(audit_counts(**PAPER).to_json())
    assert {"precision", "npv", "recall", "prevalence", "target"} <= set(facts)
    assert {"estimate", "ci_lower", "ci_upper", "method"} <= set(facts["precision"])
    assert set(facts["target"]) == {"value", "p_value_below", "p_value_above", "verdict"}
    sized = json.loads(audit_counts(**PAPER, population=(900, 4000)).to_json())
    assert sized["precision"]["method"] == "hypergeometric, 485 of 900 sampled"
    assert sized["population"] == {"flagged": 900, "unflagged": 4000}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"flagged": (486, 485)}, "`flagged` is 486/485"),
        ({"unflagged": (0, 0)}, "`unflagged` is 0/0"),
        ({"population": (400, 900)}, "485 annotated contacts of a population of 400"),
        ({"flagged": (8 * 10**19, 10**20)}, "expected counts of at most 1000000000000"),
        ({"population": (10**20, 10**20)}, "`flagged` is 384/485 of 1000"),
        (
            {"flagged": (9 * 10**11, 10**12), "population": (10**12, 10**12)},
            "1000000000000 annotated contacts; expected at most 1000000 when",
        ),
        ({"target_precision": 85}, "`target_precision` is 85"),
        ({"confidence_level": 1}, "`confidence_level` is 1"),
    ],
)
def test_impossible_input_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        audit_counts(**(PAPER | changed))


def test_one_record_per_share() -> None:
    found = audit_counts(**PAPER, population=(900, 4000))
    frame = found.to_pandas()
    assert frame["share"].tolist() == ["precision", "npv", "recall", "prevalence"]
    assert frame["estimate"].tolist() == [found.to_dict()[n]["estimate"] for n in frame["share"]]
    assert frame.loc[0, "trials"] == 485
