"""`abkit simulate`: Table 3, the same bytes again, and every refusal."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from abkit.core.contacts import CONTACT_SCHEMA
from abkit.core.metrics import TABLE_3 as METRICS

from .steps import Cli, files_below, in_80_columns


def test_a_run_is_whole(runs: Path) -> None:
    (folder,) = runs.iterdir()
    assert files_below(folder) == [
        "contacts.parquet", "manifest.json", "results.json", "run.log", "scenario.toml",
    ]  # fmt: skip
    assert pq.read_schema(folder / "contacts.parquet").equals(CONTACT_SCHEMA)


def test_results_follow_the_contract(runs: Path) -> None:
    (folder,) = runs.iterdir()
    results = json.loads((folder / "results.json").read_text())
    assert results["arms"] == {"control": "control", "treatment": "treatment"}
    assert [group["use_case"] for group in results["use_cases"]] == ["A", "B", "C"]
    for group in results["use_cases"]:
        assert [row["metric"] for row in group["metrics"]] == list(METRICS)
        for row in group["metrics"]:
            assert row["control"]["rate"] == row["control"]["successes"] / row["control"]["trials"]
            assert row["difference"]["ci_lower"] < row["difference"]["ci_upper"]
            assert row["p_value_adjusted"] >= row["p_value"]
    assert {check["status"] for check in results["checks"]} <= {"pass", "warn", "fail", "not_run"}
    assert len(results["paper"]) == 9


def test_the_same_bytes_again(cli: Cli, tmp_path: Path) -> None:
    names = ["contacts.parquet", "results.json", "scenario.toml"]
    made = []
    for seed, folder in ((1, "one"), (1, "two"), (2, "three")):
        assert cli("simulate", "--weeks", 1, "--seed", seed, "--runs", folder).code == 0
        (run,) = (tmp_path / folder).iterdir()
        made.append([(run / name).read_bytes() for name in names])
    assert made[0] == made[1]
    assert made[0][0] != made[2][0]
    assert made[0][1] != made[2][1]


def test_what_a_person_sees(cli: Cli) -> None:
    done = cli("simulate", "--weeks", 1)
    assert done.code == 0
    in_80_columns(done.out)
    assert done.err == "Simulating ...\n" + 2 * "Simulating everybody in one arm ...\n"
    for word in ("Table 3", "A AR", "C 24RR", "(+12.85)", "Pooled", "sample ratio", "next: abkit"):
        assert word in done.out


@pytest.mark.parametrize("form", ["json", "markdown", "latex"])
def test_other_forms(cli: Cli, form: str) -> None:
    done = cli("simulate", "--weeks", 1, "--format", form)
    assert done.code == 0
    if form == "json":
        assert json.loads(done.out)["simulation"]["weeks"] == 1
    else:
        assert {"markdown": "| A AR |", "latex": r"\begin{tabular}"}[form] in done.out


def test_a_second_run_needs_no_torch(runs: Path, tmp_path: Path) -> None:
    code = (
        "import sys, abkit\nfrom pathlib import Path\n"
        "abkit.simulate(weeks=1, runs=Path(sys.argv[1]))\n"
        "heavy = {'torch', 'scipy.stats', 'statsmodels', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_a_threshold_above_one_is_a_placebo(cli: Cli, tmp_path: Path) -> None:
    done = cli("simulate", "--weeks", 1, "--threshold", 2, "--format", "json")
    results = json.loads(done.out)
    assert all(check["flagged"] == 0 for check in results["simulation"]["text_check"])
    assert all(row["verdict"] == "no_difference_shown" for row in results["pooled"])


def test_the_certified_threshold_is_chosen_on_request(cli: Cli) -> None:
    plain, asked = (
        json.loads(cli("simulate", "--weeks", 1, *words, "--format", "json").out)["simulation"]
        for words in ((), ("--threshold", "certified"))
    )
    model = plain["model"]
    assert model["threshold"] == pytest.approx(0.42, abs=0.05)  # other processors train other bits
    assert model["threshold_origin"].startswith("plug-in for 85 % precision")
    assert asked["model"]["threshold"] == model["certified_threshold"] > model["threshold"]
    assert asked["model"]["threshold_origin"].startswith("certified for 85 % precision with 95 %")
    assert asked["model"]["offline_precision"] > model["offline_precision"]
    assert asked["text_check"][-1]["precision"] > plain["text_check"][-1]["precision"]


FOUR_ARMS = """
base = "returns-bot-points"
name = "four arms"
[arms.strict]
policy = "menu_and_text"
weight = 1
threshold = 0.6
[arms.over]
policy = "text_over_menu"
weight = 2
[arms.nobody]
policy = "menu"
weight = 0
"""


def test_every_arm_is_compared_with_control(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "four.toml").write_text(FOUR_ARMS)
    words = ("simulate", "--scenario", "four.toml", "--weeks", 1)
    results = json.loads(cli(*words, "--format", "json").out)
    tables = results["results"]
    assert [table["arms"]["treatment"] for table in tables] == ["treatment", "strict", "over"]
    assert {table["family"] for table in tables} == {27}
    assert [check["arm"] for check in results["simulation"]["text_check"][::4]] == [
        "treatment", "strict", "over",
    ]  # fmt: skip
    assert [arm["threshold"] for arm in results["simulation"]["arms"]][2] == 0.6
    assert results["paper"] == []  # not a scenario that was solved for the paper's deltas
    done = cli(*words)
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in (
        "arms: control (menu), treatment (menu or text), strict (menu and text, flags from .6000), "
        "over (text over menu)",
        "Table 3: strict against control", "Table 3: over against control", "over the 27 rows",
        "was worth in over", "texts without a flag overruled LABEL 0 of the menu",
        "A flag changes nothing here",
    ):  # fmt: skip
        assert word in said
    assert said.count("none shown: this experiment cannot tell") == 1


def test_a_world_without_texts_needs_no_model(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(*_: object) -> None:
        raise AssertionError("a model was asked for")

    monkeypatch.setattr("abkit.pipeline.simulating.default_model", train)
    done = cli("simulate", "--scenario", "erlang", "--weeks", 1)
    assert done.code == 0
    in_80_columns(done.out)
    assert "texts: none, nobody types" in done.out
    assert "model" not in done.out
    assert "abkit audit" not in done.out
    (run,) = (tmp_path / "runs").iterdir()
    results = json.loads((run / "results.json").read_text())
    assert results["simulation"]["model"] is None
    assert results["simulation"]["text_check"] == results["paper"] == []
    log = pq.read_table(run / "contacts.parquet").to_pandas()
    gone = (log["outcome"] == "abandoned_queue").mean()
    queue = results["simulation"]["queue"]
    counted = log[log["counted"]]
    assert queue == {
        "asked": len(counted),
        "waited": int((counted["wait_s"] > 0).sum()),
        "abandoned": int((counted["outcome"] == "abandoned_queue").sum()),
        "mean_wait_s": pytest.approx(counted["wait_s"].mean(), rel=1e-12),
    }
    assert f"mean wait of all {queue['mean_wait_s']:.1f} s" in " ".join(done.out.split())
    assert gone == pytest.approx(0.0737, abs=0.015)  # theory .073687; z-scores: `abkit validate`
    refused = cli("simulate", "--scenario", "erlang", "--threshold", 0.5)
    assert refused.code == 1
    assert "nobody types, so that `threshold` would do nothing" in " ".join(refused.err.split())
    audited = cli("audit")
    assert audited.code == 1
    assert "0 counted flagged contacts" in " ".join(audited.err.split())


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("--weeks", 0), 1, "`weeks` is 0; expected at least 1"),
        (("--weeks", "two"), 2, "weeks"),
        (("--seed", -1), 1, "`seed` is -1"),
        (("--scenario", "returns-bot-point"), 1, "did you mean `returns-bot-points`?"),
        (("--scenario", "absent.toml"), 1, "`scenario` is `absent.toml`"),
        (("--model", "absent"), 1, "there is no model in `absent`"),
        (("--texts", "absent.csv"), 1, "there is no file `absent.csv`"),
        (("--threshold", "nan"), 1, "`threshold` is nan"),
        (("--threshold", "certifed"), 1, "`threshold` is `certifed`; expected a number or"),
        (("--runs", "a-file"), 1, "`a-file"),
        (("--weks", 2), 2, "No such option"),
    ],
)
def test_refusals(
    cli: Cli, tmp_path: Path, words: tuple[object, ...], code: int, fact: str
) -> None:
    (tmp_path / "a-file").write_text("in the way")
    done = cli("simulate", *words)
    assert done.code == code
    assert fact in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert done.out == ""
    assert files_below(tmp_path) == ["a-file"]


def test_the_paper_is_read_as_the_scenario_reads_it(cli: Cli) -> None:
    done = cli("simulate", "--scenario", "returns-bot-relative", "--weeks", 1)
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in (
        "(paper \u0394%)", "(+12.85 %)", "read here as per cent", "paper's delta in per cent",
        "were solved for that reading with the default model",
    ):  # fmt: skip
        assert word in said
    assert "in points (unadjusted)" not in said


def test_the_paper_stays_out_of_other_worlds(cli: Cli) -> None:
    done = cli("simulate", "--scenario", "placebo", "--weeks", 1)
    said = " ".join(done.out.split())
    assert "paper" not in said
    assert "is not used: treatment flags from 2.0000" in said
    assert "plug-in" not in said


@pytest.mark.parametrize("arm", ["control", "treatment"])
def test_an_arm_without_customers_is_named(cli: Cli, arm: str) -> None:
    done = cli("simulate", "--scenario", "erlang", "--set", f"arms.{arm}.weight=0")
    assert done.code == 1
    assert f"but `arms.{arm}.weight` is 0" in " ".join(done.err.split())


SCENARIO = "simulations/scenarios/returns-bot-points.toml"


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("menu_error", "menu_eror", "unknown key `use_cases.A.menu_eror`"),
        ("prevalence = 0.21", "prevalence = 1.21", "`use_cases.A.prevalence` is `1.21`"),
        ("prevalence = 0.21", 'prevalence = "x"', '`use_cases.A.prevalence` is `"x"`, a text'),
        ("[use_cases.A]", "[use_cases.A", "is not valid TOML"),
        ("share = 0.45", "share = 0.55", "A 0.55 + B 0.35 + C 0.2 = 1.1; expected 1"),
        ("[arms.control]", "[arms.ctrl]", "Table 3 needs `control`"),
    ],
)
def test_scenario_refusals(cli: Cli, tmp_path: Path, old: str, new: str, fact: str) -> None:
    text = (Path(__file__).parents[2] / SCENARIO).read_text()
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1))
    done = cli("simulate", "--scenario", "mine.toml")
    assert done.code == 1
    assert fact in " ".join(done.err.split())
    assert files_below(tmp_path) == ["mine.toml"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            'kind="switchback"',
            "switchback, blocks of 24 h, which abkit analyze --design swi",
        ),
        ("control_weeks=1", "1 week of control alone before the test, which abkit analyze --inter"),
    ],
)
def test_a_design_names_the_analysis_that_fits_it(cli: Cli, change: str, words: str) -> None:
    done = cli("simulate", "--scenario", "erlang", "--weeks", 2, "--set", f"design.{change}")
    assert f"design: {words}" in " ".join(done.out.split())
    assert "design:" not in cli("simulate", "--scenario", "erlang", "--weeks", 1).out
