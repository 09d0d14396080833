"""JSON Schema of scenario files, for editors: every key with its domain, unit and meaning."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import packaged_scenarios
from abkit.simulations.staffing import WEEKDAYS

_REFERENCE: Final = "#/$defs/"
_PART: Final = "PartOf"  # before the name of a section of which a file may state a part


def scenario_schema() -> dict[str, Any]:
    """Return the schema of a scenario file (JSON Schema 2020-12).

    A file that names a `base` may state any part of each section; without it, all that is
    required. What one value says about another (shares that sum to 1, agents who can do the work)
    no schema tells: `abkit scenario check` does.
    """
    whole = Scenario.model_json_schema()
    sections = whole.pop("$defs") | {"Scenario": whole}
    _describe(sections)
    parts = {f"{_PART}{name}": _part(section) for name, section in sections.items()}
    part = parts.pop(f"{_PART}Scenario")
    base = {
        "description": "Packaged scenario whose values hold where this file states none.",
        "enum": list(packaged_scenarios()),
        "title": "Base",
        "type": "string",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "abkit scenario",
        "description": part["description"],
        "type": "object",
        "properties": {"base": base, **part["properties"]},
        "additionalProperties": False,
        "if": {"not": {"required": ["base"]}},
        "then": {"$ref": f"{_REFERENCE}Scenario"},
        "$defs": sections | parts,
    }


def _describe(sections: Mapping[str, dict[str, Any]]) -> None:
    """Give each key without a text of its own that of what it holds, of Monday, or its section's.

    Line breaks of the source become blanks.
    """
    for section in sections.values():
        if "description" in section:
            section["description"] = " ".join(section["description"].split())
    for section in sections.values():
        keys = section.get("properties", {})
        for name, field in keys.items():
            target = next(_references(field), None)
            if "description" not in field and name in WEEKDAYS:
                field["description"] = keys[WEEKDAYS[0]]["description"]
            elif "description" not in field:
                held = sections[target] if target else section
                field["description"] = held["description"]
            field["description"] = " ".join(field["description"].split())


def _references(field: Any) -> Iterator[str]:
    """Yield the names of the sections that a part of a schema refers to."""
    if isinstance(field, Mapping):
        if "$ref" in field:
            yield field["$ref"].removeprefix(_REFERENCE)
        for value in field.values():
            yield from _references(value)
    elif isinstance(field, list):
        for value in field:
            yield from _references(value)


def _part(schema: Any) -> Any:
    """Return a schema that requires no key, and refers to such schemas.

    Where a key may be written in several ways a part may fit more than one of them.
    """
    if isinstance(schema, list):
        return [_part(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    part = {
        "anyOf" if key == "oneOf" else key: _part(value)
        for key, value in schema.items()
        if key != "required" or not isinstance(value, list)
    }
    if "$ref" in part:
        part["$ref"] = part["$ref"].replace(_REFERENCE, f"{_REFERENCE}{_PART}")
    return part
