"""`abkit threshold` as a person types it: on the default model, on a file, on fresh texts."""

import json
from pathlib import Path

import numpy as np
import pytest

from abkit.core.rng import rng_for

from .steps import Cli, in_80_columns

KEYS = {
    "threshold", "guaranteed_precision", "confidence", "expected_precision", "expected_recall",
    "plug_in_threshold", "more_labels_needed",
}  # fmt: skip


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    rng = rng_for(0, "scores")
    y = rng.random(900) < 0.3
    p = 1 / (1 + np.exp(-(2 * (rng.normal(size=900) + 2.2 * y) - 3)))
    name = "[red]x\x1b[2J"  # a class that is hostile to a terminal
    lines = [f"p_{name},p_rest,label"]
    lines += [f"{a:.9f},{1 - a:.9f},{name if b else 'rest'}" for a, b in zip(p, y, strict=True)]
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_default_model(cli: Cli, runs: Path) -> None:
    done = cli("threshold", "--format", "json")
    assert done.code == 0, done.err
    got = json.loads(done.out)
    assert set(got) >= KEYS
    (run,) = runs.iterdir()
    simulated = json.loads((run / "results.json").read_text())["simulation"]["model"]
    assert got["threshold"] == simulated["certified_threshold"]
    assert got["plug_in_threshold"] == simulated["threshold"]
    assert got["plug_in"]["precision"] == pytest.approx(simulated["offline_precision"])
    assert (got["guaranteed_precision"], got["confidence"]) == (0.85, 0.95)
    assert got["expected_precision"] > 0.85
    assert got["served"]["prior"] == pytest.approx(0.2385)
    assert {name: part["n"] for name, part in got["golden"].items()} == {
        "calibrate": 1013,
        "certify": 1013,
        "report": 1013,
    }
    assert len({part["digest"] for part in got["golden"].values()}) == 3
    assert [row["use_case"] for row in got["use_cases"]] == ["A", "B", "C"]
    shown = cli("threshold", "--recall", 0.9)
    assert shown.code == 0
    in_80_columns(shown.out)
    assert "90 % recall of defective" in shown.out


@pytest.mark.parametrize("form", ["text", "json", "markdown", "latex"])
def test_a_file_in_every_form(cli: Cli, scores: Path, form: str) -> None:
    done = cli("threshold", scores, "--precision", 0.8, "--served-prior", 0.1, "--format", form)
    assert done.code == 0, done.err
    if form == "json":
        assert set(json.loads(done.out)) >= KEYS
        return
    assert "cannot know" in done.out
    if form == "text":
        in_80_columns(done.out)
        assert "\x1b" not in done.out
        assert "[red]x" in done.out


def test_none_and_how_many_labels(cli: Cli, scores: Path) -> None:
    done = cli("threshold", scores, "--precision", 0.99)
    assert done.code == 0
    assert "No threshold can promise 99 % precision" in done.out
    assert "a fresh draw of about" in " ".join(done.out.split())


def test_few_rows_say_how_many_more(cli: Cli, tmp_path: Path) -> None:
    """12 of 12 right above .9 and 12 wrong ones below .1: more labels help, and how many."""
    rows = [f"{p},{1 - p},a" for p in np.linspace(0.91, 0.99, 12)]
    rows += [f"{p},{1 - p},b" for p in np.linspace(0.01, 0.09, 12)]
    path = tmp_path / "few.csv"
    path.write_text("\n".join(["p_a,p_b,label", *rows]) + "\n")
    facts = json.loads(cli("threshold", path, "--precision", 0.85, "--format", "json").out)
    assert (facts["more_labels_needed"], facts["start_then"]) == (72, 30)
    assert facts["more_labels_note"] is None
    said = " ".join(cli("threshold", path, "--precision", 0.85).out.split())
    assert "more labels help: a fresh draw of about 72 would do with a chance of 80 %" in said
    assert "from so few rows that is a guess" in said
    assert "no threshold that flags 20 rows or more" in said  # why there is no plug-in one


@pytest.mark.parametrize(
    ("goal", "labels", "why"),
    [
        ("--precision", "abb", "the first test alone takes 46 flagged rows"),
        ("--precision", "bbb", "no labelled row is of the class"),
        ("--recall", "bbb", "no labelled row is of the class"),
        ("--precision", "bab" * 40, "more labels would not help at this aim"),
    ],
)
def test_where_no_number_of_labels_is_known_it_says_why(
    cli: Cli, tmp_path: Path, goal: str, labels: str, why: str
) -> None:
    scores = np.linspace(0.9, 0.1, len(labels))
    rows = [f"{p},{1 - p},{name}" for p, name in zip(scores, labels, strict=True)]
    path = tmp_path / "none.csv"
    path.write_text("\n".join(["p_a,p_b,label", *rows]) + "\n")
    done = cli("threshold", path, goal, 0.9, "--positive", "a", "--format", "json")
    facts = json.loads(done.out)
    assert facts["more_labels_needed"] is facts["start_then"] is None
    assert why in facts["more_labels_note"]
    shown = cli("threshold", path, goal, 0.9, "--positive", "a").out
    assert facts["more_labels_note"] in " ".join(shown.split())


def test_a_file_of_scores_needs_no_torch(scores: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, abkit\nabkit.threshold(sys.argv[1], precision=.8).to_markdown()\n"
        "heavy = {'torch', 'scipy.stats', 'statsmodels', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, str(scores)], check=True)


def test_fresh_texts_certify_and_used_ones_are_refused(cli: Cli, own_texts: Path) -> None:
    columns = ("--text", "body", "--reason", "why")
    made = cli(
        "train", "--data", own_texts, *columns, "--label-0", "lost", "--epochs", 2, "--out", "m"
    )
    assert made.code == 0, made.err
    refused = cli("threshold", "--model", "m")
    assert refused.code == 1
    assert "trained without golden labels" in refused.err
    again = cli("threshold", "--model", "m", "--data", own_texts, *columns)
    assert again.code == 1
    said = " ".join(again.err.split())
    assert "served this model before" in said
    assert "label a fresh draw" in said
    lines = ["body,why"]
    for i in range(150):
        lines.append(f"my green suitcase {i} never arrived at the {i % 9} gate,lost")
        lines.append(f"the crew of flight {i} was most unfriendly to row {i % 9},service")
    Path("fresh.csv").write_text("\n".join(lines) + "\n")
    asked = ("threshold", "--model", "m", "--data", "fresh.csv", *columns, "--format", "json")
    done = cli(*asked, "--precision", 0.7)
    assert done.code == 0, done.err
    got = json.loads(done.out)
    assert got["source"] == "300 texts of fresh.csv, 150 lost"
    assert got["positive"] == "lost"
    assert got["use_cases"] == []
    assert "now on record" in got["notes"][-1]
    assert "Recording these rows" in done.err
    assert cli(*asked, "--precision", 0.7).out == done.out  # the same question, the same answer
    for other in (
        ("--precision", 0.8),
        ("--recall", 0.7),
        ("--precision", 0.7, "--positive", "oth"),
    ):
        refused = cli(*asked, *other)
        assert refused.code == 1
    refused = cli(*asked, "--precision", 0.8)
    assert refused.out == ""
    said = " ".join(refused.err.split())
    assert (
        "are the very ones that were tested for 70 % precision of `lost` with 95 % confidence "
        "(start 30, step 10); asked now: 80 % precision of `lost` with 95 % confidence "
        "(start 30, step 10)"
    ) in said
    assert "label a fresh draw" in said


def test_a_model_that_cannot_be_written_is_said_to_keep_no_record(
    cli: Cli, own_texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ("--text", "body", "--reason", "why")
    made = cli(
        "train", "--data", own_texts, *columns, "--label-0", "lost", "--epochs", 1, "--out", "m"
    )
    assert made.code == 0, made.err
    Path("m/fresh_parts").write_text("a file stands where the records would be")
    lines = [f"the suitcase {i} of mine never came,lost\ncrew {i} was not kind to us,service"
             for i in range(100)]  # fmt: skip
    Path("fresh.csv").write_text("\n".join(["body,why", *lines]) + "\n")
    done = cli("threshold", "--model", "m", "--data", "fresh.csv", *columns, "--precision", 0.5)
    assert done.code == 0, done.err
    assert "`m` cannot be written, so these rows are not on record" in " ".join(done.out.split())
    in_80_columns(done.out)


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("absent.csv",), 1, "there is no file `absent.csv`"),
        (("--precision", 85), 1, "write 0.85 for 85 %"),
        (("--recall", 1), 1, "no finite number of labels can promise 100 %"),
        (("--precision", 0.9, "--recall", 0.9), 1, "exclude each other"),
        (("--label", "y"), 1, "`label` has no effect without a file of scores"),
        (("--model", "absent"), 1, "there is no model in `absent`"),
        (("--precision", "much"), 2, "precision"),
    ],
)
def test_refusals(cli: Cli, words: tuple[object, ...], code: int, fact: str) -> None:
    done = cli("threshold", *words)
    assert done.code == code
    assert fact in " ".join(done.err.split())
    assert "Traceback" not in done.err
