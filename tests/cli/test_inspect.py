"""`abkit inspect`: what is seen in a file, and lines that really run."""

import csv
import gzip
import json
import shlex
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .steps import Cli, in_80_columns

HOSTILE = "\x1b[2J=cmd()|[bold]`"


def lines_of(out: str) -> dict[str, str]:
    """The lines to type in what `--format json` prints."""
    return {found["command"]: found["line"] for found in json.loads(out)["commands"]}


def typed(cli: Cli, line: str, **choices: str) -> int:
    """Type a line as a shell would read it, with values for its placeholders."""
    words = shlex.split(line)
    for option, value in choices.items():
        words[words.index(f"--{option}") + 1] = value
    assert words[0] == "abkit"
    assert not any("?" in word for word in words)
    return cli(*words[1:]).code


@pytest.fixture
def log(runs: Path, tmp_path: Path) -> Path:
    """A contact log that a company could have: its truth and its model's columns are gone."""
    (run,) = runs.iterdir()
    table = pq.read_table(run / "contacts.parquet")
    kept = [name for name in table.column_names if not name.startswith("true_")]
    path = tmp_path / "our log.parquet"
    pq.write_table(table.select(kept), path)
    return path


def test_a_contact_log(cli: Cli, log: Path) -> None:
    done = cli("inspect", log)
    assert done.code == 0
    for word in ("our log.parquet: Parquet", "customer_id", "analyze: ready", "AR, PRR, 24RR"):
        assert word in done.out
    line = lines_of(cli("inspect", log, "--format", "json").out)["analyze"]
    assert typed(cli, line) == 0


def test_a_log_in_other_words(cli: Cli, log: Path) -> None:
    names = {"arm": "variant", "automated": "contained", "customer_id": "user_id"}
    table = pq.read_table(log)
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    pq.write_table(table, log)
    line = lines_of(cli("inspect", log, "--format", "json").out)["analyze"]
    assert "--map arm=variant" in line
    assert typed(cli, line) == 0


def test_a_run_and_its_sheet(cli: Cli, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs, tmp_path / "runs")
    (run,) = (tmp_path / "runs").iterdir()
    assert typed(cli, lines_of(cli("inspect", run, "--format", "json").out)["analyze"]) == 0
    assert cli("audit", "--sample", 30, "--sample-unflagged", 20, "--seed", 4).code == 0
    sheet = run / "audits" / "30-20-seed4" / "sheet.csv"
    assert lines_of(cli("inspect", sheet, "--format", "json").out)["audit"] is None
    with sheet.open(newline="") as file:
        rows = [row | {"is_label_0": "yes"} for row in csv.DictReader(file)]
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert typed(cli, lines_of(cli("inspect", sheet, "--format", "json").out)["audit"]) == 0


def test_the_real_ab_files(cli: Cli, real_data: Path | None) -> None:
    if real_data is None:
        return
    for name, control, says in (
        ("ab_email_2008", "No E-Mail", "`Mens E-Mail`, `No E-Mail` or `Womens E-Mail`"),
        ("ab_match_donation", "0", "`0` or `1`"),
    ):
        path = real_data / f"{name}.csv.gz"
        done = cli("inspect", path)
        assert f"--control: which arm is the control, {says}" in " ".join(done.out.split())
        line = lines_of(cli("inspect", path, "--format", "json").out)["analyze"]
        assert typed(cli, line, control=control) == 0


def test_labelled_texts(cli: Cli, tmp_path: Path, real_data: Path | None) -> None:
    path = tmp_path / "our texts.csv"
    rows = [
        f"the {part} is {how} after {k} days,{'defective' if how == 'broken' else 'quality'}"
        for k in range(200)
        for part, how in (("lid", "broken"), ("cloth", "thin"))
    ]
    path.write_text("\n".join(["comment,label", *rows]))
    lines = lines_of(cli("inspect", path, "--format", "json").out)
    assert typed(cli, f"{lines['train']} --epochs 1 --out model") == 0
    assert typed(cli, f"{lines['score']} --model model") == 0
    if real_data is not None:
        found = cli("inspect", real_data / "airline_complaints.csv.gz").out
        assert "train: ready, but for what only you know" in found
        assert "other labels: `reason5`" in found


def test_counts(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("metric,arm,successes,trials\nAR,control,10,100\nAR,new,20,100\n")
    assert typed(cli, lines_of(cli("inspect", path, "--format", "json").out)["analyze"]) == 0


def hostile_file(folder: Path) -> Path:
    """A file whose name, columns and values would all like to be something else."""
    path = folder / "it's; rm -rf $HOME `x`.csv.gz"
    header = f'"{HOSTILE}",variant,"gave it; $(date)",select\n'
    rows = [f'"{HOSTILE}{k}",{("a b", "c")[k % 2]},{k // 2 % 2},{k}\n' for k in range(150)]
    path.write_bytes(gzip.compress("".join([header, *rows]).encode()))
    return path


def test_what_is_shown_is_harmless(cli: Cli, tmp_path: Path) -> None:
    path = hostile_file(tmp_path)
    for form in ("text", "markdown", "latex", "json"):
        done = cli("inspect", path, "--format", form)
        assert done.code == 0
        assert "\x1b" not in done.out
    line = lines_of(done.out)["analyze"]
    words = shlex.split(line)
    assert words[2] == str(path)
    assert "gave it_ $(date)=gave it; $(date)" not in words  # no name is called like an outcome
    assert typed(cli, f"{line.replace('outcome=?', 'x=select')}:mean", control="a b") == 0


def test_a_line_can_be_pasted_from_a_terminal(cli: Cli, tmp_path: Path) -> None:
    """Broken lines end in a backslash, and a shell joins them to the line of the JSON."""
    path = tmp_path / ("long" * 5 + ".csv")
    header = "variant,user,converted,amount_of_money_spent,clicked_on_something,visited_again"
    path.write_text("\n".join([header, *(f"{'ab'[k % 2]},u{k},1,{k},0,1" for k in range(150))]))
    done = cli("inspect", path.name)
    in_80_columns(done.out.replace("\u2026", ""))
    start = done.out.index("abkit analyze")
    pasted = done.out[start : done.out.index("\n\n", start)]
    assert pasted.count("\\\n") > 1
    line = lines_of(cli("inspect", path.name, "--format", "json").out)["analyze"]
    assert shlex.split(pasted.replace("\\\n", "")) == shlex.split(line)
    page = cli("inspect", path.name, "--format", "markdown").out
    assert f"```sh\n{line}\n```\n" in page


def test_the_line_stands_verbatim_in_latex(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "my_log.csv").write_text("variant,gave\na,1\nb,0\n")
    for name in ("my_log.csv", r"x\end{verbatim}.csv"):
        if name != "my_log.csv":
            (tmp_path / "my_log.csv").rename(tmp_path / name)
        out = cli("inspect", name, "--format", "latex").out
        assert out.count(r"\end{verbatim}") == out.count(r"\begin{verbatim}") == 1
        typed = out.split(r"\begin{verbatim}")[1].split(r"\end{verbatim}")[0]
        assert "--variant variant --control '?'" in typed.replace(" \\\n    ", " ")


def test_json(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("arm,gave\na,1\nb,\nb,0\n")
    found = json.loads(cli("inspect", path, "--format", "json").out)
    assert {name: found[name] for name in ("source", "form", "rows", "looked_at")} == {
        "source": "x.csv", "form": "CSV", "rows": 3, "looked_at": 3,
    }  # fmt: skip
    assert found["columns"][1] == {
        "column": "gave", "type": "VARCHAR", "kind": "0/1", "missing": pytest.approx(1 / 3),
        "distinct": 2, "exact": True, "role": None, "could_be": ["outcome"],
        "values": [{"value": "0", "rows": 1}, {"value": "1", "rows": 1}], "examples": ["0", "1"],
    }  # fmt: skip
    assert [command["status"] for command in found["commands"]] == ["choose", *["lacking"] * 3]


def test_refusals(cli: Cli, tmp_path: Path) -> None:
    for words, said in (
        (("inspect", "none.csv"), "there is no file `none.csv`"),
        (("inspect", "x.csv", "--table", "a"), "`x.csv` is no database"),
    ):
        (tmp_path / "x.csv").write_text("a\n1\n")
        done = cli(*words)
        assert (done.code, done.out) == (1, "")
        assert said in done.err
    assert cli("inspect").code == 2


def test_what_is_no_table_has_a_hint(cli: Cli, tmp_path: Path) -> None:
    for name, content in (
        ("a.py", b"x = 1\n"), ("b.csv", b"hello\n"), ("c.parquet", b"PAR1?"), ("d.csv", b""),
        ("e.csv", b"\x00\xff\x01\n\x02"), ("f.csv", b"PK\3\4"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        done = cli("inspect", name)
        assert (done.code, done.out) == (1, "")
        assert "hint: " in done.err


def test_examples_of_numbers_are_short(cli: Cli, tmp_path: Path) -> None:
    values = [f"{k * 1000.123456789}" for k in range(1, 200)] + ["0.000123456789"]
    (tmp_path / "x.csv").write_text("\n".join(["price", *values]))
    out = cli("inspect", "x.csv").out
    assert " 200 " in out
    assert "~" not in out
    shown = out.split("amount")[1].splitlines()[0].replace(",", "").split()
    assert all(len(number) <= 9 for number in shown)
    found = json.loads(cli("inspect", "x.csv", "--format", "json").out)["columns"][0]
    assert set(found["examples"]) <= {*values}
    assert all(any(abs(float(s) / float(v) - 1) < 1e-3 for v in values) for s in shown)


def test_help(cli: Cli) -> None:
    done = cli("inspect", "--help")
    assert done.code == 0
    in_80_columns(done.out)
