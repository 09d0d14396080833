"""Changes to a scenario from the command line, sweeps among them, and every refusal."""

from typing import Any

import pytest

from abkit.core.errors import ConfigError
from abkit.core.toml_text import key_text, value_text
from abkit.simulations.overrides import MAX_RUNS, grid, keys_of, read_changes
from abkit.simulations.patience import Weibull
from abkit.simulations.scenario_files import load_scenario


def test_values_are_toml_and_laid_upon_the_file() -> None:
    words = (
        "use_cases.A.menu_error=0.2", 'agents.heads = "unlimited"', "agents.backlog=20",
        'agents.patience={law="weibull", mean_s=200, shape=0.7}', "bot.mean_s=60",
        'arms."third one"={policy="menu_and_text", weight=1}', "use_cases.B.repeat={fn=0.3}",
    )  # fmt: skip
    changes = read_changes(words)
    assert list(changes)[:2] == ["use_cases.A.menu_error", "agents.heads"]
    usual, world = load_scenario("returns-bot-points"), load_scenario("returns-bot-points", changes)
    assert world.use_cases["A"].menu_error == 0.2
    assert (world.agents.heads, world.agents.backlog) == ("unlimited", 20)
    assert world.agents.patience == Weibull(law="weibull", mean_s=200, shape=0.7)
    assert (world.bot.mean_s, world.bot.cv) == (60, usual.bot.cv)
    assert list(world.arms) == ["control", "treatment", "third one"]
    assert world.use_cases["B"].repeat.fn == 0.3
    assert world.use_cases["B"].repeat.tp == usual.use_cases["B"].repeat.tp
    assert world.arrivals == usual.arrivals


def test_keys_and_values_survive_being_written() -> None:
    values: list[Any] = [0.1, 3, True, 'a "word"\n', [1, [2.5, "x"]], {"a b": {"c": [1]}}]
    for value in values:
        key = key_text(["use_cases", "A=B c", 'q"'])
        assert keys_of(key) == ("use_cases", "A=B c", 'q"')
        assert read_changes([f"{key}={value_text(value)}"]) == {key: value}


@pytest.mark.parametrize(
    ("words", "varied", "runs"),
    [
        (["use_cases.A.menu_error=0.1"], 0, 1),
        (["use_cases.A.menu_error=[0.1,0.2,0.3]"], 1, 3),
        (["use_cases.A.menu_error=[0.1,0.2]", "agents.heads=[10,20,30]"], 2, 6),
        ([f"arrivals.hour_weights={[1] * 24}"], 0, 1),
        ([f"arrivals.hour_weights=[{[1] * 24},{[2] * 24}]"], 1, 2),
        (['arms.treatment.policy=["menu","menu_or_text"]', "agents.backlog=3"], 1, 2),
        (['agents.service=[{mean_s=600},{law="exponential",mean_s=600}]'], 1, 2),
    ],
)
def test_lists_make_a_sweep(words: list[str], varied: int, runs: int) -> None:
    found = grid(read_changes(words))
    assert (len(found.varied), len(found.runs)) == (varied, runs)
    for values in found.runs:
        load_scenario("returns-bot-points", values)


def test_the_grid_is_every_combination_the_last_key_fastest() -> None:
    found = grid(read_changes(["bot.cv=[0.1,0.2]", "bot.mean_s=5", "agents.heads=[1,2]"]))
    assert found.varied == ("bot.cv", "agents.heads")
    assert [(v["bot.cv"], v["agents.heads"], v["bot.mean_s"]) for v in found.runs] == [
        (0.1, 1, 5), (0.1, 2, 5), (0.2, 1, 5), (0.2, 2, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "fact", "hint"),
    [
        ("menu_error", "`--set` is `menu_error`; expected KEY=VALUE", "use_cases.A.menu_error=0.2"),
        ("", "`--set` is ``; expected KEY=VALUE", None),
        ("use_cases.A.menu_eror=1", "unknown key `use_cases.A.menu_eror`", "`menu_error`"),
        ("use_case.A.share=1", "unknown key `use_case`", "`use_cases`"),
        ("use_cases.D.share=1", "`use_cases` is `D`; expected one of `A`, `B`, `C`", None),
        ("arms.treatmnt.weight=1", "`arms` is `treatmnt`", "`treatment`"),
        ("use_cases.A.menu_error=2", "`use_cases.A.menu_error` is `2`; expected less than", None),
        ('customers.text_rate="high"', '`customers.text_rate` is `"high"`, a text; expected', None),
        ("arms.treatment.policy=menu", "is set to `menu`; expected a TOML", "'arms.treatment."),
        ("bot.cv=[", "`bot.cv` is set to `[`; expected a TOML value", "a list in brackets"),
        ("bot.cv=1\nbot.mean_s=2", "expected a TOML value", None),
        ("agents.heads.monday.3=1", "`agents.heads.monday` is `[19, 11,", "as a whole"),
        ("bot.cv=[]", "`bot.cv` is set to an empty list", None),
        ("bot.cv=[0.1,0.1]", "the sweep of `bot.cv` has `0.1` twice", None),
        (
            "use_cases.A.share=0.5",
            "`use_cases`: the shares A 0.5 + B 0.35 + C 0.2 = 1.05; expected 1",
            None,
        ),
        ('base="erlang"', "unknown key `base`", None),
    ],
)
def test_refusals(word: str, fact: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario("returns-bot-points", grid(read_changes([word])).runs[0])
    assert fact in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)


def test_one_key_twice_and_too_many_runs() -> None:
    with pytest.raises(ConfigError, match="gives `bot.cv` twice"):
        read_changes(["bot.cv=1", "bot . cv = 2"])
    values = [i / 100 for i in range(MAX_RUNS + 1)]
    with pytest.raises(ConfigError, match=r"the sweep has 65 runs \(65\); expected at most 64"):
        grid({"bot.cv": values})
    assert len(grid({"bot.cv": values[:-1]}).runs) == MAX_RUNS
    with pytest.raises(ConfigError, match=r"\(9 x 9\)"):
        grid({"bot.cv": values[:9], "bot.mean_s": values[:9]})
