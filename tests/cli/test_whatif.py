"""`abkit whatif`: every form in 80 columns, a plot, a run's own scenario, refusals."""

import json
from pathlib import Path

import pytest

from ..pipeline.whatif_fakes import fake_models
from .steps import Cli, in_80_columns

SMALL = (
    "--scenario", "returns-bot-points", "--set", "arrivals.first_contacts_per_week=6000", "--weeks",
    1, "--threshold", "0.1:0.9:0.1",
)  # fmt: skip


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classifiers that nobody had to train."""

    def made(world: object, *, losses: list[str], seeds: range, **_: object) -> dict:
        return fake_models(losses=tuple(losses), seeds=len(seeds))

    monkeypatch.setattr("abkit.pipeline.whatif.classifiers", made)


@pytest.mark.usefixtures("untrained")
def test_what_a_person_sees(cli: Cli, tmp_path: Path) -> None:
    done = cli("whatif", *SMALL, "--model-seeds", 2, "--plot", "w.svg")
    assert done.code == 0
    in_80_columns(done.out)
    for word in ("Everybody treated", "FL10", "tie", "Pays up", "footnote 3"):
        assert word in done.out
    assert done.err.startswith("Worlds, everybody treated ...")
    assert done.err.endswith("wrote w.svg\n")
    drawn = (tmp_path / "w.svg").read_text()
    assert "Use-case C" in drawn
    assert "all assumed harms and recalls" in drawn


@pytest.mark.usefixtures("untrained")
def test_json_and_the_same_bytes_again(cli: Cli) -> None:
    words = ("whatif", *SMALL, "--loss", "CE", "--policy", "menu", "--format", "json")
    one, two = cli(*words), cli(*words)
    assert one.out == two.out
    told = json.loads(one.out)
    assert [v["change"] for v in told["variants"]] == [
        "none",
        "loss",
        *["calibrator"] * 3,
        "policy",
    ]
    assert told["baseline"] == {"loss": "FL1", "calibrator": "platt", "policy": "menu_or_text"}
    assert [case["use_case"] for case in told["thresholds"]] == ["A", "B", "C"]


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_other_forms(cli: Cli, form: str) -> None:
    done = cli("whatif", *SMALL, "--loss", "FL1", "--format", form)
    assert done.code == 0
    assert "best for value" in done.out


@pytest.mark.usefixtures("untrained")
def test_without_a_scenario_the_latest_run_is_asked(cli: Cli, runs: Path) -> None:
    done = cli("whatif", "--runs", runs, "--loss", "FL1", "--threshold", "0.1,0.5,0.9")
    assert done.code == 0
    (run,) = runs.iterdir()
    assert f"(run {run.name})" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--loss", "FL2"), "`loss` is `FL2`"),
        (("--calibrator", "plat"), "did you mean `platt`?"),
        (("--policy", "text"), "`policy` is `text`"),
        (("--value", "automatd=1"), "did you mean `automated`?"),
        (("--threshold", "a:b:c"), "expected FIRST:LAST:STEP"),
        (("--threshold", "0.9:0.1:0.1"), "0 <= FIRST < LAST <= 1"),
        (("--precision", "1.5"), "`precision` is 1.5"),
        (("--model-seeds", "0"), "`model_seeds` is 0"),
        (("--plot", "w.bmp"), "`plot` is `w.bmp`"),
        (("--run", "none"), "has no run `none`"),
        (("--scenario", "no-such"), "no-such"),
    ],
)
def test_refusals(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli("whatif", *words)
    assert done.code == 1
    assert said in done.err
    assert not done.out
