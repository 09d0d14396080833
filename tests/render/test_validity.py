"""The validity study on paper: marks, limits, 80 columns."""

from io import StringIO

import pytest
from rich.console import Console

from abkit.core.validity_report import CellValidity, GradedShare, ValidityReport, World


def share(count: int, promised: float = 0.05, half: float = 0.0276) -> GradedShare:
    return GradedShare(
        count=count,
        experiments=1000,
        promised=promised,
        ci_lower=max(0, count / 1000 - 0.015),
        ci_upper=min(1, count / 1000 + 0.015),
        band_lower=promised - half,
        band_upper=promised + half,
    )


def report(false_positives: int) -> ValidityReport:
    cells = tuple(
        CellValidity(
            use_case=case,
            metric=metric,
            false_positives=share(false_positives),
            truth=-0.13056,
            truth_error=0.00414,
            relative_truth=-0.2,
            difference_coverage=share(1000, 0.95),
            relative_coverage=share(950, 0.95),
            power=1.0,
            power_adjusted=0.991,
        )
        for case in "ABC"
        for metric in ("AR", "PRR", "24RR")
    )
    return ValidityReport(
        confidence_level=0.95,
        experiments=1000,
        truth_experiments=4000,
        world=World(
            scenario="returns-bot-points",
            divisor=25,
            first_contacts_per_week=3000.0,
            weeks=1,
            seed=1,
            model_digest="0123456789abcdef",
            threshold=0.4218,
            smallest_arm=341.2,
            largest_arm=757.0,
        ),
        cells=cells,
        pooled_false_positives=(("AR", share(50)),),
        any_false_positive=share(50),
        sample_ratio_alarms=share(1, 0.001, 0.001),
    )


def printed(result: ValidityReport) -> str:
    console = Console(width=80, file=StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(result)
    return capture.get()


def test_fits_80_columns_and_loses_no_digit() -> None:
    text = printed(report(50))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    wide = "−13.06 (0.41)  *100.0 98.5–100.0      95.0 93.5–96.5 100.0 99.1"
    assert wide in text
    assert "C        24RR" in text


@pytest.mark.parametrize(("count", "marked"), [(22, True), (23, False), (77, False), (78, True)])
def test_marks_what_lies_outside_its_band(count: int, marked: bool) -> None:
    row = printed(report(count)).splitlines()[3]
    assert row.startswith("A")
    assert ("*" in row) == marked


def test_json_and_frame_are_whole() -> None:
    result = report(50)
    facts = result.to_dict()
    assert facts["cells"][0]["false_positives"]["share"] == 0.05
    assert facts["cells"][0]["difference_coverage"]["kept"] is False
    assert facts["world"]["seed"] == 1
    assert "nan" not in result.to_json().lower()
    assert result.to_pandas().shape[0] == 9
    assert r"\begin{tabular}" in result.to_latex()


def test_the_page_names_its_command() -> None:
    page = report(50).to_markdown()
    assert page.startswith("# ")
    assert "abkit validate --experiments 1000 --seed 1 --format markdown" in page
    assert r"| \*100.0 |" in page
