"""The JSON schema that editors use says the same as the loader."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sim.errors import CODES
from sim.model.document import compose
from sim.model.schema import MODEL, MODULE, STUDY, json_schema
from sim.model.source import Report, Source
from sim.model.study import plain
from tests.model.models import HEAD

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
TYPES = {
    "null": type(None),
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
}


def accepts(schema: dict, value: object) -> bool:
    """As much of JSON schema as ours uses."""
    if "$ref" in schema:
        return accepts(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], value)
    if "if" in schema:
        return accepts(schema["then"] if accepts(schema["if"], value) else schema["else"], value)
    if "anyOf" in schema:
        return any(accepts(each, value) for each in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if not any(isinstance(value, TYPES[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names):
            return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return False
    if isinstance(value, list):
        limits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return limits and all(accepts(schema.get("items", {}), item) for item in value)
    return not isinstance(value, dict) or accepts_mapping(schema, value)


def accepts_mapping(schema: dict, value: dict) -> bool:
    if not set(schema.get("required", ())) <= set(value):
        return False
    for key, item in value.items():
        known = schema.get("properties", {}).get(key)
        known = known or next((s for p, s in schema.get("patternProperties", {}).items() if re.search(p, key)), None)
        known = schema.get("additionalProperties", {}) if known is None else known
        if known is False or not accepts(known, item):
            return False
    return True


def read(text: str) -> object:
    node = compose(Source("m.yaml", text), Report())
    assert node is not None
    return plain(node)


def test_the_schema_is_json_and_refers_to_itself_only():
    text = json.dumps(SCHEMA)
    assert set(re.findall(r'"#/\$defs/([^"]+)"', text)) <= set(SCHEMA["$defs"])


def test_the_schema_has_every_section():
    for shape, name in ((MODEL, "model"), (MODULE, "module"), (STUDY, "study")):
        assert set(SCHEMA["$defs"][name]["properties"]) == set(shape.fields)


def test_every_field_is_described():
    for name, definition in SCHEMA["$defs"].items():
        long = definition.get("anyOf", [definition])[-1]
        for field, schema in long["properties"].items():
            assert "description" in schema, f"{name}.{field}"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda path: path.name)
def test_shipped_files_follow_the_schema(path):
    assert accepts(SCHEMA, read(path.read_text(encoding="utf-8")))


def test_a_model_with_everything_follows_the_schema():
    assert accepts(SCHEMA, read((Path(__file__).parents[1] / "models" / "everything.yaml").read_text()))


@pytest.mark.parametrize("code", ["E110", "E111"])
def test_what_has_the_wrong_shape_does_not_follow_the_schema(code):
    assert not accepts(SCHEMA, read(CODES[code].example))
    assert accepts(SCHEMA, read(HEAD))


@pytest.mark.parametrize(
    "sections",
    [
        "states: {x: {change: 0}}",
        "clock: {}",
        "events: {e: 3}",
        "outcomes: {a: war}",
        "phases: {w: {values: [a]}}",
        "moves: []",
        "questions: {q: {for: 3}}",
        "actors: 3",
        "scenarios: {s: {fire: {e: soon}}}",
    ],
)
def test_other_wrong_shapes(sections):
    assert not accepts(SCHEMA, read("model: m\n" + sections))


def test_the_plain_reading_agrees_with_a_yaml_library_where_both_rules_are_the_same():
    text = "a: [1, 2.5, x, 'y', {b: true, c: null}]\nd: |\n  text\n"
    assert read(text) == yaml.safe_load(text)
