"""`abkit forecast`: what a person sees, what is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from abkit.pipeline.fitting_log_study import drawn_labels, simulated_log
from abkit.pipeline.fitting_log_world import known_world

from .steps import Cli, in_80_columns


@pytest.fixture
def log(tmp_path: Path) -> Path:
    table = simulated_log(known_world(), seed=8, replication=0)
    labels = drawn_labels(table, 800, seed=8, replication=0)
    table.to_parquet(tmp_path / "log.parquet")
    pd.DataFrame(labels.items(), columns=["contact_id", "label"]).to_csv(
        tmp_path / "golden.csv", index=False
    )
    return tmp_path / "log.parquet"


MAKE = ("forecast", "--log", "log.parquet", "--labels", "golden.csv", "--threshold", 0.4)


def test_what_a_person_sees(cli: Cli, log: Path) -> None:
    done = cli(*MAKE, "--out", "forecast.json", "--draws", 300)
    assert (done.code, done.err) == (0, "")
    in_80_columns(done.out)
    text = " ".join(done.out.split())
    facts = json.loads(Path("forecast.json").read_bytes())
    for word in (
        "Forecast from log.parquet and golden.csv",
        "flags from .4000 (given on the command line)",
        "planned: 2 weeks, two equal arms; 300 draws, seed 1",
        "what differs between the arms of a test without end",
        "its own chance added",
        "What a shorter queue adds",
        "C, known from the prior or hardly better: acceptance.tp",
        facts["sha256"],
    ):
        assert word in text, word
    changed = Path("forecast.json").read_text().replace('"seed": 1', '"seed": 2')
    Path("changed.json").write_text(changed)
    refused = cli("forecast", "--check", "changed.json", "--against", "log.parquet")
    assert refused.code == 1
    assert "was changed after it was written" in refused.err


def test_what_is_written_is_what_json_prints(cli: Cli, log: Path) -> None:
    done = cli(*MAKE, "--draws", 200, "--format", "json", "--out", "forecast.json")
    assert done.code == 0
    assert done.out == Path("forecast.json").read_text()


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        ((), 2, "give --log LOG and --labels GOLDEN"),
        (("--log", "log.parquet"), 2, "give --log LOG and --labels GOLDEN"),
        (("--check", "a.json"), 1, "`--check` needs `--against`"),
        (("--against", "runs"), 1, "`--against` needs `--check`"),
        (("--check", "a.json", "--log", "b"), 1, "`--check` and `--log` exclude each other"),
        (("--check", "a.json", "--against", "b"), 1, "`a.json` cannot be read"),
        (("--companies", 2, "--log", "b"), 1, "`--companies` and `--log` exclude each other"),
        (("--companies", 0), 1, "`companies` is 0; expected at least 1"),
        (("--jobs", 2), 1, "`--jobs` needs `--companies`"),
        (("--log", "absent.csv", "--labels", "b.csv"), 1, "there is no file"),
    ],
)
def test_refusals(words: tuple[object, ...], code: int, fact: str, cli: Cli) -> None:
    done = cli("forecast", *words)
    assert done.code == code
    assert fact in " ".join(done.err.split())
    assert done.out == ""
