"""`abkit scenario`: list, show, check, diff, schema; `--set`; every refusal."""

import json
import re
import shlex
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from abkit.simulations.overrides import read_changes
from abkit.simulations.scenario_files import load_scenario, packaged_scenarios, scenario_text

from .steps import Cli, files_below, in_80_columns

HOSTILE = """
base = "returns-bot-points"
name = "ev\\u001b[2Jil"
description = "x\\u001b[31my [bold]z[/] :smile: | `c`"
[arms."tr\\u001b[31meat"]
policy = "menu"
weight = 1
"""
BROKEN = """
base = "returns-bot-points"
[use_cases.A]
menu_eror = 0.2
prevalence = 1.5
[agents]
heads = "unlimted"
[arms."tr\\u001b[31meat"]
policy = "men\\u001b[31mu"
weight = 1
"""


def test_list(cli: Cli) -> None:
    done = cli("scenario", "list")
    assert done.code == 0
    in_80_columns(done.out)
    for name in packaged_scenarios():
        assert name in done.out
    rows = json.loads(cli("scenario", "list", "--format", "json").out)["scenarios"]
    assert [row["name"] for row in rows] == list(packaged_scenarios())
    points = next(row for row in rows if row["name"] == "returns-bot-points")
    assert points["first_contacts_per_week"] == 75_000
    assert points["use_cases"] == ["A", "B", "C"]


def test_show_is_the_file(cli: Cli) -> None:
    assert cli("scenario", "show", "returns-bot-points").out == scenario_text("returns-bot-points")
    whole = tomllib.loads(cli("scenario", "show", "placebo", "--resolved").out)
    assert whole["arrivals"]["first_contacts_per_week"] == 75_000
    values = json.loads(cli("scenario", "show", "placebo", "--format", "json").out)
    assert values == whole == load_scenario("placebo").model_dump(mode="json")


@pytest.mark.parametrize("word", ["use_cases.A.menu_error=0.2", "agents.heads=200"])
def test_a_shown_change_is_a_scenario_file(cli: Cli, tmp_path: Path, word: str) -> None:
    (tmp_path / "mine.toml").write_text(
        cli("scenario", "show", "returns-bot-points", "--set", word).out
    )
    assert "# seconds [W: Comm100" in (tmp_path / "mine.toml").read_text()
    done = cli("scenario", "diff", "returns-bot-points", "mine.toml", "--format", "json")
    again = cli("scenario", "diff", "returns-bot-points", "--set", word, "--format", "json")
    found, same = json.loads(done.out)["differences"], json.loads(again.out)["differences"]
    assert found == same
    assert word.split("=")[0] in [row["key"] for row in found]


def test_check_says_what_it_means(cli: Cli) -> None:
    done = cli("scenario", "check", "returns-bot-points")
    assert done.code == 0
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in ("is valid", "first contacts a week: 75,000", "defective 23.8 %", "load 94 %"):
        assert word in said
    meaning = json.loads(cli("scenario", "check", "erlang", "--format", "json").out)["meaning"]
    assert meaning["load"] == pytest.approx([1.0] * 168)
    assert meaning["served_prior"]["others"] == 1
    # .45 x .21 + .35 x .20 + .20 x .37 = .2385
    points = json.loads(cli("scenario", "check", "returns-bot-points", "--format", "json").out)
    assert points["meaning"]["served_prior"]["defective"] == pytest.approx(0.2385)


def test_check_finds_hours_without_agents(cli: Cli) -> None:
    shifts = '{shifts=[{days=["monday"],start="08:30",end="20:00",heads=500}]}'
    done = cli("scenario", "check", "returns-bot-points", "--set", f"agents.heads={shifts}")
    assert done.code == 0
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in ("Hours without an agent", "Mon 00-09, 20-24", "Tue 00-24", "Tue-Sun", "∞"):
        assert word in said
    free = cli("scenario", "check", "erlang", "--set", 'agents.heads="unlimited"')
    assert "agents: unlimited; on average 20.00 of them are busy" in " ".join(free.out.split())
    assert "Load of" not in free.out


def test_check_finds_every_problem(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text(BROKEN)
    done = cli("scenario", "check", "broken.toml")
    assert done.code == 1
    in_80_columns(done.out)
    assert "\x1b" not in done.out
    said = " ".join(done.out.split())
    for word in (
        "broken.toml: 4 problems", "unknown key `use_cases.A.menu_eror`", "did you mean",
        "`use_cases.A.prevalence` is `1.5`", "`agents.heads` is `unlimted`", "men␛[31mu",
    ):  # fmt: skip
        assert word in said
    found = json.loads(cli("scenario", "check", "broken.toml", "--format", "json").out)
    assert not found["valid"]
    assert found["meaning"] is None
    assert {problem["key"] for problem in found["problems"]} >= {
        "use_cases.A.menu_eror", "use_cases.A.prevalence", "agents.heads",
    }  # fmt: skip


def test_check_finds_every_sum_at_once(cli: Cli) -> None:
    sums = ("--set", "use_cases.A.share=0.6", "--set", "other_reasons.others=0.5",
            "--set", "arms.control.weight=0", "--set", "arms.treatment.weight=0")  # fmt: skip
    said = " ".join(cli("scenario", "check", "returns-bot-points", *sums).out.split())
    for word in (
        "3 problems", "`use_cases`: the shares A 0.6 + B 0.35 + C 0.2 = 1.15; expected 1",
        "`other_reasons`: the shares", "`arms`: the weights are all 0",
        "Not judged until the values that they need are right: the agents' load.",
    ):  # fmt: skip
        assert word in said
    load = cli("scenario", "check", "erlang", "--set", "agents.heads=0")
    assert "no agent is ever on duty" in " ".join(load.out.split())
    assert "Not judged" not in load.out


def test_a_sum_and_the_load_wait_for_their_own_values_alone(cli: Cli) -> None:
    words = ("--set", "use_cases.A.share=0.6", "--set", "use_cases.A.menu_error=7",
             "--set", 'arms.control.policy="men"', "--set", "arms.control.weight=0",
             "--set", "arms.treatment.weight=0", "--set", "other_reasons.quality=2")  # fmt: skip
    said = " ".join(cli("scenario", "check", "returns-bot-points", *words).out.split())
    for word in (
        "5 problems", "`use_cases.A.menu_error` is `7`", "`arms.control.policy` is `men`",
        "A 0.6 + B 0.35 + C 0.2 = 1.15", "`arms`: the weights are all 0", "`other_reasons.quality`",
        "are right: the shares of `other_reasons`, the agents' load.",
    ):  # fmt: skip
        assert word in said, word
    load = cli("scenario", "check", "erlang", "--set", "agents.heads=0", "--set", "bot.cv=-1")
    for word in ("2 problems", "`bot.cv`", "no agent is ever on duty"):
        assert word in " ".join(load.out.split())
    assert "Not judged" not in load.out


def test_check_warns_of_arms_without_customers(cli: Cli) -> None:
    words = ("scenario", "check", "returns-bot-points", "--set", "arms.treatment.weight=0")
    done = cli(*words)
    said = " ".join(done.out.split())
    assert done.code == 0
    in_80_columns(done.out)
    assert "`arms.treatment.weight` is 0: nobody is sent to this arm" in said
    assert "`abkit simulate` refuses it: scenario `returns-bot-points` sends customers to" in said
    assert len(json.loads(cli(*words, "--format", "json").out)["warnings"]) == 2
    assert "Warnings" not in cli("scenario", "check", "returns-bot-points").out


@pytest.mark.parametrize("text", ["root:x:0:0\n", "[project]\nsecret = 1\n"])
def test_show_refuses_what_is_no_scenario(cli: Cli, tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    done = cli("scenario", "show", "other")
    assert (done.code, done.out) == (1, "")
    assert "root:x" not in done.err


def test_diff(cli: Cli) -> None:
    done = cli("scenario", "diff", "returns-bot-points", "placebo")
    assert done.code == 0
    in_80_columns(done.out)
    assert "3 of" in done.out
    assert "(not stated)" in done.out
    same = cli("scenario", "diff", "erlang", "erlang")
    assert "no difference" in same.out
    wide = cli("scenario", "diff", "returns-bot-points", "bank-1999")
    in_80_columns(wide.out)


def test_schema_is_json(cli: Cli) -> None:
    schema = json.loads(cli("scenario", "schema").out)
    assert schema["properties"]["use_cases"]["description"]


@pytest.mark.parametrize("command", ["check", "show", "diff", "simulate"])
def test_hostile_names_are_harmless(cli: Cli, tmp_path: Path, command: str) -> None:
    (tmp_path / "hostile.toml").write_text(HOSTILE)
    other = ("erlang",) if command == "diff" else ()
    if command == "simulate":
        done = cli("simulate", "--scenario", "hostile.toml", "--set", "bot.mean_s=[1")
    else:
        done = cli("scenario", command, "hostile.toml", *other)
    assert "\x1b" not in done.out
    assert "\x1b" not in done.err


@pytest.mark.parametrize("form", ["markdown", "latex"])
@pytest.mark.parametrize("words", [("list",), ("check", "erlang"), ("diff", "erlang", "placebo")])
def test_other_forms(cli: Cli, words: tuple[str, ...], form: str) -> None:
    done = cli("scenario", *words, "--format", form)
    assert done.code == 0
    assert {"markdown": "**", "latex": "\\"}[form] in done.out


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("show", "erlan"), 1, "did you mean `erlang`?"),
        (("show", "absent.toml"), 1, "`scenario` is `absent.toml`"),
        (("check", "erlang", "--set", "agents.head=3"), 1, "unknown key `agents.head`"),
        (("show", "erlang", "--set", "agents.heads=x"), 1, "--set 'agents.heads=\"x\"'"),
        (("show", "erlang", "--set", "agents.heads=[1,2]"), 1, "set to a list, which makes"),
        (("diff", "erlang"), 1, "there is nothing to compare `erlang` with"),
        (("diff",), 2, "Missing argument"),
        (("chek", "erlang"), 2, "No such command"),
    ],
)
def test_refusals(cli: Cli, tmp_path: Path, words: tuple[str, ...], code: int, fact: str) -> None:
    done = cli("scenario", *words)
    assert done.code == (0 if words[0] == "check" and code == 0 else code)
    assert fact in " ".join((done.out + done.err).split())
    assert "Traceback" not in done.err
    assert files_below(tmp_path) == []


def test_help(cli: Cli) -> None:
    for command in ("list", "show", "check", "diff", "schema"):
        done = cli("scenario", command, "--help")
        assert done.code == 0
        in_80_columns(done.out)


DOCS = (Path(__file__).parents[2] / "docs/scenarios.md").read_text()


def test_the_file_in_the_docs_is_valid(cli: Cli, tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    (tmp_path / "mine.toml").write_text(block)
    done = cli("scenario", "check", "mine.toml")
    assert done.code == 0
    assert "mine.toml: scenario my-shop is valid" in done.out


@pytest.mark.parametrize("line", re.findall(r"^abkit (.*--set.*)$", DOCS, re.MULTILINE))
def test_changes_in_the_docs_are_valid(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])
    changes = [word for option, word in pairwise(words) if option == "--set"]
    assert changes
    load_scenario("returns-bot-points", read_changes(changes))


def test_set_is_on_record_and_repeats(cli: Cli, tmp_path: Path) -> None:
    words = ("simulate", "--scenario", "erlang", "--weeks", 1, "--set", "agents.heads=22")
    assert cli(*words).code == 0
    (run,) = (tmp_path / "runs").iterdir()
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["arguments"]["set"] == ["agents.heads=22"]
    assert manifest["command"][-2:] == ["--set", "agents.heads=22"]
    assert tomllib.loads((run / "scenario.toml").read_text())["agents"]["heads"] == 22


def test_a_sweep_is_its_runs(cli: Cli, tmp_path: Path) -> None:
    world = ("simulate", "--scenario", "erlang", "--weeks", 1)
    done = cli(*world, "--set", "agents.heads=[20,22]", "--set", "customers.repeat_if_served=0.1",
               "--set", "customers.max_attempts=3")  # fmt: skip
    assert done.code == 0
    in_80_columns(done.out)
    assert "same random numbers" in " ".join(done.out.split())
    runs = sorted((tmp_path / "runs").iterdir())
    assert len(runs) == 2
    for run, heads in zip(runs, (20, 22), strict=True):
        assert run.name in done.out.replace("\n", "").replace(" ", "")
        cli(*world, "--set", f"agents.heads={heads}", "--set", "customers.repeat_if_served=0.1",
            "--set", "customers.max_attempts=3", "--runs", "alone")  # fmt: skip
        alone = sorted((tmp_path / "alone").iterdir())[-1]
        for name in ("contacts.parquet", "results.json", "scenario.toml"):
            assert (run / name).read_bytes() == (alone / name).read_bytes()


def test_a_sweep_as_json(cli: Cli) -> None:
    done = cli("simulate", "--scenario", "erlang", "--weeks", 1, "--format", "json",
               "--set", "agents.heads=[20,22]", "--set", "bot.mean_s=[0,5]")  # fmt: skip
    found = json.loads(done.out)
    assert found["keys"] == ["agents.heads", "bot.mean_s"]
    assert [run["values"] for run in found["runs"]] == [
        {"agents.heads": heads, "bot.mean_s": seconds} for heads in (20, 22) for seconds in (0, 5)
    ]  # fmt: skip
    assert len(found["rows"]) == 4 * 3
    assert {"difference", "relative", "verdict", "use_case"} <= set(found["rows"][0])


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--set", "agents.heads=[20,-1]"), "in the sweep at `agents.heads` -1"),
        (("--set", "agents.heads=[20,22]", "--replications", 3), "and a sweep exclude each other"),
        (("--set", "arms.treatment.weight=[1,0]"), "in the sweep at `arms.treatment.weight` 0"),
        (("--set", f"bot.mean_s={list(range(65))}"), "the sweep has 65 runs"),
    ],
)
def test_a_sweep_is_refused_before_its_first_run(
    cli: Cli, tmp_path: Path, words: tuple[object, ...], fact: str
) -> None:
    done = cli("simulate", "--scenario", "erlang", "--weeks", 1, *words)
    assert done.code == 1
    assert fact in " ".join(done.err.split())
    assert files_below(tmp_path) == []
