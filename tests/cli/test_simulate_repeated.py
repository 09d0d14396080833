"""`abkit simulate --replications`, `--until-half-width` and `--plot`."""

import json
from pathlib import Path

import pytest

from .steps import Cli, files_below, in_80_columns

SMALL = """
base = "returns-bot-points"
name = "small"
[arrivals]
first_contacts_per_week = 3_000
[customers]
text_rate = 0.0
[arms.third]
policy = "menu"
weight = 1
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.toml").write_text(SMALL)
    return "small.toml"


def test_what_a_person_sees(cli: Cli, small: str, tmp_path: Path) -> None:
    words = ("simulate", "--scenario", small, "--weeks", 1, "--replications", 3)
    done = cli(*words)
    assert done.code == 0
    assert done.err == "Replications ...\n"
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in (
        "3 times 1 week of scenario small, seed 1", "nobody types, no model",
        "Δ in points over 3 replications of treatment against control",
        "of third against control", "A 24RR", "Student's t over the replications",
        "Everything is in runs/replications/",
    ):  # fmt: skip
        assert word in said
    (run,) = (tmp_path / "runs" / "replications").iterdir()
    assert files_below(run) == ["manifest.json", "results.json", "run.log", "scenario.toml"]
    again = json.loads(cli(*words, "--format", "json").out)
    assert again == json.loads((run / "results.json").read_text())
    assert (len(again["rows"]), again["n_replications"]) == (18, 3)


def test_until_a_half_width(cli: Cli, small: str) -> None:
    done = cli(
        "simulate", "--scenario", small, "--weeks", 1, "--replications", 10,
        "--until-half-width", 20, "--of", "AR", "--of", "A:24RR",
    )  # fmt: skip
    assert done.code == 0
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    assert "intervals of the mean Δ of AR, A:24RR within ±20 points: 10 replications" in said
    assert "Stein's, with the spread of the first stage" in said


def test_a_plot(cli: Cli, small: str, tmp_path: Path) -> None:
    done = cli("simulate", "--scenario", small, "--weeks", 1, "--plot", "world.svg")
    assert done.code == 0
    assert done.err.endswith("wrote world.svg\n")
    assert "third" in (tmp_path / "world.svg").read_text()


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--replications", 1), "`replications` is 1; expected at least 2"),
        (("--jobs", 2), "`--jobs` has no effect without `--replications`"),
        (("--replications", 3, "--of", "AR"), "`--of` has no effect without `--until-half-width`"),
        (("--until-half-width", -1), "`until_half_width` is -1.0"),
        (("--plot", "world.gif"), "`plot` is `world.gif`; expected a name that ends in"),
        (("--plot", "."), "expected a name that ends in"),
        (("--plot", "x.png", "--replications", 3), "`--plot` shows one run"),
    ],
)
def test_refusals(
    cli: Cli, small: str, tmp_path: Path, words: tuple[object, ...], fact: str
) -> None:
    done = cli("simulate", "--scenario", small, *words)
    assert done.code == 1
    assert fact in " ".join(done.err.split())
    assert files_below(tmp_path) == [small]
