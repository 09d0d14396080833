"""`abkit analyze`: every option once, every refusal, both streams."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from .steps import Cli, in_80_columns

COUNTS = "A:AR:control=120/1000,A:AR:new=150/1000,B:AR:control=10/90,B:AR:new=20/100"
N = 600


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An A/B file that is no contact log."""
    rng = np.random.default_rng(6)
    group = np.array(["old", "new", "newer"])[np.arange(N) % 3]
    frame = pd.DataFrame(
        {
            "group": group,
            "buyer": [f"b{i // 2 * 3 + i % 3}" for i in range(N)],
            "country": rng.choice(["DE", "FR"], N),
            "sold": (rng.random(N) < np.where(group == "old", 0.2, 0.4)).astype(int),
            "back": rng.integers(0, 2, N),
            "spent": rng.lognormal(2, 1, N).round(2),
            "moment": pd.date_range("2024-03-01", periods=N, freq="10min").astype(str),
        }
    )
    path = tmp_path / "shop.csv"
    frame.to_csv(path, index=False)
    return path


SHOP: list[Any] = ["--variant", "group", "--control", "old", "--metric", "sold=sold"]


def facts(cli: Cli, *words: Any) -> dict[str, Any]:
    done = cli("analyze", *words, "--format", "json")
    assert done.code == 0, done.err
    assert done.err == ""
    found: dict[str, Any] = json.loads(done.out)
    return found


def metrics(result: dict[str, Any]) -> list[str]:
    return [row["metric"] for row in result["use_cases"][0]["metrics"]]


def test_help_explains_each_choice_in_80_columns(cli: Cli) -> None:
    done = cli("analyze", "--help")
    assert done.code == 0
    in_80_columns(done.out)
    options = set(re.findall(r"(?<= )--[a-z][a-z-]+", done.out))
    assert options >= {
        "--control", "--treatment", "--allocation", "--metric", "--segment", "--until",
        "--confidence-level", "--bonferroni", "--deltas-only", "--format", "--variant", "--unit",
        "--use-case", "--map", "--where", "--tz", "--table", "--counts", "--run", "--runs",
        "--memory",
    }  # fmt: skip


def test_the_latest_run_is_the_default(cli: Cli, runs: Path, tmp_path: Path) -> None:
    (folder,) = runs.iterdir()
    done = cli("analyze", "--runs", runs)
    assert done.code == 0
    assert done.err == f"run {folder.name}\n"
    in_80_columns(done.out)
    for word in ("Table 3: treatment against control", "A AR", "C 24RR", "Pooled", "sample ratio"):
        assert word in done.out
    named = cli("analyze", "--runs", runs, "--run", folder.name)
    assert named.out == done.out
    result = json.loads((folder / "results.json").read_text())
    for place in (folder, folder / "contacts.parquet"):
        again = facts(cli, place)
        for part in ("use_cases", "pooled", "checks", "arms"):
            assert again[part] == result[part]


def test_without_any_truth(cli: Cli, runs: Path, tmp_path: Path) -> None:
    (folder,) = runs.iterdir()
    log = pd.read_parquet(folder / "contacts.parquet")
    kept = [name for name in log.columns if not name.startswith("true_")]
    assert len(kept) < len(log.columns)
    log[kept].to_parquet(tmp_path / "plain.parquet")
    assert facts(cli, tmp_path / "plain.parquet")["use_cases"] == facts(cli, folder)["use_cases"]


def test_a_damaged_run_is_refused(cli: Cli, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs, tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    (folder / "contacts.parquet").write_bytes(b"PAR1 no more")
    done = cli("analyze")
    assert done.code == 1
    assert "was changed or damaged" in done.err
    assert cli("analyze", "--runs", "nowhere").code == 1
    assert cli("analyze", "--run", "nobody").code == 1


def test_a_file_that_is_no_log(cli: Cli, shop: Path) -> None:
    done = cli("analyze", shop, *SHOP)
    assert done.code == 0
    in_80_columns(done.out)
    assert "Checks of shop.csv (600 rows)" in done.out
    assert "new against old, every row a unit" in done.out
    assert "newer against old" in done.out
    result = facts(cli, shop, *SHOP)
    assert [table["arms"] for table in result["results"]] == [
        {"control": "old", "treatment": "new"}, {"control": "old", "treatment": "newer"},
    ]  # fmt: skip
    one = facts(cli, shop, *SHOP, "--treatment", "new")
    assert one["arms"]["treatment"] == "new"
    both = facts(cli, shop, *SHOP, "--treatment", "newer", "--treatment", "new")
    assert [table["arms"]["treatment"] for table in both["results"]] == ["newer", "new"]


def test_each_option_has_its_effect(cli: Cli, shop: Path) -> None:
    def one(*words: Any) -> dict[str, Any]:
        return facts(cli, shop, *SHOP, "--treatment", "new", *words)

    plain = one()
    assert one("--unit", "buyer")["units"] == "buyer"
    cases = one("--use-case", "country")["use_cases"]
    assert [case["use_case"] for case in cases] == ["DE", "FR"]
    assert one("--where", "country = 'DE'")["rows"] < plain["rows"] == N
    assert [v["value"] for v in one("--segment", "country")["segments"][0]["values"]] == [
        "DE",
        "FR",
    ]
    more = one("--metric", "back=back:lower", "--metric", "spent=spent:mean:lower")
    assert metrics(more) == ["sold", "back", "spent"]
    assert [row["better"] for row in more["use_cases"][0]["metrics"]] == [
        "higher",
        "lower",
        "lower",
    ]
    assert one("--confidence-level", 0.9)["confidence_level"] == 0.9
    joint = one("--bonferroni", "--metric", "back=back")
    assert (joint["intervals"], joint["family"]) == ("bonferroni", 2)
    (by_country,) = one("--bonferroni", "--segment", "country")["segments"]
    assert by_country["intervals"] == "unadjusted"
    ratio = one("--allocation", "old=1,new=1,newer=2")["checks"][0]
    assert (ratio["code"], ratio["status"]) == ("sample_ratio", "fail")
    assert one("--memory", "500MB") == plain
    times = ["--map", "started_at=moment", "--tz", "Europe/Berlin"]
    by_day = [c for c in one(*times, "--unit", "buyer")["checks"] if "by_day" in c["code"]]
    assert by_day[0]["status"] == "pass"
    early = one(*times, "--until", "2024-03-03T00:00+01:00")
    assert early["rows"] == 2 * 24 * 6 + 1
    assert one(*times, "--until", "2024-03-03") == early  # by --tz
    assert one(*times, "--until", "2024-03-02T23:00Z")["rows"] == early["rows"]


def test_a_log_under_other_names(cli: Cli, shop: Path) -> None:
    words = ["--map", "arm=group", "--map", "automated = sold", "--map", "customer_id=buyer",
             "--control", "old", "--treatment", "new"]  # fmt: skip
    assert metrics(facts(cli, shop, *words)) == ["AR"]


def test_a_database(cli: Cli, shop: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        database.execute(f"CREATE TABLE orders AS FROM read_csv('{shop}', all_varchar = true)")
        database.execute("CREATE TABLE other (x INTEGER)")
    refused = cli("analyze", tmp_path / "shop.duckdb", *SHOP)
    assert refused.code == 1
    assert "holds several tables: `orders`, `other`" in refused.err
    named = facts(cli, tmp_path / "shop.duckdb", *SHOP, "--table", "orders")
    assert named["results"] == facts(cli, shop, *SHOP)["results"]


def test_counts(cli: Cli, tmp_path: Path) -> None:
    done = cli("analyze", "--counts", COUNTS)
    assert (done.code, done.err) == (0, "")
    in_80_columns(done.out)
    assert "Table 3: new against control, every trial a unit" in done.out
    rows = ["use_case,metric,arm,successes,trials", "A,AR,control,120,1000", "A,AR,new,150,1000",
            "B,AR,control,10,90", "B,AR,new,20,100"]  # fmt: skip
    (tmp_path / "counts.csv").write_text("\n".join(rows))
    first, second = facts(cli, "--counts", COUNTS), facts(cli, "--counts", "counts.csv")
    assert second.pop("source") == "counts.csv"
    assert first.pop("source") == "counts"
    assert first == second
    lower = facts(cli, "--counts", COUNTS, "--metric", "AR", "--control", "new", "--bonferroni")
    assert lower["arms"] == {"control": "new", "treatment": "control"}


@pytest.mark.parametrize(
    "words",
    [["log.csv"], ["--variant", "a"], ["--unit", "a"], ["--use-case", "a"], ["--map", "arm=a"],
     ["--where", "a"], ["--segment", "a"], ["--until", "2024-01-01"], ["--tz", "UTC"],
     ["--table", "a"], ["--run", "a"], ["--allocation", "1:1"]],
)  # fmt: skip
def test_counts_exclude_what_only_rows_have(cli: Cli, words: list[str]) -> None:
    done = cli("analyze", "--counts", COUNTS, *words)
    assert done.code == 1
    name = words[0] if words[0].startswith("--") else "LOG"
    assert done.err == f"error: `--counts` and `{name}` exclude each other\n"
    assert done.out == ""


@pytest.mark.parametrize("form", ["text", "json", "markdown", "latex"])
@pytest.mark.parametrize("scale", ["points", "relative"])
def test_deltas_only(cli: Cli, form: str, scale: str) -> None:
    done = cli("analyze", "--counts", COUNTS, "--deltas-only", scale, "--format", form)
    assert (done.code, done.err) == (0, "")
    for level in ("120", "1000", "150", "12.00", "0.12,", "15.00", "0.15,", "rate"):
        assert level not in done.out
    expected = {"points": "3.00", "relative": "25.0"}[scale]
    if form == "json":
        assert json.loads(done.out)["deltas"][0]["estimate"] == pytest.approx(float(expected) / 100)
    else:
        assert f"+{expected}" in done.out


@pytest.mark.parametrize(
    ("words", "fact", "hint"),
    [
        (["gone.csv"], "there is no file `gone.csv`", "check the path"),
        (["shop.csv"], "`shop.csv` has no column `arm`", "--variant COLUMN"),
        (["shop.csv", "--variant", "grup", *SHOP[4:]], "no column `grup` (for arm)",
         "did you mean `group`?"),
        (["shop.csv", "--variant", "group", *SHOP[4:]], "`new`, `newer`, `old`", "--control"),
        (["shop.csv", *SHOP, "--control", "older"], "`control` is `older`", "did you mean `old`?"),
        (["shop.csv", *SHOP, "--treatment", "neu"], "`treatment` is `neu`", "did you mean `new`?"),
        (["shop.csv", *SHOP, "--metric", "sold"], "`metric` is `sold`", "try sold=sold"),
        (["shop.csv", *SHOP, "--metric", "m=spent:up"], "`metric` m ends in `:up`", "`spent`"),
        (["shop.csv", *SHOP, "--allocation", "1/2"], "`allocation` is `1/2`", "write 1:2"),
        (["shop.csv", *SHOP, "--allocation", "33%"], "`allocation` is `33%`", "write 1:2"),
        (["shop.csv", *SHOP, "--treatment", "x"], "expected one of `new`, `newer`\n", None),
        (["shop.csv", *SHOP, "--where", 'country = "DE"'], "`where` is", "in single quotes"),
        (["--counts", "AR:control=1/2"], "`counts` has one arm only", "needs a second arm\n"),
        (["counts.csv"], "`counts.csv` holds counts, not rows", "--counts FILE"),
        (["shop.csv", *SHOP, "--metric", "x=sld"], "`sld` (for metric x)", "did you mean `sold`?"),
        (["shop.csv", *SHOP, "--allocation", "1:1"], "`allocation` is `1:1`", "old=1,new=1"),
        (["shop.csv", *SHOP, "--where", "sold"], "`where` is `sold`", None),
        (["shop.csv", *SHOP, "--where", "solt = 1"], "`where` is `solt = 1`", "SQL condition"),
        (["shop.csv", *SHOP, "--where", "sold = '2'"], "no rows that fulfil", None),
        (["shop.csv", *SHOP, "--segment", "kountry"], "`kountry` (for segment)", "`country`"),
        (["shop.csv", *SHOP, "--until", "tomorrow"], "`until` is `tomorrow`", "2024-01-15T18:30"),
        (["shop.csv", *SHOP, "--until", "2024-01-15"], "without a time zone", "+00:00 for UTC"),
        (["shop.csv", *SHOP, "--until", "2024-01-15"], "without a time zone", "--tz ZONE"),
        (["shop.csv", *SHOP, "--until", "15.01.2024", "--tz", "UTC"],
         "`until` is `15.01.2024`, which is no date or time of ISO 8601", "as 2024-01-15,"),
        (["shop.csv", *SHOP, "--until", "2024-01-15", "--tz", "Berlin"], "`tz` is `Berlin`",
         "Europe/Berlin"),
        (["shop.csv", *SHOP, "--until", "2024-01-15T00:00Z"], "no `started_at`",
         "--map started_at"),
        (["shop.csv", *SHOP, "--map", "started_at=moment"], "`moment` has no time zone", "--tz"),
        (["shop.csv", *SHOP, "--map", "arm"], "`map` is `arm`", "ROLE=COLUMN"),
        (["shop.csv", *SHOP, "--map", "unit=sold"], "`map` is `unit`", None),
        (["shop.csv", *SHOP, "--map", "issue_id=sold", "--map", "issue_id=back"],
         "`map` names `issue_id` twice: `sold` and `back`", None),
        (["shop.csv", *SHOP, "--segment", "country", "--deltas-only", "points"],
         "`--deltas-only` and `--segment` exclude each other", "--where"),
        (["shop.csv", *SHOP, "--confidence-level", "95"], "`confidence_level` is 95", "0.95"),
        (["shop.csv", *SHOP, "--memory", "lots"], "`memory_limit` is `lots`", None),
        (["shop.csv", *SHOP, "--table", "t"], "`table` is `t`", None),
        (["shop.csv", "--run", "x"], "`LOG` is `shop.csv` and `--run` is `x`", None),
        (["--counts", "AR:control=5/2,AR:b=1/2"], "`all:AR:control` is 5/2", None),
        (["--counts", "nowhere.csv"], "`nowhere.csv` cannot be read", None),
        (["shop.csv", *SHOP[:4], "--metric", "s=spent:mean", "--deltas-only", "points"],
         "every metric is a mean", "choose relative"),
    ],
)  # fmt: skip
def test_refusals(cli: Cli, shop: Path, words: list[str], fact: str, hint: str | None) -> None:
    """Exit 1, one fact with name and value on stderr, nothing on stdout."""
    (shop.parent / "counts.csv").write_text("use_case,metric,arm,successes,trials\nA,AR,b,1,2\n")
    done = cli("analyze", *words)
    assert done.code == 1, done.err
    assert done.out == ""
    said = done.err.split("hint: ")
    assert said[0].startswith("error: ")
    assert fact in said[0]
    assert "Traceback" not in done.err
    if hint is not None:
        assert hint in said[1]


@pytest.mark.parametrize(
    "words", [["--format", "xml"], ["--deltas-only", "levels"], ["--confidence-level", "much"],
              ["--nothing"], ["one", "two"]],
)  # fmt: skip
def test_bad_usage(cli: Cli, words: list[str]) -> None:
    done = cli("analyze", *words)
    assert (done.code, done.out) == (2, "")


def test_hostile_text_reaches_no_terminal(cli: Cli, tmp_path: Path) -> None:
    evil = "\x1b[2J[red]x[/]"
    rows = [f"{'control' if i % 2 else evil},{i % 3}" for i in range(60)]
    (tmp_path / f"{evil.replace('/', '')}.csv").write_text("arm,y\n" + "\n".join(rows))
    name = f"{evil.replace('/', '')}.csv"
    for words in ([], ["--control", "other"], ["--where", f"y = '{evil}'"]):
        done = cli("analyze", name, "--variant", "arm", "--metric", f"{evil}=y", *words)
        assert "\x1b" not in done.out + done.err
        assert "[red]x" in done.out + done.err
    for form in ("markdown", "latex"):
        done = cli("analyze", name, "--variant", "arm", "--metric", "y=y", "--format", form)
        assert "\x1b" not in done.out
