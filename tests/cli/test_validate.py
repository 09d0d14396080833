"""`abkit validate`: the pages in docs, every form, every refusal."""

import json
import re
import shlex
from pathlib import Path

import pytest

from .steps import Cli, in_80_columns

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_command_prints(cli: Cli) -> None:
    page = (ROOT / "docs" / "coverage.md").read_text()
    command = re.findall(r"```sh\nabkit (.*?)\n```", page)[0]
    done = cli(*shlex.split(command))
    assert done.code == 0
    assert done.out == page


def test_text_of_the_default_fits_80_columns(cli: Cli) -> None:
    text = cli("validate", "--coverage").out
    in_80_columns(text)
    assert "Miettinen-Nurminen (abkit) .9516  .9400" in text
    assert "*.8961" in text
    assert "Miettinen-Nurminen, as a set" in text
    assert text.count("Coverage of 95 % intervals, ratio") == 1  # all seven settings side by side


def test_own_arms_and_level(cli: Cli) -> None:
    done = cli(
        "validate", "--coverage", "--at", "50:.1/60:.2", "--at", "40:.5/40:.5",
        "--confidence-level", ".9", "--format", "json",
    )  # fmt: skip
    report = json.loads(done.out)
    assert report["confidence_level"] == 0.9
    assert [at["treatment"]["rate"] for at in report["settings"]] == [0.2, 0.5]
    for at in report["settings"]:
        assert {row["scale"] for row in at["intervals"]} == {"difference", "ratio"}
        for row in at["intervals"]:
            assert 0 < row["coverage"] <= row["coverage_as_set"] < 1
    markdown = cli(
        "validate", "--coverage", "--at", "50:.1/60:.2", "--confidence-level", ".9",
        "--format", "markdown",
    ).out  # fmt: skip
    again = "--coverage --at 50:.1/60:.2 --confidence-level 0.9 --format markdown"
    assert f"\nabkit validate {again}\n" in markdown
    assert "at 10 %" in markdown


def test_notes_are_there_for_what_is_shown_only(cli: Cli) -> None:
    plain = cli("validate", "--coverage", "--at", "4000:.5/4000:.5").out
    assert "*" not in plain
    assert "as a set" not in plain
    marked = cli("validate", "--coverage", "--at", "50:.1/50:.1").out
    assert "* more than .01 below .95" in marked
    assert "a hit in the rows as a set" in " ".join(marked.split())
    assert "* more than .01 above" not in marked  # the sizes are kept


def test_wide_settings_go_on_below(cli: Cli) -> None:
    arms = [word for _ in range(8) for word in ("--at", "1000000:.000012/12:.5")]
    text = cli("validate", "--coverage", *arms).out
    in_80_columns(text)
    assert text.count("Coverage of 95 % intervals, difference") == 2


def test_latex(cli: Cli) -> None:
    text = cli("validate", "--coverage", "--at", "9:.5/9:.5", "--format", "latex").out
    assert text.count(r"\begin{tabular}") == 3
    assert r"95 \%" in text


@pytest.mark.parametrize(
    ("words", "fact", "hint"),
    [
        (["--at", "9:.5/9:.5"], "`--at` is of another check", "add --coverage"),
        (["--long", "--confidence-level", ".9"], "`--confidence-level` is of", "add --coverage"),
        (["--coverage", "--experiments", "20"], "two checks; give one", "--experiments 1000"),
        (["--coverage", "--at", "500:4"], "`--at` is `500:4`", "--at 4500:.02/500:.04"),
        (["--coverage", "--at", "9:50/9:.5"], "a rate of 50", "write 0.5 for 50 %"),
        (["--coverage", "--confidence-level", "95"], "`confidence_level` is 95", "write 0.95"),
        (["--coverage", "--at", "9999999:.5/9999999:.5"], "tables; at most 50,000,000", "smaller"),
    ],
)
def test_refusals(cli: Cli, words: list[str], fact: str, hint: str) -> None:
    done = cli("validate", *words)
    assert done.code == 1
    assert done.out == ""
    assert fact in done.err
    assert hint in done.err


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--experiments", "5"], "`experiments` is 5; expected at least 20"),
        (["--experiments", "20", "--seed", "-1"], "`seed` is -1"),
        (["--experiments", "20", "--coverage"], "two checks; give one"),
        (["--experiments", "20", "--at", "9:.5/9:.5"],
         "`--experiments` and `--at` exclude each other"),
        (["--experiments", "20", "--confidence-level", "0.95"],
         "`--experiments` and `--confidence-level` exclude each other"),
        (["--coverage", "--seed", "1"], "`--coverage` and `--seed` exclude each other"),
        (["--coverage", "--long"], "`--coverage` and `--long` exclude each other"),
        (["--experiments", "20", "--long"], "`--experiments` and `--long` exclude each other"),
        (["--seed", "-3"], "`seed` is -3; expected at least 0"),
    ],
)  # fmt: skip
def test_refusals_of_other_options(cli: Cli, words: list[str], fact: str) -> None:
    done = cli("validate", *words)
    assert done.code == 1
    assert fact in done.err


def test_the_validity_page_names_its_command_and_keeps_every_promise() -> None:
    """Making it takes many minutes: `make validity`, and a reduced study among the slow tests."""
    page = (ROOT / "docs" / "validity.md").read_text()
    command = re.findall(r"```sh\nabkit (.*?)\n```", page)[0]
    assert command == "validate --experiments 1000 --seed 1 --format markdown"
    assert command in (ROOT / "Makefile").read_text()
    assert page.count("Every share lies inside its band") == 2
    assert len(re.findall(r"^\| [ABC] \| (?:AR|PRR|24RR) \|", page, re.MULTILINE)) == 18


@pytest.fixture
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few replications of everything: the whole battery takes a minute of patience in tests."""
    from abkit.pipeline import validating_world

    for name, value in (("REPLICATIONS", 2), ("OUTCOME_RUNS", 1), ("FACTOR_RUNS", 2)):
        monkeypatch.setattr(validating_world, name, value)


@pytest.mark.usefixtures("few_runs")
def test_without_options_the_simulator_is_checked(cli: Cli) -> None:
    done = cli("validate", "--seed", "4")
    assert done.code == 0
    assert done.out.startswith("The simulator against theory: passed\n")
    in_80_columns("\n".join(map(str.rstrip, done.out.splitlines())))
    said = ["Identities", "Pairs of worlds", "Rates and arrivals", "Queues", ""]
    assert done.err.split(" ...\n") == said


@pytest.mark.usefixtures("few_runs")
def test_a_failed_check_is_shown_and_no_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 whatever the verdict: a queue that forgets a customer."""
    from abkit.simulations import agents

    serve = agents._AgentPool._serve
    monkeypatch.setattr(
        agents._AgentPool, "_serve", lambda self, request, wait: serve(self, request, wait + 1)
    )
    done = cli("validate", "--format", "json")
    report = json.loads(done.out)
    assert done.code == 0
    assert report["passed"] is False
    broken = {row["statement"] for row in report["identities"] if not row["passed"]}
    assert "wait and fate of each customer as in the recursion" in broken


def test_the_theory_page_names_its_command_and_passes() -> None:
    """Making it takes half a minute: `make theory`, and the battery among the slow tests."""
    page = (ROOT / "docs" / "theory.md").read_text()
    command = re.findall(r"```sh\nabkit (.*?)\n```", page)[0]
    assert command == "validate --seed 1 --format markdown"
    assert command in (ROOT / "Makefile").read_text()
    assert "**The simulator against theory: passed**" in page


@pytest.mark.slow
def test_the_theory_page_is_what_the_command_prints(cli: Cli) -> None:
    assert (
        cli("validate", "--seed", "1", "--format", "markdown").out
        == (ROOT / "docs" / "theory.md").read_text()
    )
