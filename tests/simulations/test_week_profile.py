"""Arrivals by hour of the week: one profile for all weekdays, or one for each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from abkit.core.errors import ConfigError
from abkit.simulations.arrivals import first_contacts, hourly_counts
from abkit.simulations.clock import HOUR
from abkit.simulations.scenario import Arrivals, Scenario
from abkit.simulations.scenario_files import load_scenario, parse_scenario
from abkit.simulations.staffing import WEEKDAYS

BANK_DAY = [0.0] * 7 + [4.0] * 17
FRIDAY = [0.0] * 7 + [8.0] * 7 + [0.0] * 10  # closes at 14 h
SATURDAY = [0.0] * 19 + [3.0] * 5  # opens at 19 h
WEEK = dict.fromkeys(WEEKDAYS, BANK_DAY) | {"friday": FRIDAY, "saturday": SATURDAY}


def written(**arrivals: Any) -> dict[str, Any]:
    """Return the default scenario's tables with other arrivals."""
    values = load_scenario("returns-bot-points").model_dump(mode="json")
    values["arrivals"] = {"first_contacts_per_week": 10_000.0, "day_factor_cv": 0.0} | arrivals
    return values


def arrivals(**changes: Any) -> Arrivals:
    return parse_scenario(written(**changes)).arrivals


def test_each_weekday_has_hours_of_its_own() -> None:
    """Numbers of the table are volume by hour of the week, up to one factor."""
    means = arrivals(hour_weights=WEEK).hourly_means().reshape(7, 24)
    total = 5 * 68 + 56 + 15
    assert means[4] == pytest.approx(10_000 * np.array(FRIDAY) / total)
    assert means[5] == pytest.approx(10_000 * np.array(SATURDAY) / total)
    others = np.tile(10_000 * np.array(BANK_DAY) / total, (5, 1))
    assert means[[0, 1, 2, 3, 6]] == pytest.approx(others)


def test_a_product_may_be_written_as_a_table() -> None:
    """Both ways give the same customers at the same microseconds."""
    old = load_scenario("returns-bot-points").arrivals
    days, hours = np.array(old.weekday_weights), np.array(old.hour_weights)
    rows = {name: (day * hours).tolist() for name, day in zip(WEEKDAYS, days, strict=True)}
    table = arrivals(hour_weights=rows, first_contacts_per_week=20_000.0, day_factor_cv=0.1)
    product = old.model_copy(update={"first_contacts_per_week": 20_000.0, "day_factor_cv": 0.1})
    assert (table.hourly_means() == product.hourly_means()).all()
    found, expected = (first_contacts(a, days=14, seed=3, replication=1) for a in (table, product))
    assert (found == expected).all()


def test_closed_hours_are_empty_and_open_ones_have_their_counts() -> None:
    """4 SD of a Poisson sum for each open hour of the week."""
    law = arrivals(hour_weights=WEEK)
    counts = sum(
        hourly_counts(law, days=14, seed=5, replication=r).reshape(2, 168).sum(axis=0)
        for r in range(10)
    )
    expected = 20 * law.hourly_means()
    assert (counts[expected == 0] == 0).all()
    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected)).all()
    hours = first_contacts(law, days=7, seed=5, replication=0) // HOUR
    closed = np.isin(hours, 4 * 24 + np.r_[0:7, 14:24]) | np.isin(hours, 5 * 24 + np.r_[0:19])
    assert not closed.any()


def test_a_table_survives_its_own_file(tmp_path: Path) -> None:
    scenario = parse_scenario(written(hour_weights=WEEK))
    values = scenario.model_dump(mode="json")
    assert "weekday_weights" not in values["arrivals"]
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    assert load_scenario(path) == scenario


def test_a_file_may_replace_its_bases_profile(tmp_path: Path) -> None:
    """A table takes the place of 24 numbers and of the weekdays' weights."""
    table = tmp_path / "table.toml"
    lines = "\n".join(f"{name} = {hours}" for name, hours in WEEK.items())
    table.write_text(f'base = "returns-bot-points"\n[arrivals.hour_weights]\n{lines}\n')
    found = load_scenario(table).arrivals
    assert found.weekday_weights is None
    assert found.first_contacts_per_week == 75_000


def test_a_file_may_replace_one_day_of_its_bases_table(tmp_path: Path) -> None:
    day = tmp_path / "day.toml"
    day.write_text(f'base = "bank-1999"\n[arrivals.hour_weights]\nfriday = {SATURDAY}\n')
    means, bank = (
        load_scenario(name).arrivals.hourly_means().reshape(7, 24) for name in (day, "bank-1999")
    )
    assert (means[4] > 0).tolist() == (np.array(SATURDAY) > 0).tolist()
    ratio = means[[0, 1, 2, 3, 5, 6]].sum() / bank[[0, 1, 2, 3, 5, 6]].sum()
    assert means[5] == pytest.approx(ratio * bank[5])


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (
            lambda a: a | {"weekday_weights": [1.0] * 7},
            "`arrivals`: `weekday_weights` stand beside `hour_weights` by weekday",
        ),
        (
            lambda a: a | {"hour_weights": BANK_DAY},
            "`arrivals`: `weekday_weights` are missing; only",
        ),
        (
            lambda a: a | {"hour_weights": 5},
            "`arrivals.hour_weights` is `5`; expected 24 numbers, or a table of days with 24 each",
        ),
        (
            lambda a: a | {"hour_weights": dict.fromkeys(WEEKDAYS, [0.0] * 24)},
            "`arrivals.hour_weights`: the numbers are all 0 or next to 0; expected at least one",
        ),
        (
            lambda a: a | {"hour_weights": {k: v for k, v in WEEK.items() if k != "friday"}},
            "key `arrivals.hour_weights.friday` is missing",
        ),
        (
            lambda a: a | {"hour_weights": WEEK | {"friday": FRIDAY[1:]}},
            "`arrivals.hour_weights.friday` has 23 entries; expected 24",
        ),
        (
            lambda a: a | {"hour_weights": WEEK | {"friday": [-1.0, *FRIDAY[1:]]}},
            "`arrivals.hour_weights.friday.0` is `-1.0`; expected",
        ),
    ],
)
def test_refusals(change: Callable[[dict[str, Any]], dict[str, Any]], fact: str) -> None:
    values = written(hour_weights=WEEK)
    values["arrivals"] = change(values["arrivals"])
    with pytest.raises(ConfigError) as caught:
        parse_scenario(values, source="mine.toml")
    assert str(caught.value).startswith(f"mine.toml: {fact}")


def test_a_misspelt_day_is_named() -> None:
    with pytest.raises(ConfigError, match="unknown key `arrivals.hour_weights.fridai`") as caught:
        parse_scenario(written(hour_weights=WEEK | {"fridai": FRIDAY}))
    assert caught.value.hint == "did you mean `friday`?"


def test_the_schema_describes_both_ways() -> None:
    arrivals = Scenario.model_json_schema()["$defs"]["Arrivals"]["properties"]
    ways = arrivals["hour_weights"]["oneOf"]
    assert [way.get("minItems", way.get("$ref")) for way in ways] == [24, "#/$defs/HoursByWeekday"]
    assert "table" in arrivals["weekday_weights"]["description"]
