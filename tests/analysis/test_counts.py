"""Experiments known by their counts: both notations, every refusal, a published table."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.analysis.analyzing import analyze_counts
from abkit.analysis.counts import parse_counts, read_counts, reading_of_counts
from abkit.core.errors import ConfigError, DataError
from abkit.core.metrics import AR, PRR, REPEAT_RATE, Metric

HEAD = "use_case,metric,arm,successes,trials\n"
CELLS = {
    ("A", "AR", "control"): (120, 1000),
    ("A", "AR", "treatment"): (150, 1000),
    ("B", "24RR", "control"): (7, 90),
    ("B", "24RR", "treatment"): (9, 110),
}
Writer = Callable[[str], Path]
letters = st.characters(codec="utf-8", exclude_characters=",:", exclude_categories=["C", "Z"])
names = st.text(letters, min_size=1, max_size=12)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write(text: str) -> Path:
        path = tmp_path / "counts.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def written(cells: dict[tuple[str, str, str], tuple[int, int]]) -> str:
    return ",".join(f"{':'.join(key)}={k}/{n}" for key, (k, n) in cells.items())


def test_both_notations(write: Writer) -> None:
    assert parse_counts(written(CELLS)) == CELLS
    assert parse_counts(" A : AR : control = 120 / 1000 ,, " + written(CELLS)[21:]) == CELLS
    rows = [f"{','.join(key)},{k},{n}\n" for key, (k, n) in CELLS.items()]
    expected = analyze_counts(CELLS).table3
    for text in (
        HEAD + "".join(rows),
        "\ufeff" + HEAD + "\n".join(rows[::-1]),
        (HEAD + "".join(rows)).replace("\n", "\r\n"),
        (HEAD + "".join(rows)).replace(",", ";"),
        (HEAD + "".join(rows)).replace(",", "\t").replace("120\t", " 120.0 \t"),
    ):
        assert read_counts(write(text)) == CELLS
        for place in (write(text), str(write(text))):
            result = analyze_counts(place)
            assert result.table3 == expected
            assert result.source == "counts.csv"


def test_the_use_case_may_be_absent(write: Writer) -> None:
    expected = {("all", "AR", "control"): (1, 2), ("all", "AR", "b"): (0, 3)}
    assert parse_counts("AR:control=1/2,AR:b=0/3") == expected
    assert read_counts(write("trials,successes,arm,metric\n2,1,control,AR\n3,0,b,AR\n")) == expected
    assert read_counts(write(HEAD + ",AR,control,1,2\n,AR,b,0,3\n")) == expected


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.tuples(names, names, names), st.integers(0, 10**9), min_size=1))
def test_whatever_the_names(cells: dict[tuple[str, str, str], int]) -> None:
    counts = {key: (k // 2, k) for key, k in cells.items()}
    assert parse_counts(written(counts)) == counts


def test_the_kept_order_and_the_directions() -> None:
    text = written(CELLS) + ",B:sold:control=1/2,B:sold:treatment=1/2,A:PRR:treatment=1/2"
    assert reading_of_counts(parse_counts(text)).metrics == (
        AR,
        PRR,
        REPEAT_RATE,
        Metric(name="sold"),
    )
    (row,) = (row for _, row in analyze_counts(text, metrics=["sold=sold:lower"]).table3.rows())
    assert (row.metric, row.better) == ("sold", "lower")
    repeats = analyze_counts(text, metrics=["24RR"]).table3
    assert [(case, row.metric) for case, row in repeats.rows()] == [("B", "24RR")]
    whole = analyze_counts(text).table3  # a metric that a use-case has not is no row of the family
    assert [(case, row.metric) for case, row in whole.rows()] == [
        ("A", "AR"), ("A", "PRR"), ("B", "24RR"), ("B", "sold"),
    ]  # fmt: skip
    assert whole.family == 4
    with pytest.raises(ConfigError, match="`metric` sol is not counted; counted are `AR`, `24RR`"):
        analyze_counts(text, metrics=["sol=sol"])
    with pytest.raises(ConfigError, match="`metric` sold is a mean, which counts cannot give"):
        analyze_counts(text, metrics=["sold=sold:mean"])


def test_a_published_table() -> None:
    """Newcombe (1998), Statistics in Medicine 17:873, table II (a) 56/70 - 48/80, method 'Mee'
    with the factor N/(N-1): Miettinen-Nurminen's [.0528, .3382]."""
    row = next(analyze_counts("y:control=48/80,y:new=56/70").table3.rows())[1]
    assert row.difference.estimate == pytest.approx(0.2)
    assert row.difference.ci_lower == pytest.approx(0.0528, abs=5e-5)
    assert row.difference.ci_upper == pytest.approx(0.3382, abs=5e-5)
    assert row.method == "Miettinen-Nurminen score"


def test_an_arm_without_counts_is_no_trial() -> None:
    result = analyze_counts("A:AR:control=1/2,A:PRR:new=1/2,A:PRR:control=0/4")
    row = next(result.table3.rows())[1]
    assert (row.treatment.trials, row.verdict) == (0, "no_difference_shown")
    assert (row.p_value, row.p_value_adjusted) == (None, None)
    pooled = {row.metric: row for row in result.table3.pooled}
    assert pooled["AR"].p_value is None
    again = json.loads(result.to_json())["use_cases"][0]["metrics"]
    assert again[0]["p_value"] is again[0]["p_value_adjusted"] is None
    assert again[0]["difference"]["note"] == "no trials in treatment"
    assert row.difference.note == "no trials in treatment"
    assert row.difference.estimate is None


def test_a_metric_called_responses_is_a_metric() -> None:
    """What stands beside PRR in a log is called so inside."""
    names = "PRR", "responses"
    cells = {("all", name, arm): (5, 9) for name in names for arm in ("control", "new")}
    result = analyze_counts(cells)
    assert [row.metric for _, row in result.table3.rows()] == list(names)
    assert all(row.worst_case is None for _, row in result.table3.rows())
    (check,) = (check for check in result.checks if check.code == "response_rate")
    assert (check.status, check.detail) == ("not_run", "counts do not say what was offered")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`counts` is ``, which holds no entry"),
        (" , ", "holds no entry"),
        ("AR:control=1", "has the entry `AR:control=1`"),
        ("AR:control=1/2/3", "has the entry"),
        ("control=1/2", "has the entry `control=1/2`"),
        ("A:B:C:D=1/2", "has the entry"),
        ("A::control=1/2", "has the entry"),
        ("A:AR:control=-1/2", "has the entry"),
        ("A:AR:control=1.5/2", "has the entry"),
        ("A:AR:control=١/٢", "has the entry"),
        ("A:AR:control=1/2,A:AR:control=1/2", "`A:AR:control` is counted twice"),
        ("AR:control=3/2,AR:b=1/2", "`all:AR:control` is 3/2; expected K/N with 0 <= K <= N"),
        ("AR:control=1/9007199254740993,AR:b=1/2", "is 1/9007199254740993; expected .* N <= 2.53"),
        ("AR:control=1/1" + "0" * 5000 + ",AR:b=1/2", "has the entry"),
        ("AR:control=1/2", "has one arm only"),
    ],
)  # fmt: skip
def test_no_counts(text: str, message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        reading = parse_counts(text)
        analyze_counts(reading)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "has a header but no rows"),
        ("", "is empty"),
        ("metric,arm,k,n\nAR,b,1,2\n", "has no column `successes`, `trials`"),
        (HEAD + "A,AR,control,1\n", "line 2 of .* has the counts `1/`; expected integers"),
        (HEAD + "\nA,AR,control,x,2\n", "line 3 of .* has the counts `x/2`"),
        (HEAD + "A,AR,,1,2\n", "line 2 of .* names no metric or no arm"),
        (HEAD + "A,AR,control,1,200,5,000\n", "line 2 of .* has more cells than the header"),
        (HEAD + "A,AR,control," + "1" * 5000 + ",2\n", "has the counts"),
        (HEAD + f"A,{'x' * 200_000},control,1,2\n", "cannot be read: field larger"),
        (HEAD + "A,A\0R,control,1,2\n", "holds a NUL byte in line 2"),
        ("trials," + HEAD + "9,A,AR,control,1,2\n", "has the column `trials` twice"),
    ],
)
def test_no_file_of_counts(write: Writer, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_counts(write(text))


def test_what_is_no_file_of_counts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere.csv` cannot be read: No such file"):
        analyze_counts(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        analyze_counts(str(tmp_path))
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + "é,AR,b,1,2\n".encode("latin-1"))
    with pytest.raises(DataError, match="cannot be read: it is not UTF-8 text"):
        analyze_counts(tmp_path / "latin.csv")
    with (tmp_path / "quoted.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["metric", "arm", "successes", "trials"],
                                    ["two\nlines, \"and\" more", "control", 1, 2]])  # fmt: skip
    assert list(read_counts(tmp_path / "quoted.csv")) == [
        ("all", 'two\nlines, "and" more', "control")
    ]


def test_a_compressed_file_of_counts(
    write: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD + "A,AR,control,120,1000\nA,AR,treatment,150,1000\n"
    packed = tmp_path / "counts.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.encode()))
    assert read_counts(packed) == read_counts(write(text))
    packed.write_bytes(text.encode())
    with pytest.raises(DataError, match="not compressed with gzip, as its name says"):
        read_counts(packed)
    packed.write_bytes(gzip.compress(text.encode())[:-9])
    with pytest.raises(DataError, match="damaged or cut short"):
        read_counts(packed)
    monkeypatch.setattr("abkit.analysis.counts._BYTES", len(text))
    assert read_counts(write(text))
    with pytest.raises(DataError, match="cannot be read: it holds more than"):
        read_counts(write(text + "\n"))
