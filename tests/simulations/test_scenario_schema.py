"""JSON Schema for editors: every key described, what files may leave out, other keys refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import packaged_scenarios, scenario_text
from abkit.simulations.scenario_schema import scenario_schema

SCHEMA = scenario_schema()
SECTIONS = {"(file)": SCHEMA, **SCHEMA["$defs"]}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_described(section: str) -> None:
    for key, field in SECTIONS[section].get("properties", {}).items():
        assert len(field["description"]) > 8, key
        assert "\n" not in field["description"]


def valid(schema: Any, value: Any) -> bool:
    """Judge a value by the part of JSON Schema that ours uses."""
    if "$ref" in schema and not valid(SCHEMA["$defs"][schema["$ref"].split("/")[-1]], value):
        return False
    if "anyOf" in schema and not any(valid(way, value) for way in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(valid(way, value) for way in schema["oneOf"]) != 1:
        return False
    if "not" in schema and valid(schema["not"], value):
        return False
    if "if" in schema and valid(schema["if"], value) and not valid(schema["then"], value):
        return False
    if value not in schema.get("enum", [value]) or schema.get("const", value) != value:
        return False
    kinds = {
        "object": Mapping, "array": list, "string": str, "number": (int, float), "integer": int,
        "null": type(None),
    }  # fmt: skip
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if isinstance(value, int | float):
        return (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and value > schema.get("exclusiveMinimum", value - 1)
        )  # fmt: skip
    if isinstance(value, list):
        sizes = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return sizes and all(valid(schema.get("items", {}), item) for item in value)
    return not isinstance(value, Mapping) or valid_table(schema, value)


def valid_table(schema: Any, value: Mapping[str, Any]) -> bool:
    keys, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    if any(key not in value for key in schema.get("required", ())):
        return False
    return all(
        valid(keys[key], item) if key in keys else others is not False and valid(others, item)
        for key, item in value.items()
    )


def stated(name: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(scenario_text(name))


@pytest.mark.parametrize("name", packaged_scenarios())
def test_packaged_files_are_valid(name: str) -> None:
    assert valid(SCHEMA, stated(name))


def without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    key, *rest = keys
    if rest:
        return {**values, key: without(values[key], *rest)}
    return {other: value for other, value in values.items() if other != key}


def test_only_a_file_with_a_base_may_state_a_part() -> None:
    whole = stated("returns-bot-points")
    for keys in (("bot",), ("bot", "cv"), ("use_cases", "A", "acceptance", "tp")):
        part = without(whole, *keys)
        assert not valid(SCHEMA, part)
        assert valid(SCHEMA, part | {"base": "returns-bot-points"})
    assert not valid(SCHEMA, whole | {"base": "returns-bot-point"})


@pytest.mark.parametrize(
    "change",
    [
        {"bots": 1}, {"bot": {"mean_s": -1, "cv": 0}}, {"bot": {"mean_s": 1, "cv": 0, "vc": 0}},
        {"bot": {"mean_s": "1", "cv": 0}}, {"agents": {"heads": "unlimted"}},
        {"agents": {"patience": {"law": "weibul", "mean_s": 1}}},
    ],
)  # fmt: skip
def test_wrong_values_are_refused(change: dict[str, Any]) -> None:
    assert not valid(SCHEMA, {"base": "returns-bot-points"} | change)


@pytest.mark.parametrize(
    "change",
    [
        {"agents": {"patience": {"law": "hazard", "until_s": [5], "per_s": [0.1, 0]}}},
        {"agents": {"service": {"mean_s": 600}, "heads": 7, "backlog": 3}},
        {"arms": {"third": {"policy": "menu_and_text", "weight": 1, "threshold": 0.5}}},
        {"arrivals": {"hour_weights": [1] * 24}},
    ],
)
def test_every_way_to_write_a_part_is_known(change: dict[str, Any]) -> None:
    assert valid(SCHEMA, {"base": "returns-bot-points"} | change)


def test_it_follows_the_scenario() -> None:
    assert set(SCHEMA["properties"]) == {"base", *Scenario.model_fields}
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
