"""`abkit train` and `abkit score`, on generated history and on a user's own texts."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.model.artifact import load, save
from abkit.model.text import normalise
from abkit.pipeline.training import golden_thirds

from .steps import Cli, files_below, in_80_columns

COLUMNS = ("--text", "body", "--reason", "why", "--label-0", "lost")


@pytest.fixture
def trained(cli: Cli, own_texts: Path) -> Path:
    done = cli("train", "--data", own_texts, *COLUMNS, "--epochs", 2, "--out", "model")
    assert done.code == 0, done.err
    in_80_columns(done.out)
    return Path("model")


def test_the_default_model_is_the_cached_one(cli: Cli, runs: Path) -> None:
    done = cli("train", "--format", "json")
    report = json.loads(done.out)
    (run,) = runs.iterdir()
    assert report["digest"] == json.loads((run / "manifest.json").read_text())["digests"]["model"]
    assert report["label_source"] == "golden"
    assert report["metrics"]["report"]["n"] == 1013


def test_own_texts_train_serve_and_score(cli: Cli, trained: Path, own_texts: Path) -> None:
    served = cli(
        "simulate", "--weeks", 1, "--model", trained, "--texts", own_texts, *COLUMNS,
        "--threshold", 0.5, "--format", "json",
    )  # fmt: skip
    assert served.code == 0, served.err
    simulation = json.loads(served.out)["simulation"]
    assert "left out because the model was fitted on them" in simulation["texts"]
    assert simulation["model"]["digest"] == load(trained).digest
    scored = cli("score", own_texts, "--text", "body", "--model", trained)
    table = pd.read_csv(StringIO(scored.out), dtype={"id": str})
    assert len(table) == 600
    assert table["id"].iloc[0] == "00"
    assert table["score"].between(0, 1).all()
    assert not table["body"].str.match(r"\s*[=+\-@]").any()
    assert "\x1b" in scored.out  # a file is written as it was read: only spreadsheets are served


def test_scores_to_a_file_equal_those_on_stdout(cli: Cli, trained: Path, own_texts: Path) -> None:
    shown = cli("score", own_texts, "--text", "body", "--model", trained).out
    for name in ("out.csv", "out.parquet"):
        done = cli("score", own_texts, "--text", "body", "--model", trained, "--out", name)
        assert done.code == 0
        assert done.out == ""
        assert "600 texts scored" in done.err
    assert Path("out.csv").read_text() == shown
    scores = pd.read_parquet("out.parquet")["score"]
    pd.testing.assert_series_equal(scores, pd.read_csv("out.csv")["score"], rtol=1e-12)


def test_texts_are_left_out_where_there_are_none(cli: Cli, trained: Path) -> None:
    Path("gaps.csv").write_text('body\nmy bag is lost\n"  "\nrude crew\n')
    table = pd.read_csv(
        StringIO(cli("score", "gaps.csv", "--text", "body", "--model", trained).out)
    )
    assert table["score"].isna().tolist() == [False, True, False]
    assert table["flagged"].isna().tolist() == [False, True, False]


@given(st.lists(st.sampled_from(["a", "A ", "b", "c\t", "c", "d"]), min_size=2), st.integers(0, 9))
def test_equal_golden_texts_share_a_third(texts: list[str], seed: int) -> None:
    """In any order of the rows, and the distinct texts are halved."""
    codes = np.arange(len(texts))
    if len({normalise(text) for text in texts}) < 3:
        with pytest.raises(DataError, match="it makes three parts"):
            golden_thirds(texts, codes, seed=seed)
        return
    thirds = golden_thirds(texts, codes, seed=seed)
    assert sorted(row for _, rows in thirds for row in rows) == list(codes)
    for part, rows in thirds:
        assert part == [texts[row] for row in rows]
    sizes = [len({normalise(text) for text in part}) for part, _ in thirds]
    assert sum(sizes) == len({normalise(text) for text in texts})
    assert max(sizes) - min(sizes) <= 1
    again = golden_thirds(texts[::-1], codes, seed=seed)
    assert [sorted(part) for part, _ in again] == [sorted(part) for part, _ in thirds]


def test_texts_on_stdout_keep_every_character(cli: Cli, trained: Path) -> None:
    Path("odd.csv").write_text('body\n"a\r=1\tb\x0b\x07"\n', newline="")
    done = cli("score", "odd.csv", "--text", "body", "--model", trained)
    assert "'a\r=1\tb\x0b\x07" in done.out


def test_a_model_without_threshold_flags_nothing_and_says_so(cli: Cli, trained: Path) -> None:
    artifact = load(trained)
    save(replace(artifact, threshold=replace(artifact.threshold, threshold=None)), Path("none"))
    Path("some.csv").write_text("body\nmy bag is lost\n")
    done = cli("score", "some.csv", "--text", "body", "--model", "none")
    assert done.code == 0
    assert done.out.endswith(',""\n')
    assert "the model has no threshold" in done.err


def test_golden_texts_are_left_out_of_the_training(cli: Cli, own_texts: Path) -> None:
    """A golden set of 250 rows, drawn from the logs: 350 are left, and both outputs say so."""
    lines = own_texts.read_text().splitlines()
    Path("gold.csv").write_text("\n".join([lines[0], *lines[1:251]]) + "\n")
    words = ("train", "--data", own_texts, "--golden", "gold.csv", *COLUMNS, "--epochs", 1)
    report = json.loads(cli(*words, "--format", "json").out)
    training = report["metrics"]["training"]
    assert training["left_out"] == {"n_long": 250, "n_short": 0}
    assert sum(training[f"n_{part}"] for part in ("train", "validation", "test")) == 350
    assert [report["golden"][name]["n_in_training"] for name in sorted(report["golden"])] == [0] * 3
    assert sorted(report["golden"]) == ["calibrate", "certify", "report"]
    assert report["certified"]["target"] == 0.85
    shares = report["class_shares"]
    assert shares["class_names"] == ["lost", "not lost"]
    assert (shares["logged"], shares["n_logged"], shares["n_golden"]) == ([0.5, 0.5], 600, 250)
    assert shares["golden"] == [0.5, 0.5]
    assert 40 < shares["n_scored"] < 80
    assert sum(shares["by_scores"]) == pytest.approx(1)
    shown = cli(*words)
    in_80_columns(shown.out)
    said = " ".join(shown.out.split())
    assert "250 of 600 logged texts also stand in the golden set and were left out" in said
    assert report["source"] == "own.csv: 350 of 600 texts"
    assert "trained on own.csv: 350 of 600 texts;" in said
    assert "recall there" not in said
    assert "Class shares: the logs beside the golden set" in said
    assert "wrote, too" not in said


def test_the_logs_are_no_golden_set(cli: Cli, own_texts: Path) -> None:
    done = cli("train", "--data", own_texts, "--golden", own_texts, *COLUMNS)
    assert done.code == 1
    assert "600 of 600 logged texts also stand in the golden set" in " ".join(done.err.split())
    assert "epoch" not in done.err  # told before any training


def test_gamma_auto_prints_what_it_chose_from(cli: Cli, own_texts: Path) -> None:
    """Four trainings, resumable each; the artifact holds the chosen gamma and the table."""
    words = (
        "train", "--data", own_texts, *COLUMNS, "--gamma", "auto", "--epochs", 1,
        "--checkpoint", "kept/state",
    )  # fmt: skip
    done = cli(*words, "--out", "model")
    assert done.code == 0, done.err
    in_80_columns(done.out)
    assert done.out.count("chosen") == 1
    assert sorted(files_below(Path("kept"))) == ["state-0", "state-1", "state-3", "state-5"]
    again = cli(*words, "--format", "json")
    assert "epoch" not in again.err  # nothing is trained twice
    report = json.loads(again.out)
    rows = report["metrics"]["training"]["gammas"]
    assert [row["gamma"] for row in rows] == [0, 1, 3, 5]
    best = min(rows, key=lambda row: row["calibrated_nll"])
    assert report["config"]["gamma"] == best["gamma"] == load(Path("model")).config.gamma
    assert report["digest"] == load(Path("model")).digest


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--loss", "flsd53"), ["gamma 5 or 3 by sample (FLSD-53)", "it is no NLL"]),
        (("--gamma", 0, "--calibrator", "isotonic"), ["cross-entropy, seed 0", "points"]),
        (("--label-smoothing", 0.1, "--calibrator", "vector"), ["label smoothing 0.1", "scales"]),
        (("--calibrator", "none", "--device", "auto"), ["noise included: none", "on the CPU"]),
    ],
)
def test_losses_and_calibrators(cli: Cli, own_texts: Path, words, shown: list[str]) -> None:
    """Each is named in the report, and the model it makes can be read and scores."""
    done = cli(
        "train", "--data", own_texts, *COLUMNS, "--epochs", 1, *words, "--out", "model"
    )  # fmt: skip
    assert done.code == 0, done.err
    in_80_columns(done.out)
    printed = " ".join(done.out.split())
    assert all(words in printed for words in shown), printed
    scored = cli("score", own_texts, "--text", "body", "--model", "model")
    assert pd.read_csv(StringIO(scored.out))["score"].between(0, 1).all()


def test_a_gamma_that_is_no_number_is_bad_usage(cli: Cli) -> None:
    done = cli("train", "--gamma", "many")
    assert done.code == 2
    assert "`many` is neither a number nor `auto`" in " ".join(done.err.split())


def test_multi(cli: Cli, own_texts: Path) -> None:
    lines = own_texts.read_text().splitlines()
    Path("gold.csv").write_text("\n".join([lines[0], *lines[1:201]]) + "\n")
    done = cli(
        "train", "--data", own_texts, "--golden", "gold.csv", *COLUMNS, "--task", "multi",
        "--epochs", 1, "--gamma", 0, "--format", "json",
    )  # fmt: skip
    report = json.loads(done.out)
    assert report["class_names"] == ["lost", "service"]
    assert report["label_source"] == "golden"
    assert report["config"]["gamma"] == 0


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--gamma", 0.5), "`gamma` is 0.5"),
        (("--gamma", 3, "--loss", "flsd53"), "the loss `flsd53` has its own"),
        (("--gamma", "auto", "--loss", "flsd53"), "`gamma` is auto, but the loss"),
        (("--loss", "flsd"), "did you mean `flsd53`?"),
        (("--label-smoothing", 1), "`label_smoothing` is 1.0"),
        (("--calibrator", "isotonik"), "did you mean `isotonic`?"),
        (("--device", "gpu"), "`device` is `gpu`; expected one of `auto`"),
        (("--preset", "papr"), "did you mean `paper`?"),
        (("--task", "five"), "`task` is `five`"),
        (("--epochs", 0), "`epochs` is 0"),
        (("--golden", "own.csv"), "`golden` is given without `data`"),
        (("--data", "own.csv"), "has no column `text`"),
        (("--data", "own.csv", "--text", "body", "--reason", "why"), "never says `defective`"),
        (("--data", "own.csv", *COLUMNS[:-1], "lst"), "did you mean `lost`?"),
        (("--target-precision", 1.5), "`target_precision` is 1.5"),
        (("--seed", 2**63), f"`seed` is {2**63}; expected a whole number from 0 to"),
        (("--seed", -1), "`seed` is -1"),
        (("--data", "own.csv", "--text", "body", "--reason", "body"), "both name the column"),
        (("--data", "own.csv", *COLUMNS, "--out", "full"), "holds something else than a model"),
        (
            ("--data", "own.csv", *COLUMNS, "--out", "own.csv"),
            "`own.csv` exists and holds something else",
        ),
        (
            (
                "--data",
                "own.csv",
                "--text",
                "id",
                "--reason",
                "body",
                "--task",
                "multi",
                "--label-0",
                "[bold red]x[/] :smile: bag number 2 never arrived 2",
            ),
            "600 distinct reasons; expected at most 100",
        ),
    ],
)
def test_refusals(
    cli: Cli, own_texts: Path, words: tuple[object, ...], fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told before any training."""
    monkeypatch.setattr("abkit.model.fitting.fit_artifact", lambda *_, **__: pytest.fail("trained"))
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    done = cli("train", *words)
    assert done.code == 1
    assert fact in " ".join(done.err.split())
    assert done.out == ""


@pytest.mark.parametrize("name", ["weights.safetensors", "artifact.json", "manifest.json"])
def test_a_damaged_model_is_refused(cli: Cli, trained: Path, own_texts: Path, name: str) -> None:
    content = (trained / name).read_bytes()
    (trained / name).write_bytes(content[: len(content) // 2])
    for words in (("simulate",), ("score", own_texts, "--text", "body")):
        done = cli(*words, "--model", trained)
        assert done.code == 1
        assert "the model in `model` cannot be used" in " ".join(done.err.split())
    assert "runs" not in {path.split("/")[0] for path in files_below(Path())}


def test_score_refuses_what_it_cannot_write(cli: Cli, trained: Path, own_texts: Path) -> None:
    done = cli("score", own_texts, "--text", "body", "--model", trained, "--out", "x.xlsx")
    assert done.code == 1
    assert "ends in .csv or .parquet" in " ".join(done.err.split())
