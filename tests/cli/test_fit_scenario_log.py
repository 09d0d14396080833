"""`abkit fit-scenario --log`: what a person sees, every refusal."""

from pathlib import Path

import pandas as pd
import pytest

from abkit.pipeline.fitting_log_study import drawn_labels, simulated_log
from abkit.pipeline.fitting_log_world import known_world
from abkit.simulations.scenario_files import load_scenario

from .steps import Cli, in_80_columns


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A control log with golden labels beside it."""
    table = simulated_log(known_world(), seed=8, replication=0)
    labels = drawn_labels(table, 800, seed=8, replication=0)
    table.to_parquet(tmp_path / "log.parquet")
    pd.DataFrame(labels.items(), columns=["contact_id", "label"]).to_csv(
        tmp_path / "golden.csv", index=False
    )
    return tmp_path / "log.parquet"


def test_what_a_person_sees(cli: Cli, log: Path) -> None:
    done = cli(
        "fit-scenario", "--log", log.name, "--labels", "golden.csv", "--threshold", 0.4,
        "--out", "new.toml",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    in_80_columns(done.out)
    text = " ".join(done.out.split())
    for word in (
        "Scenario new: returns-bot-points fitted to log.parquet",
        "flags from .4000 (given on the command line)",
        "cost against the priors",
        "labels, mixture",
        "nobody selects it",
        "The text check where the menu did not say LABEL 0",
        "use_cases.C.acceptance.tp = .8000: the log says nothing of it",
        "customers.hardness_slope:",
        "arms: a control log has no treatment",
        "next: abkit simulate --scenario new.toml",
    ):
        assert word in text, word
    assert load_scenario("new.toml").name == "new"


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("--log", "log.parquet"), 1, "`--log` needs `--labels`"),
        (("--log", "log.parquet", "--targets", "paper"), 1, "`--log` and `--targets` exclude"),
        (("--log", "log.parquet", "--weeks", "0"), 1, "`--log` and `--weeks` exclude"),
        (("--targets", "paper", "--labels", "golden.csv"), 1, "`--targets` and `--labels`"),
        (("--log", "absent.csv", "--labels", "golden.csv"), 1, "there is no file `absent.csv`"),
        (("--log", "log.parquet", "--labels", "no.csv"), 1, "there is no file `no.csv`"),
        (
            ("--log", "log.parquet", "--labels", "golden.csv", "--label", "truth"),
            1,
            "has no column `truth`",
        ),
        (
            ("--log", "log.parquet", "--labels", "golden.csv", "--threshold", "certified"),
            1,
            "`threshold` is `certified`, which is a model's",
        ),
        (
            ("--log", "log.parquet", "--labels", "golden.csv", "--base", "erlang"),
            1,
            "the log's use-case `A` is none of the base's",
        ),
        ((), 2, "give --targets paper, or --log LOG"),
    ],
)
def test_refusals(
    cli: Cli, log: Path, tmp_path: Path, words: tuple[str, ...], code: int, fact: str
) -> None:
    done = cli("fit-scenario", "--out", "new.toml", *words)
    assert done.code == code
    assert fact in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not (tmp_path / "new.toml").exists()


@pytest.mark.parametrize(
    ("word", "fact"),
    [
        ("no", "797 issues, 0 LABEL 0 and 797 others: with no LABEL 0 nobody knows who has it"),
        ("yes", "797 issues, 797 LABEL 0 and 0 others: with LABEL 0 alone nobody knows"),
    ],
)
def test_labels_of_one_kind_are_refused(
    cli: Cli, log: Path, tmp_path: Path, word: str, fact: str
) -> None:
    labels = pd.read_csv(tmp_path / "golden.csv", dtype=str).assign(label=word)
    labels.to_csv(tmp_path / "golden.csv", index=False)
    done = cli("fit-scenario", "--log", log.name, "--labels", "golden.csv", "--out", "new.toml")
    assert (done.code, done.out) == (1, "")
    assert fact in " ".join(done.err.split())
    assert "hint: yes, true, 1 or `defective` say LABEL 0" in " ".join(done.err.split())
    assert not (tmp_path / "new.toml").exists()


def test_semicolons_are_named(cli: Cli, log: Path, tmp_path: Path) -> None:
    golden = tmp_path / "golden.csv"
    golden.write_text(golden.read_text().replace(",", ";"))
    done = cli("fit-scenario", "--log", log.name, "--labels", "golden.csv", "--out", "new.toml")
    assert done.code == 1
    assert "separated by semicolons; expected commas" in done.err


def test_hostile_names_stay_harmless(cli: Cli, log: Path) -> None:
    table = pd.read_parquet(log)
    table["use_case"] = "A\x1b[31m"
    table.to_parquet(log)
    done = cli("fit-scenario", "--log", log.name, "--labels", "golden.csv", "--out", "new.toml")
    assert done.code == 1
    assert "\x1b" not in done.err
