"""Target tables: TOML, CSV, the paper's; every refusal quotes what clashes."""

from pathlib import Path

import pytest

from abkit.core import paper
from abkit.core.errors import ConfigError, DataError
from abkit.simulations.fit_targets import Target, load_targets


def written(tmp_path: Path, text: str, name: str = "targets.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_paper_s_table() -> None:
    table = load_targets("paper")
    assert table.reading == "points"
    assert {(t.use_case, t.metric): round(100 * t.delta, 9) for t in table.targets} == paper.TABLE_3
    assert load_targets("paper", "relative").reading == "relative"
    assert list(table.by_use_case()) == ["A", "B", "C"]
    assert [t.metric for t in table.by_use_case()["C"]] == ["AR", "PRR", "24RR"]


def test_toml_and_csv_mean_the_same(tmp_path: Path) -> None:
    toml = written(
        tmp_path,
        'reading = "relative"\n[use_cases."Shoes & bags"]\nAR = 2\n'
        "24RR = { delta = -0.65, control = 8.2 }\n[use_cases.B]\nPRR.delta = 3.5\n",
    )
    csv = written(
        tmp_path,
        "use_case,metric,delta,control\nShoes & bags,AR,2,\nShoes & bags,24RR,\u22120.65,8.2\n"
        "B,PRR,3.5,\n",
        "targets.csv",
    )
    table = load_targets(toml)
    assert table.reading == "relative"
    assert table.targets == (
        Target(use_case="Shoes & bags", metric="AR", delta=2 / 100),
        Target(use_case="Shoes & bags", metric="24RR", delta=-0.65 / 100, control=8.2 / 100),
        Target(use_case="B", metric="PRR", delta=3.5 / 100),
    )
    assert load_targets(csv, "relative").targets == table.targets
    assert load_targets(csv).reading == "points"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[use_cases.A]\nARR = 2", "`A` has a metric `ARR`; expected one of"),
        ("[use_cases.A]\nAR = 'two'", "`A` `AR`: delta is `two`; expected a number"),
        ("[use_cases.A]\nAR = nan", "`A` `AR`: delta is `nan`"),
        ("[use_cases.A]\nAR = true", "delta is `True`"),
        ("[use_cases.A]\nAR = { control = 50 }", "`A` `AR`: the delta is missing"),
        ("[use_cases.A]\nAR = 100", r"`A` `AR`: no two rates differ by \+100 points"),
        ("[use_cases.A]\nAR = { delta = 1, control = 0 }", "control is 0 %; expected more than 0"),
        (
            "[use_cases.A]\nAR = { delta = 45, control = 60 }",
            r"control 60 % and \+45 points would make 105 % in treatment",
        ),
        (
            'reading = "relative"\n[use_cases.A]\nAR = { delta = 80, control = 60 }',
            r"control 60 % and \+80 % of control would make 108 %",
        ),
        ('reading = "ratio"\n[use_cases.A]\nAR = 2', "`reading` is `ratio`; expected one of"),
    ],
)
def test_values_that_cannot_be(tmp_path: Path, text: str, fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        load_targets(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "has no targets"),
        ("use_cases = 3", "`use_cases` is `3`; expected a table"),
        ("[use_cases]\nA = 3", "`use_cases.A` is `3`; expected a table"),
        ("[use_case.A]\nAR = 2", "key `use_case` is unknown"),
        ("[use_cases.A]\nAR = { delta = 2, contrl = 50 }", "key .* `contrl` is unknown"),
        ("[use_cases.A\nAR = 2", "is no TOML"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, text: str, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        load_targets(written(tmp_path, text))


def test_csv_refusals(tmp_path: Path) -> None:
    head = "use_case,metric,delta\n"
    with pytest.raises(DataError, match="has no column `delta`"):
        load_targets(written(tmp_path, "use_case,metric,effect\nA,AR,2\n", "a.csv"))
    with pytest.raises(DataError, match="`A` `AR` stands there twice"):
        load_targets(written(tmp_path, head + "A,AR,2\nA,AR,3\n", "b.csv"))
    with pytest.raises(ConfigError, match="the delta is missing"):
        load_targets(written(tmp_path, head + "A,AR,\n", "c.csv"))
    with pytest.raises(DataError, match=r"there is no file `.*absent\.toml`") as refused:
        load_targets(tmp_path / "absent.toml")
    assert "paper" in str(refused.value.hint)


def test_a_reading_is_stated_once(tmp_path: Path) -> None:
    path = written(tmp_path, 'reading = "points"\n[use_cases.A]\nAR = 2')
    with pytest.raises(ConfigError, match="`reading` is `relative`, but `.*` says `points`"):
        load_targets(path, "relative")
    with pytest.raises(ConfigError, match=r"`reading` is `relativ`.*expected one of"):
        load_targets(path, "relativ")
