"""Fitted scenarios as files: what was not moved keeps its comments, what was is marked."""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from abkit.simulations.fit_writing import fitted_text
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario, scenario_text

MOVED = {
    ("use_cases", "A", "menu_error"): 0.48,
    ("use_cases", "A", "acceptance", "fn"): 0.4477,
    ("use_cases", "A", "acceptance", "tn"): 0.69,
}
HEADER = ["to a test", "a\nsecond = 1 line"]


def moved_by(base: Scenario, **values: float) -> Scenario:
    """Return the scenario with use-case A moved and another name."""
    tables = base.model_dump()
    case = tables["use_cases"]["A"]
    case["menu_error"] = values.get("menu_error", 0.5)
    case["acceptance"] |= {"fn": 0.123456, "tn": 0.75}
    return Scenario.model_validate(tables | {"name": "new", "description": 'says "so"'})


def loaded(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "new.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def test_only_moved_lines_change(tmp_path: Path) -> None:
    base = scenario_text("returns-bot-points")
    fitted = moved_by(load_scenario("returns-bot-points"))
    text = fitted_text(base, fitted, MOVED, header=HEADER)
    assert loaded(tmp_path, text) == fitted
    top, lines = text.splitlines()[:4], text.splitlines()[4:]
    assert all(line.startswith("#") for line in top)
    assert "second = 1" in top[2]  # no line break of a name ends the comment
    changed = [(old, new) for old, new in zip(base.splitlines(), lines, strict=True) if old != new]
    assert [new for _, new in changed[:2]] == ['name = "new"', 'description = "says \\"so\\""']
    assert [new.partition(" # ")[0] for _, new in changed[2:]] == [
        "menu_error = 0.5",
        "acceptance = { tp = 0.82, fn = 0.123456, fp = 0.65, tn = 0.75 }",
    ]
    old, new = changed[3]
    assert new.endswith(f"{old.partition('# ')[2]} [F: was fn 0.4477, tn 0.69]")
    assert changed[2][1].endswith("up to 50 %] [F: was 0.48]")


def test_a_second_fit_replaces_the_first_s_words(tmp_path: Path) -> None:
    first = moved_by(load_scenario("returns-bot-points"))
    text = fitted_text(scenario_text("returns-bot-points"), first, MOVED, header=HEADER)
    second = moved_by(first, menu_error=0.6)
    again = fitted_text(text, second, {("use_cases", "A", "menu_error"): 0.5}, header=["anew"])
    assert loaded(tmp_path, again) == second
    assert again.count("Fitted by") == 1
    assert "to a test" not in again
    assert "[F: was 0.5]" in again
    assert "[F: was 0.48]" not in again
    assert len(again.splitlines()) == len(text.splitlines()) - 1  # one line of header less


@pytest.mark.parametrize("table", ["[use_cases.A]\n", "[use_cases.B]\nshare = 0.35\n\n", ""])
def test_values_of_a_base_are_added(tmp_path: Path, table: str) -> None:
    """A file that states only what differs gets what was moved, and nothing else."""
    text = f'base = "returns-bot-points"\nname = "mine"\ndescription = ""\n\n{table}'
    base = loaded(tmp_path, text)
    fitted = moved_by(base)
    new = fitted_text(text, fitted, MOVED, header=[])
    assert loaded(tmp_path, new) == fitted
    assert 'base = "returns-bot-points"' in new
    assert "acceptance.fn = 0.123456 # [F: was 0.4477]" in new
    assert "[arrivals]" not in new
    assert "\n\nmenu_error" not in new  # below its table's other values


def test_names_that_need_quotes(tmp_path: Path) -> None:
    tables = load_scenario("returns-bot-points").model_dump(mode="json", exclude_none=True)
    name = 'Shoes & "bags" # 1'
    tables["use_cases"][name] = tables["use_cases"].pop("A")
    text = tomli_w.dumps(tables)
    base = loaded(tmp_path, text)
    values = base.model_dump()
    values["use_cases"][name]["menu_error"] = 0.5
    fitted = Scenario.model_validate(values)
    new = fitted_text(text, fitted, {("use_cases", name, "menu_error"): 0.48}, header=[])
    assert loaded(tmp_path, new) == fitted
    assert "menu_error = 0.5 # [F: was 0.48]" in new


def test_tables_of_their_own(tmp_path: Path) -> None:
    """As a run folder's scenario.toml is laid out: `[use_cases.A.acceptance]`."""
    base = load_scenario("returns-bot-points")
    text = tomli_w.dumps(base.model_dump(mode="json", exclude_none=True))
    fitted = moved_by(base)
    new = fitted_text(text, fitted, MOVED, header=[])
    assert loaded(tmp_path, new) == fitted
    assert "fn = 0.123456 # [F: was 0.4477]" in new


def test_other_ways_to_write_a_table_are_edited_too(tmp_path: Path) -> None:
    base = scenario_text("returns-bot-points").replace(
        "acceptance = { tp = 0.82, fn = 0.4477, fp = 0.65, tn = 0.69 }",
        "acceptance.tp = 0.82\nacceptance . fn = 4_477e-4\nacceptance.fp = 0.65\n"
        'acceptance."tn" = 0.69',
    )
    assert load_scenario("returns-bot-points") == loaded(tmp_path, base)
    fitted = moved_by(load_scenario("returns-bot-points"))
    new = fitted_text(base, fitted, MOVED, header=HEADER)
    assert loaded(tmp_path, new) == fitted
    assert "Fonolo" in new
    assert "acceptance.fn = 0.123456 # [F: was 0.4477]" in new


def test_comments_of_what_is_renamed_stay(tmp_path: Path) -> None:
    text = (
        'base = "returns-bot-points"\nname = "mine" # not "yours"\n'
        'description = """over\nlines""" # [A]\n'
    )
    fitted = moved_by(loaded(tmp_path, text))
    new = fitted_text(text, fitted, MOVED, header=[])
    assert loaded(tmp_path, new) == fitted
    assert 'name = "new" # not "yours"\ndescription = "says \\"so\\"" # [A]\n' in new


def test_what_cannot_be_edited_is_written_anew(tmp_path: Path) -> None:
    """Nothing can be added to a table in braces: the result means the same, without comments."""
    base = (
        'base = "returns-bot-points"\nname = "mine"\ndescription = ""\n'
        "[use_cases.A]\nmenu_error = 0.48 # Fonolo\nacceptance = { tp = 0.82 }\n"
    )
    fitted = moved_by(loaded(tmp_path, base))
    new = fitted_text(base, fitted, MOVED, header=HEADER)
    assert loaded(tmp_path, new) == fitted
    assert tomllib.loads(new)["name"] == "new"
    assert "Fonolo" not in new
    assert "to a test" in new
