"""`abkit analyze` where customers share a queue: designs by blocks, signs, what excludes what."""

import json
from pathlib import Path

import pytest

from abkit.pipeline.validity_study import small_world
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.scenario_files import load_scenario, parse_scenario
from abkit.simulations.world import simulate_contacts

from .steps import Cli, in_80_columns


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated switchback."""
    from pyarrow import parquet

    values = small_world(load_scenario("returns-bot-points")).model_dump()
    world = parse_scenario(values | {"design": {"kind": "switchback"}})
    path = tmp_path_factory.mktemp("logs") / "log.parquet"
    made = simulate_contacts(world, beta_supply(), threshold=0.4, weeks=2, seed=1)
    parquet.write_table(made, path)
    return path


def test_a_switchback_in_every_form(cli: Cli, log: Path) -> None:
    done = cli("analyze", log, "--design", "switchback", "--block", "block")
    assert done.code == 0
    in_80_columns(done.out)
    assert "blocks of time as units" in done.out
    assert "few blocks" in done.out
    facts = json.loads(
        cli("analyze", log, "--design", "switchback", "--block", "block", "--format", "json").out
    )
    assert [group["blocks"] for group in facts["groups"]] == [7, 7]
    assert [len(table["use_cases"]) for table in facts["comparisons"]] == [3]
    for form in ("markdown", "latex"):
        found = cli("analyze", log, "--design", "switchback", "--block", "block", "--format", form)
        assert found.code == 0


def test_signs_in_every_form(cli: Cli, log: Path) -> None:
    done = cli("analyze", log, "--interference", "--before", "2024-01-08")
    assert done.code == 0
    in_80_columns(done.out)
    assert "Signs of a shared queue" in done.out
    facts = json.loads(cli("analyze", log, "--interference", "--format", "json").out)
    assert next(sign["code"] for sign in facts["signs"]) == "requests"
    assert cli("analyze", log, "--interference", "--format", "latex").code == 0


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("--design switchback", "`--design` and `--block` belong together"),
        ("--block block", "`--design` and `--block` belong together"),
        ("--before 2024-01-08", "`--before` belongs to `--interference`"),
        ("--interference --block block", "`--design` and `--interference` exclude each other"),
        ("--triggered --interference", "`--triggered` and `--interference` exclude each other"),
        ("--interference --threshold 0.5", "`--interference` and `--threshold` exclude each"),
        ("--interference --unit customer_id", "`--interference` and `--unit` exclude each other"),
        ("--design switchback --block block --bonferroni", "`--design` and `--bonferroni` exclude"),
        ("--design saturation --block use_case", "expected two levels of saturation"),
        ("--design switchback --block use_case", "block `A` of `use_case` is in two arms"),
    ],
)
def test_refusals(cli: Cli, log: Path, words: str, fact: str) -> None:
    done = cli("analyze", log, *words.split())
    assert done.code == 1
    assert fact in done.err
