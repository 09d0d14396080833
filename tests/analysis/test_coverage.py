"""Exact coverage: the published table, brute force, duality, symmetry, refusals."""

import numpy as np
import pytest
from scipy import stats

from abkit.analysis import enumerated
from abkit.analysis.coverage import OURS, exact_coverage
from abkit.analysis.score_test import score_inference
from abkit.core.coverage_report import (
    DEFAULT_SETTINGS,
    ArmSetting,
    CoverageReport,
    Setting,
    SettingCoverage,
)
from abkit.core.errors import ConfigError

# ../shared/reference/analysis.md, section 1: computed outside this project, one row per setting
REFERENCE = {
    "Wald": (0.9406, 0.9364, 0.9499, 0.9492, 0.9408, 0.9483, 0.9486),
    "pooled variance, corrected": (0.9821, 0.9798, 0.9682, 0.9574, 0.8961, 0.8963, 0.9738),
    "Newcombe hybrid score": (0.9635, 0.9681, 0.9539, 0.9497, 0.9511, 0.9502, 0.9584),
    "Agresti-Caffo": (0.9636, 0.9738, 0.9542, 0.9501, 0.9527, 0.9500, 0.9590),
    "delta method": (0.8909, 0.7592, 0.9490, 0.9499, 0.9400, 0.9484, 0.9171),
    "log (Katz)": (0.9695, 0.8424, 0.9484, 0.9504, 0.9532, 0.9505, 0.9590),
    "pooled log": (0.9006, 0.8122, 0.9468, 0.9492, 0.9826, 0.9904, 0.9315),
    "Fieller": (0.7181, 0.1359, 0.9468, 0.9496, 0.9447, 0.9489, 0.9435),
    "log, 1/2 added": (0.9840, 0.9793, 0.9484, 0.9505, 0.9527, 0.9504, 0.9671),
}


def setting(n0: int, p0: float, n1: int, p1: float) -> Setting:
    return Setting(control=ArmSetting(trials=n0, rate=p0), treatment=ArmSetting(trials=n1, rate=p1))


def found(report: SettingCoverage) -> dict[tuple[str, str], float]:
    return {(row.method, row.scale): row.coverage for row in report.intervals}


@pytest.fixture(scope="module")
def table() -> CoverageReport:
    return exact_coverage(DEFAULT_SETTINGS)


@pytest.mark.parametrize("method", REFERENCE)
def test_reproduces_the_reference_table(table: CoverageReport, method: str) -> None:
    for at, expected in zip(table.settings, REFERENCE[method], strict=True):
        (row,) = (row for row in at.intervals if row.method == method)
        assert row.coverage == pytest.approx(expected, abs=5.1e-5)


def test_ours_keeps_its_promise_at_every_setting(table: CoverageReport) -> None:
    """Within a point of 95 %, unbounded intervals counted as what they are; the size likewise."""
    for at in table.settings:
        for row in at.intervals:
            if row.method == OURS:
                assert 0.9399 < row.coverage_as_set < 0.96
        (size,) = (row.size for row in at.tests if row.method == OURS)
        assert 0.039 < size < 0.052


def test_counts_what_it_says(table: CoverageReport) -> None:
    for at in table.settings:
        assert 0 < at.omitted < 1e-10
        assert at.tables <= 2 * 51**2 or at.setting.control.trials > 50
        for row in at.intervals:
            assert 0 < row.coverage <= row.coverage_as_set < 1
    unbounded = {
        (row.method, row.scale)
        for at in table.settings
        for row in at.intervals
        if row.coverage != row.coverage_as_set
    }
    assert unbounded == {("Fieller", "ratio"), (OURS, "ratio")}


def test_brute_force_over_all_tables() -> None:
    """No window, no block: every table of a small setting."""
    n0, p0, n1, p1 = 23, 0.15, 31, 0.4
    x1, x0 = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)
    weight = stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x0, n0, p0)
    ours = score_inference((x1, n1), (x0, n0), confidence_level=0.9)
    hit = (ours.difference_lower <= p1 - p0) & (p1 - p0 <= ours.difference_upper)
    held = (ours.ratio_lower <= p1 / p0) & (p1 / p0 <= ours.ratio_upper)
    (at,) = exact_coverage([setting(n0, p0, n1, p1)], confidence_level=0.9).settings
    assert found(at)[OURS, "difference"] == pytest.approx(weight[hit].sum(), abs=1e-9)
    bounded = held & np.isfinite(ours.ratio_upper)
    assert found(at)[OURS, "ratio"] == pytest.approx(weight[bounded].sum(), abs=1e-9)
    (row,) = (r for r in at.intervals if (r.method, r.scale) == (OURS, "ratio"))
    assert row.coverage_as_set == pytest.approx(weight[held].sum(), abs=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("n0", "n1", "p"), [(30, 50, 0.1), (80, 20, 0.5), (300, 40, 0.98)])
def test_size_is_what_coverage_lacks_at_no_effect(n0: int, n1: int, p: float, level: float) -> None:
    """Each test and the intervals that invert it."""
    (at,) = exact_coverage([setting(n0, p, n1, p)], confidence_level=level).settings
    size = {row.method: row.size for row in at.tests}
    as_set = {(row.method, row.scale): row.coverage_as_set for row in at.intervals}
    for test, interval in (
        (OURS, (OURS, "difference")),
        (OURS, (OURS, "ratio")),
        ("unpooled z", ("Wald", "difference")),
        ("pooled z, corrected", ("pooled variance, corrected", "difference")),
    ):
        assert size[test] == pytest.approx(1 - as_set[interval], abs=2e-10)


@pytest.mark.parametrize("at", [(40, 0.1, 90, 0.3), (25, 0.9, 60, 0.5)])
def test_exchanging_arms_or_outcomes_changes_nothing(at: tuple[int, float, int, float]) -> None:
    """Arms: every interval but the delta method's, whose ratio is no function of its inverse.

    Successes counted as failures: the intervals for the difference.
    """
    n0, p0, n1, p1 = at
    plain, exchanged, mirrored = exact_coverage(
        [setting(*at), setting(n1, p1, n0, p0), setting(n0, 1 - p0, n1, 1 - p1)]
    ).settings
    for (method, scale), value in found(plain).items():
        if scale == "difference":
            assert found(exchanged)[method, scale] == pytest.approx(value, abs=1e-9)
            assert found(mirrored)[method, scale] == pytest.approx(value, abs=1e-9)
    for method in ("log (Katz)", "log, 1/2 added"):
        value = found(plain)[method, "ratio"]
        assert found(exchanged)[method, "ratio"] == pytest.approx(value, abs=1e-9)


def test_the_size_of_the_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = exact_coverage([setting(60, 0.1, 50, 0.2)])
    monkeypatch.setattr(enumerated, "_BLOCK", 37)
    (parts,), (at,) = exact_coverage([setting(60, 0.1, 50, 0.2)]).settings, whole.settings
    assert found(parts) == pytest.approx(found(at), abs=1e-13)
    assert parts.tables == at.tables


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ((0, 0.5, 5, 0.5), "`control` has 0 trials"),
        ((5, 0.5, 10**10, 0.5), "`treatment` has 10000000000 trials"),
        ((5, 0.0, 5, 0.5), "`control` has a rate of 0; expected"),
        ((5, 0.5, 5, 1.0), "`treatment` has a rate of 1; expected"),
        ((10**7, 0.5, 10**7, 0.5), r"these settings have \d{3},\d{3},\d{3} tables; at most 50,000"),
    ],
)
def test_refusals(at: tuple[int, float, int, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        exact_coverage([setting(*at)])
