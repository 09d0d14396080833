"""`abkit fit-scenario`: what a person sees, other forms, every refusal."""

import json
from pathlib import Path

import pytest

from abkit.simulations.scenario_files import load_scenario

from .steps import Cli, files_below, in_80_columns


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    """One use-case, one level known."""
    path = tmp_path / "targets.toml"
    path.write_text("[use_cases.A]\nAR = { delta = 2.5, control = 60 }\n24RR = -0.5\n")
    return path


def test_help(cli: Cli) -> None:
    done = cli("fit-scenario", "--help")
    assert done.code == 0
    in_80_columns(done.out)


def test_what_a_person_sees(cli: Cli, targets: Path, tmp_path: Path) -> None:
    done = cli("fit-scenario", "--targets", targets.name, "--out", "new.toml", "--weeks", 1)
    assert done.code == 0
    in_80_columns(done.out)
    for word in (
        "Scenario new: returns-bot-points fitted to targets.toml", "no targets for B, C",
        "A AR   60.00 (60.00)", "+2.50", "What moved", "A acceptance.tn", "By the",
        "A: 3 targets fix 3 combinations of 13 parameters", "held at the base: prevalence",
        "next: abkit simulate --scenario new.toml",
    ):  # fmt: skip
        assert word in " ".join(done.out.split()) or word in done.out, word
    assert files_below(tmp_path) == ["new.toml", "targets.toml"]
    again = cli("simulate", "--scenario", "new.toml", "--weeks", 1, "--format", "json")
    assert json.loads(again.out)["simulation"]["scenario"] == "new"


def test_a_changed_base(cli: Cli, targets: Path) -> None:
    words = ("--set", "use_cases.A.menu_error=0.3", "--set", "customers.text_rate=0.8")
    done = cli("fit-scenario", "--targets", targets, "--out", "new.toml", "--weeks", 0, *words)
    assert done.code == 0
    assert "new: returns-bot-points with changes fitted to" in done.out
    text = Path("new.toml").read_text()
    assert "[set: was 0.9]" in text
    assert "[F: was 0.3]" in text
    assert load_scenario("new.toml").customers.text_rate == 0.8


@pytest.mark.parametrize("form", ["json", "markdown", "latex"])
def test_other_forms(cli: Cli, targets: Path, form: str) -> None:
    done = cli(
        "fit-scenario", "--targets", targets, "--out", "new.toml", "--weeks", 0, "--format", form
    )
    assert done.code == 0
    if form == "json":
        found = json.loads(done.out)
        assert found["reading"] == "points"
        assert [cell["metric"] for cell in found["cells"]] == ["AR", "24RR"]
        assert found["cells"][0]["asked_control"] == 0.6
    else:
        assert {"markdown": "| A AR |", "latex": r"\begin{tabular}"}[form] in done.out


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("--targets", "absent.toml"), 1, "there is no file `absent.toml`"),
        (("--targets", "paper", "--base", "returns-bot"), 1, "`scenario` is `returns-bot`"),
        (("--targets", "paper", "--reading", "percent"), 1, "`reading` is `percent`"),
        (("--targets", "paper", "--contacts", "some"), 1, "`contacts` is `some`"),
        (("--targets", "paper", "--sd", "menu=1"), 1, "`--sd` is `menu`; expected one of"),
        (("--targets", "paper", "--sd", "repeat=-1"), 1, "`--sd` of `repeat` is `-1`; expected"),
        (("--targets", "paper", *2 * ("--sd", "repeat=1")), 1, "`--sd` gives `repeat` twice"),
        (("--targets", "paper", "--sd", "menu_error"), 1, "expected NAME=SD"),
        (("--targets", "paper", "--threshold", "2"), 1, "no flag changes what the bot believes"),
        (("--targets", "paper", "--threshold", "x"), 1, "`threshold` is `x`"),
        (("--targets", "paper", "--model", "absent"), 1, "there is no model in `absent`"),
        (("--targets", "paper", "--weeks", "-1"), 1, "`weeks` is -1"),
        (
            ("--targets", "paper", "--base", "erlang"),
            1,
            "9 of 9 targets of `paper` are for `A`, `B`, `C`, which scenario `erlang` does not "
            "have: its use-cases are `all`",
        ),
        (("--targets", "paper", "--base", "placebo"), 1, "no flag changes what the bot believes"),
        (
            ("--targets", "paper", "--set", "use_cases.A.menu_error=[0.1,0.2]"),
            1,
            "is set to a list, which makes a sweep",
        ),
        ((), 2, "--targets"),
    ],
)
def test_refusals(
    cli: Cli, tmp_path: Path, words: tuple[object, ...], code: int, fact: str
) -> None:
    done = cli("fit-scenario", "--out", "new.toml", *words)
    assert done.code == code
    assert fact in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert done.out == ""
    assert files_below(tmp_path) == []


def test_semicolons_are_named(cli: Cli, tmp_path: Path) -> None:
    seem = "its cells seem to be separated by semicolons; expected commas"
    for number, fact in (("2.13", "has no column `use_case`"), ("2,13", "more cells than")):
        (tmp_path / "targets.csv").write_text(f"use_case;metric;delta\nA;AR;{number}\n")
        done = cli("fit-scenario", "--targets", "targets.csv", "--out", "new.toml")
        assert done.code == 1
        assert fact in done.err
        assert seem in done.err


def test_a_place_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = cli("fit-scenario", "--targets", "paper", "--out", "folder")
    assert done.code == 1
    assert "`folder` is a folder" in done.err
