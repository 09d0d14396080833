"""Faults planted and counted: a small study, and what is printed of it."""

import json

import pytest

from abkit.core.errors import ConfigError
from abkit.core.faults_report import FaultsReport
from abkit.pipeline.faults_study import CHANGES, STRENGTHS, study_faults
from abkit.simulations.faults import FAULTS

SMALL = {**CHANGES, "arrivals.first_contacts_per_week": 3_000.0}


@pytest.fixture(scope="module")
def report() -> FaultsReport:
    strengths = {"lost-arm": (0.0, 0.5), "sticky": (0.0, 1.0), "unseen-treatment": (0.5,)}
    return study_faults(2, strengths=strengths, changes=SMALL)


def test_every_fault_is_studied() -> None:
    assert STRENGTHS.keys() == FAULTS.keys()


def test_no_strength_is_no_fault(report: FaultsReport) -> None:
    for row in report.rows:
        if row.strength == 0:
            assert all(shift.mean == shift.error == 0 for shift in row.shifts)
            assert not row.harmful


def test_what_the_checks_see(report: FaultsReport) -> None:
    rows = {(row.fault, row.strength): row for row in report.rows}
    lost, sticky = rows["lost-arm", 0.5], rows["sticky", 1.0]
    assert dict(lost.codes)["missing_arm"] == lost.failed.count == 2
    assert dict(sticky.codes)["two_arms"] == sticky.noticed.count == 2
    hidden = rows["unseen-treatment", 0.5]
    assert hidden.failed.count == 0
    (shift,) = (one for one in hidden.shifts if one.metric == "24RR")
    assert shift.mean < -0.02  # half of some 9 points in one arm
    assert report.failed.of == 8


def test_it_repeats_and_prints(report: FaultsReport) -> None:
    again = study_faults(2, strengths={"sticky": (1.0,)}, changes=SMALL)
    (row,) = again.rows
    assert row in report.rows
    page = report.to_markdown()
    assert page.startswith("# What the checks see")
    assert "8 healthy replications, 2 with each fault" in page
    assert json.loads(report.to_json())["faults"][0]["fault"] == "lost-arm"
    with pytest.raises(ConfigError, match="`faults` is 1; expected at least 2"):
        study_faults(1)
