"""`abkit audit`: blind sheets, exact intervals, a person's answers, every refusal."""

import csv
import json
import shutil
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
    assert len(sheet) == len(key) == 150
    flags = {row["contact_id"]: row["flagged"] for row in key}
    runs_of_one_kind = sum(
        flags[a["contact_id"]] != flags[b["contact_id"]] for a, b in pairwise(sheet)
    )
    assert runs_of_one_kind > 30  # shuffled: 66 changes expected, 1 if sorted
    table = pq.read_table(copy / "contacts.parquet").to_pandas().set_index("contact_id")
    drawn = table.loc[list(flags)]
    assert (drawn["arm"] == "treatment").all()
    assert drawn["counted"].all()
    assert drawn["text"].notna().all()
    assert [str(flag) for flag in drawn["flagged"]] == list(flags.values())


def test_a_persons_answers(cli: Cli, copy: Path) -> None:
    words = ("--sample", 60, "--sample-unflagged", 40, "--format", "json")
    cli("audit", *words)
    place = copy / "audits" / "60-40-seed1"
    sheet = read(place / "sheet.csv")
    flagged = {r["contact_id"] for r in read(place / "key.csv") if r["flagged"] == "True"}
    for i, row in enumerate(sheet):
        row["is_label_0"] = "Yes" if row["contact_id"] in flagged or i == 0 else " no"
    lines = [",".join(sheet[0])] + [f"{r['contact_id']},x,{r['is_label_0']}" for r in sheet]
    Path("filled.csv").write_text("\ufeff" + "\r\n".join(lines))
    found = json.loads(cli("audit", *words, "--sheet", "filled.csv").out)
    assert (found["precision"]["successes"], found["precision"]["trials"]) == (60, 60)
    wrong = int(sheet[0]["contact_id"] not in flagged)
    assert (found["npv"]["successes"], found["npv"]["trials"]) == (40 - wrong, 40)
    assert "filled.csv" in found["annotators"]


def test_a_sheet_being_filled_in_is_never_overwritten(cli: Cli, copy: Path) -> None:
    cli("audit", "--sample", 5, "--sample-unflagged", 5)
    sheet = copy / "audits" / "5-5-seed1" / "sheet.csv"
    sheet.write_text("half done")
    assert cli("audit", "--sample", 5, "--sample-unflagged", 5).code == 0
    assert sheet.read_text() == "half done"


def test_annotators_without_errors_find_the_truth(cli: Cli, copy: Path) -> None:
    """With no error and the whole population annotated, estimate, bounds and truth coincide."""
    table = pq.read_table(copy / "contacts.parquet").to_pandas()
    table = table[table["counted"] & (table["arm"] == "treatment") & table["flagged"].notna()]
    n = int(table["flagged"].sum())
    words = ("--sample", n, "--sample-unflagged", len(table) - n, "--annotator-error", 0)
    found = json.loads(cli("audit", *words, "--format", "json").out)
    for name in ("precision", "npv"):
        truth = found["truth"][name]
        assert found[name]["estimate"] == truth
        assert found[name]["ci_lower"] == pytest.approx(truth)
        assert found[name]["ci_upper"] == pytest.approx(truth)


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


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--sample", 10**6), "`--sample` is 1000000, but the log has "),
        (("--sample", 0), "`--sample` is 0"),
        (("--run", "absent"), "has no run `absent`"),
        (("--run", "../runs"), "is no run's name"),
        (("--sheet", "absent.csv"), "there is no file `absent.csv`"),
        (("--annotator-error", 2), "`annotator_error` is 2.0"),
        (("--target-precision", 85), "write 0.85 for 85 %"),
        (("--flagged", "384"), "`--flagged` is `384`; expected K/N"),
        (("--flagged", "485/384", "--unflagged", "1/2"), "485"),
        (("--flagged", "384/485"), "`--unflagged` is missing"),
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
        (None, "10 rows without a yes or no in `is_label_0`"),
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
