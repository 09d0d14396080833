"""`abkit audit`: blind sheets, exact intervals, a person's answers, every refusal."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from scipy import stats

from .steps import Cli, files_below, in_80_columns


@pytest.fixture
def copy(runs: Path, tmp_path: Path) -> Path:
    """A run of one's own, which a test may audit and damage."""
    shutil.copytree(runs, tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_a_person_sees(cli: Cli, copy: Path) -> None:
    done = cli("audit")
    assert done.code == 0
    in_80_columns(done.out)
    for word in ("485 of ", "200 of ", "Precision", "NPV", "384/485 is 79.2 %", copy.name):
        assert word in " ".join(done.out.split())


def test_the_sheet_is_blind_and_the_key_is_not(cli: Cli, copy: Path) -> None:
    assert cli("audit", "--sample", 100, "--sample-unflagged", 50).code == 0
    place = copy / "audits" / "100-50-seed1"
    sheet, key = read(place / "sheet.csv"), read(place / "key.csv")
    assert list(sheet[0]) == ["contact_id", "text", "is_label_0"]
    assert {row["is_label_0"] for row in sheet} == {""}
    assert len(key) == 150
    flags = {row["contact_id"]: row["flagged"] for row in key}
    runs_of_one_kind = sum(
        flags[a["contact_id"]] != flags[b["contact_id"]] for a, b in pairwise(sheet)
    )
    assert runs_of_one_kind > 30  # shuffled: 66 changes expected, 1 if sorted
    table = pq.read_table(copy / "contacts.parquet").to_pandas().set_index("contact_id")
    texts = table.loc[[row["contact_id"] for row in sheet], "text"]
    assert texts.is_unique
    assert set(texts) == set(table.loc[list(flags), "text"])
    drawn = table.loc[list(flags)]
    assert (drawn["arm"] == "treatment").all()
    assert drawn["counted"].all()
    assert drawn["text"].notna().all()
    assert [str(flag) for flag in drawn["flagged"]] == list(flags.values())


Answer = Callable[[dict[str, str], bool], str]  # a sheet's row, and whether it was flagged


@pytest.fixture
def fill(cli: Cli, copy: Path) -> Callable[..., list[dict[str, str]]]:
    """Fill in the sheet of an audit, as `filled.csv`, by a function of the row and its flag."""

    def write(*words: object, **columns: Answer) -> list[dict[str, str]]:
        assert cli("audit", *words).code == 0
        (place,) = (copy / "audits").iterdir()
        sheet = read(place / "sheet.csv")
        flags = {r["contact_id"]: r["flagged"] == "True" for r in read(place / "key.csv")}
        for row in sheet:
            row.pop("is_label_0")
            row |= {name: answer(row, flags[row["contact_id"]]) for name, answer in columns.items()}
        with Path("filled.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(sheet[0]))
            writer.writeheader()
            writer.writerows(sheet)
        return sheet

    return write


SMALL = ("--sample", 60, "--sample-unflagged", 40)


def test_a_persons_answers(cli: Cli, copy: Path, fill: Callable[..., list[dict[str, str]]]) -> None:
    """As a spreadsheet saves them: semicolons, a byte-order mark, CRLF, empty rows at the end."""
    sheet = fill(*SMALL, is_label_0=lambda row, flag: "")
    flags = {r["contact_id"]: r["flagged"] for r in read(next(copy.rglob("key.csv")))}
    table = pq.read_table(copy / "contacts.parquet").to_pandas().set_index("contact_id")
    odd = next(row["contact_id"] for row in sheet if flags[row["contact_id"]] == "False")
    lines = ["contact_id;is_label_0;;"]
    for row in sheet:
        yes = row["contact_id"] == odd or flags[row["contact_id"]] == "True"
        lines.append(f"{row['contact_id']};{'Yes' if yes else ' no'};;")
    Path("filled.csv").write_text("\ufeff" + "\r\n".join([*lines, ";;;", ""]), newline="")
    found = json.loads(cli("audit", *SMALL, "--sheet", "filled.csv", "--format", "json").out)
    assert (found["precision"]["successes"], found["precision"]["trials"]) == (60, 60)
    texts = table.loc[list(flags), "text"]
    wrong = int((texts == texts[odd]).sum())  # contacts, not rows
    assert (found["npv"]["successes"], found["npv"]["trials"]) == (40 - wrong, 40)
    assert found["texts"] == texts.nunique() == len(sheet)
    assert "filled.csv" in found["annotators"]
    assert found["agreement"] == []


def test_several_annotators(cli: Cli, fill: Callable[..., list[dict[str, str]]]) -> None:
    def anna(row: dict[str, str], flag: bool) -> str:
        return "yes" if flag else "no"

    def ben(row: dict[str, str], flag: bool) -> str:
        return "no" if row["contact_id"][8] == "0" else anna(row, flag)

    fill(*SMALL, is_label_0_anna=anna, is_label_0_ben=ben)
    tie = cli("audit", *SMALL, "--sheet", "filled.csv")
    assert (tie.code, tie.out) == (1, "")
    assert "evenly split on" in tie.err
    assert "Cohen's kappa: anna and ben 0." in tie.err
    fill(*SMALL, is_label_0_anna=anna, is_label_0_ben=ben, is_label_0=anna)
    words = ("audit", *SMALL, "--sheet", "filled.csv", "--format")
    found = json.loads(cli(*words, "json").out)
    (pair,) = found["agreement"]
    assert pair["annotators"] == ["anna", "ben"]
    assert 0 < pair["kappa"]["ci_lower"] < pair["kappa"]["estimate"] < 1
    assert found["precision"]["successes"] == 60
    text = cli(*words, "text").out
    in_80_columns(text)
    assert "the column is_label_0 decided" in " ".join(text.split())
    for form in ("text", "markdown", "latex"):
        out = cli(*words, form).out
        assert "How far the annotators agree" in out
        assert f"{pair['kappa']['estimate']:.2f}".removeprefix("0") in out


def test_the_answers_of_simulated_annotators_make_a_sheet(cli: Cli, copy: Path) -> None:
    """One row per contact, as older sheets have; one text never has two answers."""
    first = json.loads(cli("audit", "--format", "json").out)
    answers = next(copy.rglob("answers-simulated-0.02.csv"))
    again = json.loads(cli("audit", "--sheet", answers, "--format", "json").out)
    assert again["precision"] == first["precision"]
    assert again["npv"] == first["npv"]


def test_a_sheet_of_another_audit_is_named(
    cli: Cli, copy: Path, fill: Callable[..., list[dict[str, str]]]
) -> None:
    fill(*SMALL, "--seed", 2, is_label_0=lambda row, flag: "no")
    before = files_below(copy)
    done = cli("audit", *SMALL, "--sheet", "filled.csv")
    assert done.code == 1
    assert "is not the sheet of this audit" in done.err
    assert f"give --run {copy.name} --sample 60 --sample-unflagged 40 --seed 2" in done.err
    assert files_below(copy) == before


def test_a_sheet_being_filled_in_is_never_overwritten(cli: Cli, copy: Path) -> None:
    cli("audit", "--sample", 5, "--sample-unflagged", 5)
    sheet = copy / "audits" / "5-5-seed1" / "sheet.csv"
    sheet.write_text("half done")
    assert cli("audit", "--sample", 5, "--sample-unflagged", 5).code == 0
    assert sheet.read_text() == "half done"


def test_annotators_without_errors_find_the_truth(cli: Cli, copy: Path) -> None:
    """With no error and the whole population annotated, estimate, bounds and truth coincide.

    But for texts that contacts with different reasons wrote: those have one label.
    """
    table = pq.read_table(copy / "contacts.parquet").to_pandas()
    table = table[table["counted"] & (table["arm"] == "treatment") & table["flagged"].notna()]
    n = int(table["flagged"].sum())
    defective = (table["true_reason"] == "defective").groupby(table["text"])
    mixed = table["text"].map(defective.nunique()) > 1
    words = ("--sample", n, "--sample-unflagged", len(table) - n, "--annotator-error", 0)
    found = json.loads(cli("audit", *words, "--format", "json").out)
    for name, flagged in (("precision", True), ("npv", False)):
        unclear = mixed[table["flagged"] == flagged].mean()
        assert unclear < 0.03
        assert found[name]["estimate"] == pytest.approx(found["truth"][name], abs=unclear)
        assert found[name]["ci_lower"] == pytest.approx(found[name]["estimate"])
        assert found[name]["ci_upper"] == pytest.approx(found[name]["estimate"])


def test_from_counts_as_in_the_paper(cli: Cli, tmp_path: Path) -> None:
    done = cli("audit", "--flagged", "384/485", "--unflagged", "194/200", "--format", "json")
    found = json.loads(done.out)
    exact = stats.binomtest(384, 485).proportion_ci(method="exact")
    assert found["precision"]["ci_lower"] == pytest.approx(exact.low)
    assert found["precision"]["ci_upper"] == pytest.approx(exact.high)
    assert found["target"]["p_value_below"] == pytest.approx(3.57e-4, rel=0.01)
    assert found["target"]["verdict"] == "misses"
    text = cli("audit", "--flagged", "384/458", "--unflagged", "194/200").out
    in_80_columns(text)
    assert "Target 85 %: cannot tell" in text
    assert files_below(tmp_path) == []


def test_the_papers_note_stands_where_its_figures_are(cli: Cli) -> None:
    own = cli("audit", "--flagged", "90/100", "--unflagged", "194/200")
    assert "paper" not in own.out.lower()
    for form in ("text", "markdown", "latex"):
        done = cli("audit", "--flagged", "384/485", "--format", form)
        assert "the paper's own figure" in " ".join(done.out.split())
    facts = json.loads(cli("audit", "--flagged", "90/100", "--format", "json").out)
    assert facts["paper_note"] is None
    assert facts["npv"]["estimate"] is None
    assert facts["npv"]["note"] == "no unflagged contact was annotated"


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "json"])
def test_percentages_are_checked(cli: Cli, form: str) -> None:
    words = ("--flagged", "384/485=83.8", "--unflagged", "194/200=97%", "--format", form)
    done = cli("audit", *words)
    assert done.code == 0
    out = done.out.replace("\\%", "%")
    assert "384/485 is 79.2 %, not 83.8 %; 384/458 is 83.8 %" in out
    assert "194/200 is 97 %, as stated" in out


def test_recall_needs_the_population_and_says_what_pooling_would(cli: Cli) -> None:
    text = " ".join(cli("audit", "--flagged", "384/485", "--unflagged", "194/200").out.split())
    assert "recall: needs --population FLAGGED UNFLAGGED" in text
    assert "pooling 384/485 and 194/200 would say 98.5 %: wrong" in text
    sized = cli("audit", "--flagged", "406/485", "--unflagged", "194/200", "--population", 20_000,
                80_000)  # fmt: skip
    assert re.search(r"Recall +– 87.5 ", sized.out)
    assert "pooling" not in sized.out


def test_counts_in_python(cli: Cli) -> None:
    import abkit

    found = abkit.audit(flagged=(384, 485), unflagged="194/200=97", population=(900, 4000))
    assert found.result.precision.method == "hypergeometric, 485 of 900 sampled"
    assert [stated.fits for stated in found.consistency] == [True]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--sample", 10**6), "`--sample` is 1000000, but the log has "),
        (("--sample", 0), "`--sample` is 0"),
        (("--run", "absent"), "has no run `absent`"),
        (("--run", "../runs"), "is no run's name"),
        (("--sheet", "absent.csv"), "there is no file `absent.csv`"),
        (("--annotator-error", 2), "`annotator_error` is 2.0"),
        (("--annotator-error", 2), "write 0.02 for 2 %"),
        (("--target-precision", 85), "write 0.85 for 85 %"),
        (("--flagged", "384"), "`--flagged` is `384`; expected K/N"),
        (("--flagged", "485/384", "--unflagged", "1/2"), "485"),
        (("--flagged", "3/4=x"), "`--flagged` is `3/4=x`; expected K/N or K/N=X%"),
        (("--population", 3, 4), "`--population` is given without counts"),
        (("--flagged", "3/4", "--sample", 5), "`--sample` has no effect beside --flagged"),
        (("--flagged", "3/4", "--run", "x"), "`--run` has no effect beside --flagged"),
        (("--sheet", "a.csv", "--annotator-error", 0), "`--annotator-error` has no effect beside"),
        (("--sheet", "."), "`.` is a folder"),
    ],
)
def test_refusals(cli: Cli, copy: Path, words: tuple[object, ...], fact: str) -> None:
    before = files_below(copy)
    done = cli("audit", *words)
    assert done.code == 1
    assert fact in " ".join(done.err.split())
    assert done.out == ""
    assert files_below(copy) == before


def test_no_run_yet(cli: Cli) -> None:
    done = cli("audit")
    assert done.code == 1
    assert "make one with `abkit simulate`" in done.err


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("contact_id,is_label_0\nx,yes\n", "is not the sheet of this audit"),
        ("contact_id,answer\nx,yes\n", "no column `is_label_0`"),
        (None, "no row has a yes or no in `is_label_0`"),
        ("PK\x03\x04", "is a workbook or another zip archive (.xlsx, .ods, .numbers), not CSV"),
    ],
)
def test_sheets_that_cannot_be_used(cli: Cli, copy: Path, text: str | None, fact: str) -> None:
    words = ("--sample", 5, "--sample-unflagged", 5)
    cli("audit", *words)
    blank = copy / "audits" / "5-5-seed1" / "sheet.csv"
    Path("filled.csv").write_text(text or blank.read_text())
    done = cli("audit", *words, "--sheet", "filled.csv")
    assert done.code == 1
    assert fact in " ".join(done.err.split())


def test_a_damaged_run_is_refused(cli: Cli, copy: Path) -> None:
    log = copy / "contacts.parquet"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    done = cli("audit")
    assert done.code == 1
    assert "`contacts.parquet` was changed or damaged" in done.err
