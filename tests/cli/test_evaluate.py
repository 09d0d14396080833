"""`abkit evaluate`: a file of scores without torch, a model on texts, what its folder holds."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .steps import Cli, in_80_columns

COLUMNS = ("--text", "body", "--reason", "why")


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """300 rows, a hostile class, a hostile stratum."""
    rng = np.random.default_rng(0)
    p = rng.random(300)
    table = pd.DataFrame(
        {
            "label": np.where(rng.random(300) < p, "[bold]sick[/]", "well"),
            "p_[bold]sick[/]": p, "p_well": 1 - p, "site": rng.choice(["a", "\x1b[2Jb"], 300),
        }
    )  # fmt: skip
    table.to_csv(tmp_path / "s.csv", index=False)
    table.assign(p_well=table["p_well"] / 2, **{"p_[bold]sick[/]": 1 - table["p_well"] / 2}).to_csv(
        tmp_path / "o.csv", index=False
    )
    return tmp_path / "s.csv"


def test_text(cli: Cli, scores: Path) -> None:
    done = cli("evaluate", scores, "--by", "site", "--against", "o.csv", "--bootstrap", 100)
    assert done.code == 0, done.err
    in_80_columns(done.out)
    assert "\x1b" not in done.out
    words = " ".join(done.out.split())
    for said in (
        "300 rows",
        "classes: [bold]sick[/]",
        "NLL (mean, nats)",
        "Brier (sum over classes)",
        "ECE, top label, 10 equal widths",
        "(lower, upper], 0 in the first, edges exactly k/10",
        "percentiles of 100 resamples of the rows, seed 0",
        "Kumar et al. 2019",
        "Blasiok and Nakkiran",
        "Murphy 1973",
        "Clopper and Pearson",
        "By site",
        "s.csv against o.csv",
    ):
        assert said in words, said


def test_json_is_the_contract(cli: Cli, scores: Path) -> None:
    done = cli("evaluate", scores, "--format", "json", "--bootstrap", 100)
    facts = json.loads(done.out)
    assert list(facts)[:2] == ["n", "weight"]
    assert set(facts["macro"]) >= {"precision", "recall", "f1"}
    assert len(facts["bins"]) == 10
    assert set(facts["bins"][0]) >= {"lower", "upper", "n", "accuracy", "confidence"}
    assert {"accuracy", "nll", "brier", "ece", "mce", "mce_min20"} <= set(facts)


def test_conventions_are_options(cli: Cli, scores: Path) -> None:
    words = (
        "--bins", 4, "--edges", "left", "--calibration-of", "positive", "--positive", "well",
        "--bootstrap", 0,
    )  # fmt: skip
    facts = json.loads(cli("evaluate", scores, *words, "--format", "json").out)
    assert [one["lower"] for one in facts["bins"]] == [0, 0.25, 0.5, 0.75]
    assert {one["class_name"] for one in facts["bins"]} == {"well"}
    shown = " ".join(cli("evaluate", scores, *words).out.split())
    assert "[lower, upper), 1 in the last" in shown
    assert "ECE, P(well), 4 equal widths" in shown
    assert "[0.25, 0.5)" in shown
    assert "top label" not in shown


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_other_forms(cli: Cli, scores: Path, form: str) -> None:
    done = cli("evaluate", scores, "--format", form, "--bootstrap", 0, "--by", "site")
    assert done.code == 0
    assert "macro F1" in done.out


@pytest.mark.parametrize("of", ["top-label", "positive", "classwise"])
def test_figures(cli: Cli, scores: Path, of: str) -> None:
    """Drawn of either model; a class that looks like a formula or markup stays a name."""
    name = r"$\frac{x$"
    for path in ("s.csv", "o.csv"):
        table = pd.read_csv(path)
        table["label"] = table["label"].replace("well", name)
        table.rename(columns={"p_well": f"p_{name}"}).to_csv(path, index=False)
    words = ["--calibration-of", of, *(["--positive", name] if of == "positive" else [])]
    done = cli(
        "evaluate", "s.csv", "--against", "o.csv", "--bootstrap", 0, "--figures", "drawn", *words
    )
    assert done.code == 0, done.err
    assert {path.name for path in Path("drawn").iterdir()} == {
        "reliability.png", "reliability.svg", "reliability.pdf",
    }  # fmt: skip
    assert "wrote drawn/reliability.svg" in done.err
    svg = Path("drawn/reliability.svg").read_text()
    assert svg.count("mean confidence") == 1
    assert (name in svg) == (of != "top-label")
    assert "\u240a" not in svg  # a title's own line breaks are no part of a name
    again = cli(
        "evaluate", "s.csv", "--against", "o.csv", "--bootstrap", 0, "--figures", "again", *words
    )
    assert again.out == done.out
    for path in Path("drawn").iterdir():
        assert Path("again", path.name).read_bytes() == path.read_bytes()


def test_a_file_needs_no_torch(scores: Path) -> None:
    code = (
        "import sys; sys.argv = ['abkit', 'evaluate', sys.argv[1], '--bootstrap', '0']\n"
        "from abkit.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'sklearn', 'tokenizers', 'simpy', 'duckdb', 'matplotlib'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, scores], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_model(cli: Cli, own_texts: Path) -> None:
    """Trained on 400 texts: stored metrics, the unseen ones, and beside another model."""
    table = pd.read_csv(own_texts, dtype=str)
    table.iloc[:400].to_csv("train.csv", index=False)
    table.assign(w=1, why=table["why"].replace("service", "rude")).to_csv("all.csv", index=False)
    for name, gamma in (("m1", 1), ("m2", 0)):
        done = cli(
            "train", "--data", "train.csv", *COLUMNS, "--label-0", "lost", "--epochs", 1,
            "--gamma", gamma, "--out", name,
        )  # fmt: skip
        assert done.code == 0, done.err
    stored = cli("evaluate", "m1")
    assert stored.code == 0, stored.err
    assert "texts that its folder does not hold" in " ".join(stored.out.split())
    words = ("evaluate", "m1", "--data", "all.csv", *COLUMNS, "--weight", "w", "--by", "why")
    done = cli(*words, "--against", "m2", "--format", "json", "--bootstrap", 100)
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["class_names"] == ["lost", "not lost"]
    assert 200 <= facts["n"] < 300
    assert "rows whose texts the model was fitted on" in facts["notes"][0]
    assert [one["stratum"] for one in facts["strata"]] == ["lost", "rude"]
    assert facts["against"]["source"] == "m2"
    assert facts["against"]["n"] == facts["n"]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("nothing.csv",), "there is no file"),
        (("s.csv", "--label", "lbel"), "did you mean `label`?"),
        (("s.csv", "--against", "none.csv"), "there is no file"),
        (("s.csv", "--data", "s.csv"), "`data` is given beside the file of scores"),
        (("s.csv", "--bootstrap", 3), "`bootstrap` is 3"),
        (("s.csv", "--confidence-level", 95), "write 0.95 for 95 %"),
        (("empty",), "the model in `empty` cannot be used"),
    ],
)
def test_refusals(cli: Cli, scores: Path, words: tuple[object, ...], fact: str) -> None:
    Path("empty").mkdir()
    done = cli("evaluate", *words)
    assert (done.code, done.out) == (1, "")
    assert fact in " ".join(done.err.split())


def test_bad_usage(cli: Cli, scores: Path) -> None:
    for words in (("--edges", "up"), ("--bins", 0), ("--calibration-of", "top")):
        assert cli("evaluate", scores, *words).code == 2


def test_help(cli: Cli) -> None:
    done = cli("evaluate", "--help")
    assert done.code == 0
    in_80_columns(done.out)


def test_columns_of_texts_need_texts(cli: Cli) -> None:
    done = cli("evaluate", "--reason", "reason5")
    assert done.code == 1
    assert "`reason` is `reason5`, the column of labelled texts, but there are none" in " ".join(
        done.err.split()
    )
