"""The reference of ``config.yaml`` in Markdown, made from the pydantic model that checks it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from inkbridge.config.settings import Configuration

Schema = Mapping[str, Any]


def as_markdown(schema: Schema | None = None) -> str:
    """Return a heading and a table of keys for each section of ``schema``, the configuration's by default."""
    schema = Configuration.model_json_schema() if schema is None else schema
    top = [key for key, value in schema["properties"].items() if section_of(value) is None]
    parts = ["## Top level\n", *table(schema, top)] if top else []
    for path, section, text in sections(schema, schema):
        keys = [key for key, value in section["properties"].items() if section_of(value) is None]
        parts += [f"\n## `{path}`\n", f"{text}\n", *table(section, keys)]
    return "\n".join(parts)


def sections(schema: Schema, section: Schema, path: str = "") -> Iterator[tuple[str, Schema, str]]:
    """Yield path, schema and description of each section below ``section``, in the order of the model."""
    for key, value in section["properties"].items():
        name = section_of(value)
        if name is None:
            continue
        below = schema["$defs"][name]
        several = ".NAME" if any(entries(value)) else "[]" if any(items(value)) else ""
        here = f"{path}{key}{several}"
        yield here, below, one_line(value.get("description", ""))
        yield from sections(schema, below, f"{here}.")


def section_of(value: Schema) -> str | None:
    """Return the name of the section that ``value`` refers to, itself, as a mapping of names to it, or as a list; else
    None."""
    for holder in (value, *value.get("anyOf", ()), *entries(value), *items(value)):
        if "$ref" in holder:
            return str(holder["$ref"]).rsplit("/", 1)[1]
    return None


def entries(value: Schema) -> Iterator[Schema]:
    """Yield the schemas of the values of a mapping."""
    yield from value.get("patternProperties", {}).values()
    if isinstance(value.get("additionalProperties"), Mapping):
        yield value["additionalProperties"]


def items(value: Schema) -> Iterator[Schema]:
    """Yield the schemas of the items of a list."""
    for holder in (value, *value.get("anyOf", ())):
        if isinstance(holder.get("items"), Mapping):
            yield holder["items"]


def table(section: Schema, keys: list[str]) -> Iterator[str]:
    """Yield the lines of a table: key, type and range, default, meaning."""
    required = section.get("required", ())
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for key in keys:
        value = section["properties"][key]
        default = "required" if key in required else f"`{json.dumps(value.get('default'), ensure_ascii=False)}`"
        yield f"| `{key}` | {kind(value)} | {default} | {one_line(value.get('description', ''))} |"


def kind(value: Schema) -> str:
    """Return the type and range of a value in words: ``integer, 8 to 4096``."""
    if "anyOf" in value:
        return " or ".join(kind(each) for each in value["anyOf"])
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    if "prefixItems" in value:
        return f"list of {len(value['prefixItems'])}: {', '.join(map(kind, value['prefixItems']))}"
    if value.get("type") == "array":
        return f"list of {kind(value['items'])}"
    if value.get("type") == "object":
        return f"mapping of {kind(value.get('propertyNames', {}))} to {' or '.join(map(kind, entries(value)))}"
    return ", ".join(filter(None, [str(value.get("type", "name")), *bounds(value)]))


def bounds(value: Schema) -> Iterator[str]:
    """Yield the range of a number and its step in words."""
    low, high = value.get("minimum"), value.get("maximum")
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low is not None:
        yield f"at least {low}"
    for key, text in (("exclusiveMinimum", "above"), ("exclusiveMaximum", "below")):
        if key in value:
            yield f"{text} {value[key]}"
    if high is not None and low is None:
        yield f"at most {high}"
    if "multipleOf" in value:
        yield f"a multiple of {value['multipleOf']}"


def one_line(text: str) -> str:
    """Return ``text`` without its line breaks, as a cell of a table needs it."""
    return " ".join(text.split()).replace("|", "\\|")
