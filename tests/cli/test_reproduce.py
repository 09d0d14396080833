"""`abkit reproduce`: what it refuses, before any training; and, slowly, one whole run."""

import json
from pathlib import Path

import pytest

from .steps import Cli, in_80_columns


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--table", 3], "`--table` is 3"),
        (["--table", 7], "`table` is `7`"),
        (["--seeds", 0], "`seeds` is 0"),
        (["--epochs", 0], "`epochs` is 0"),
        (["--texts", 10], "`texts` is 10"),
        (["--workers", 0], "`workers` is 0"),
        (["--preset", "compct"], "`preset` is `compct`"),
        (["--device", "tpu"], "`device` is `tpu`"),
    ],
)
def test_refused_before_any_training(cli: Cli, words: list[object], fact: str) -> None:
    done = cli("reproduce", *words)
    assert done.code == 1
    assert done.out == ""
    assert fact in done.err
    assert "Training" not in done.err


def test_a_place_for_figures_is_checked_first(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = cli("reproduce", "--figures", "--out", tmp_path / "taken" / "figures")
    assert done.code == 1
    assert "is a file" in done.err
    assert "Training" not in done.err


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--real-texts", "absent"], "there is no folder `absent`"),
        (["--real-texts", "absent", "--table", 1], "`--real-texts` makes neither"),
        (["--real-texts", "absent", "--seeds", 0], "`seeds` is 0"),
        (["--real-texts", "absent", "--epochs", 30], "`--epochs` is given with `--real-texts`"),
        (["--real-texts", "absent", "--device", "cpu", "--out", "x"], "leave out --device --out"),
        (["--out", "x"], "`--out` is given without `--figures`"),
    ],
)
def test_real_texts_are_refused_before_any_training(
    cli: Cli, words: list[object], fact: str
) -> None:
    done = cli("reproduce", *words)
    assert done.code == 1
    assert done.out == ""
    assert fact in done.err


def test_a_bad_option_is_told_in_plain_words(cli: Cli) -> None:
    done = cli("reproduce", "--format", "pdf")
    assert done.code == 2
    assert "'pdf' is not one of 'text'" in " ".join(done.err.split())
    assert "Value error" not in done.err


def test_no_choice_breaks_in_the_help(cli: Cli) -> None:
    done = cli("evaluate", "--help")
    in_80_columns(done.out)
    assert "at least 100" in " ".join(done.out.replace("│", " ").split())
    assert "<top-label" not in done.out


@pytest.mark.slow
def test_one_table_from_texts_to_figures(cli: Cli, tmp_path: Path) -> None:
    words = ("reproduce", "--table", 1, "--texts", 500, "--epochs", 1)
    done = cli(*words)
    assert done.code == 0
    in_80_columns(done.out)
    assert "Table 1 on 1,013 golden texts (42.0 % LABEL 0" in done.out
    again = cli(
        *words, "--figures", "--out", tmp_path / "drawn", "--format", "json", "--workers", 1
    )
    facts = json.loads(again.out)
    assert len(facts["figures"]) == 3 * 4
    assert facts["study"]["seeds"] == [0]
