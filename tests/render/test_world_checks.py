"""The simulator against theory on paper: marks, verdicts, 80 columns, the page."""

import json
import math
from dataclasses import replace
from io import StringIO

from rich.console import Console

from abkit.core.world_checks import IdentityCheck, TheoryCheck, WorldReport


def check(z: float, *, group: str = "queue", quantity: str = "E[W]") -> TheoryCheck:
    return TheoryCheck(
        group=group,
        subject="M/M/20+M, load 20, patience 2" if group == "queue" else "A, text_over_menu",
        quantity=quantity,
        unit="s" if quantity == "E[W]" else None,
        theory=0.0736874,
        simulated=0.0736874 + 0.0006 * z if math.isfinite(z) else z,
        standard_error=0.0006,
        z=z,
    )


def report(z: float = 1.5, differences: int = 0) -> WorldReport:
    rates = [
        check(z, group=group, quantity=metric)
        for group in ("first", "every")
        for metric in ("AR", "PRR", "24RR")
    ]
    return WorldReport(
        seed=3,
        long=False,
        replications=60,
        contacts=6_900_000,
        z_limit=4.1,
        false_alarm=0.005,
        checks=(
            check(z),
            replace(check(0.2), standard_error=None, quantity="D"),
            check(-0.4, group="arrivals", quantity="count"),
            check(0.0, group="flags", quantity="recall"),
            *rates,
        ),
        identities=tuple(
            IdentityCheck(
                subject=subject, statement="waits add up", compared=1_234, differences=differences
            )
            for subject in ("roster", "shifts")
        ),
    )


def printed(result: WorldReport) -> str:
    console = Console(width=80, file=StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(result)
    return capture.get()


def test_a_passed_battery() -> None:
    text = printed(report())
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert text.startswith("The simulator against theory: passed\n")
    assert "10 numbers compared with theory, none beyond |z| = 4.10" in text
    assert "2 identities that know no tolerance, none broken" in text
    assert "*" not in text
    row = next(line for line in text.splitlines() if "E[W], s" in line)
    assert row.split() == ["E[W],", "s", "0.07369", "0.07459", "0.00060", "1.50"]
    assert "waits add up" in text
    assert "2,468" in text  # over both worlds


def test_what_fails_is_marked_and_named() -> None:
    text = printed(report(z=-4.2))
    assert text.startswith("The simulator against theory: FAILED\n")
    assert "7 beyond |z| = 4.10" in text
    assert text.count("*−4.20") == 7
    assert text.count("* beyond 4.10: not by chance") == 3
    broken = printed(report(differences=2))
    assert "FAILED" in broken
    assert "2 broken" in broken
    assert "*4" in broken
    assert "* broken" in broken


def test_what_shows_nothing_fails() -> None:
    """No z, and nothing compared, are failures."""
    nothing = replace(report(), checks=(check(math.nan),))
    assert not nothing.passed
    assert json.loads(nothing.to_json())["checks"][0]["z"] is None
    empty = IdentityCheck(subject="x", statement="y", compared=0, differences=0)
    assert not replace(report(), identities=(empty,)).passed


def test_the_page_names_its_command() -> None:
    page = report().to_markdown()
    assert page.startswith("# The simulator against theory\n")
    assert "\nabkit validate --seed 3 --format markdown\n" in page
    long = replace(report(), long=True).to_markdown()
    assert "\nabkit validate --long --seed 3 --format markdown\n" in long
    assert r"\begin{tabular}" in report().to_latex()
