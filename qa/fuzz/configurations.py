"""Mutated configurations: each is read as given, or refused with a message that names the key."""

import copy
import itertools
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml

from inkbridge.config.settings import Configuration
from inkbridge.support.errors import InkbridgeError
from qa.fuzz.sandbox import Input
from qa.fuzz.sheets import choose
from qa.paths import ROOT

DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = json.loads((ROOT / "config.schema.json").read_text())
CHECKER = jsonschema.Draft202012Validator(SCHEMA)

MOST_LINES = 40  # of a message
LONGEST_LINE = 400  # characters
NAMED = ("doodles", "variants", "recipes")  # sections whose keys are names
YES, NO = ("1", "on", "t", "true", "y", "yes"), ("0", "f", "false", "n", "no", "off")
KeyPath = tuple[Any, ...]


def _laughs(depth: int) -> list[Any]:
    """Return a list of ten references to a list of ten references to …: small in memory, endless when written out."""
    value: list[Any] = ["ha"]
    for _ in range(depth):
        value = [value] * 10
    return value


def nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


def _endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def _endless_mapping() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["sheet"] = value
    return value


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


VALUES: tuple[Callable[[], Any], ...] = (
    *map(
        _always,
        (
            None,
            True,
            False,
            0,
            -1,
            1,
            2,
            8,
            63,
            64,
            1e-320,
            0.5,
            1e308,
            -0.0,
            math.nan,
            math.inf,
            -math.inf,
            2**31,
            2**63,
            2**63 - 1,
            -(2**63),
            10**30,
            10**5000,
            1 << 100_000,
            "",
            " ",
            "x",
            "5",
            "1e3",
            "nan",
            "٣",
            "²",
            "null",
            "../x",
            "/etc/passwd",
            "~",
            "a\0b",
            "a\nb",
            "\x1b[31m",
            "\ud800",
            "x" * 300,
            "x" * 100_000,
            "é" * 300,
            "${HOME}",
            "{variant}",
            "%s",
            "linear",
            "conv",
            "auto",
            b"x",
            (1, 2),
            {1, 2},
            [],
            {},
            [None],
            {None: None},
            {1: 2},
            {"a": {}},
            [[]],
            [{}],
            [1, 1],
            [0, -0.0],
            ["1", 1],
            [math.nan],
            {"x": None},
            {"../x": {"sheet": "x"}},
            {"A" * 70: {}},
            {"nan": {"sheet": "x"}},
            {True: 1},
            {1.5: 1},
            {(1, 2): 3},
        ),
    ),
    lambda: nested(200, "list"),
    lambda: nested(200, "mapping"),
    lambda: nested(5000, "list"),
    lambda: nested(5000, "mapping"),
    lambda: _laughs(9),
    _endless,
    _endless_mapping,
    lambda: list(range(100_000)),
    lambda: {f"key{number}": {} for number in range(10_000)},
    lambda: {f"d{number}": {"sheet": "resources/doodles/tree.png"} for number in range(2000)},
)
NUMBERS = (
    math.nan,
    math.inf,
    -math.inf,
    -1,
    -0.5,
    -0.0,
    0,
    1e-320,
    0.001,
    0.5,
    1,
    1.0,
    1.5,
    2,
    7,
    8,
    16,
    64,
    100,
    1001,
    4097,
    1e6,
    65_537,
    100_001,
    1e300,
    2**31,
    2**63 - 1,
    2**63,
    10**30,
    10**5000,
)
KEYS = (
    "",
    " ",
    "sheet",
    "sheets",
    "../x",
    "a/b",
    "a\0b",
    "é",
    "x" * 300,
    None,
    1,
    True,
    1.5,
    math.nan,
    (1, 2),
    "__class__",
    "model_config",
    "all",
    "nan",
    "con",
    "-x",
    "a.b",
    "[key]",
    "a\nb",
    "\ud800",
    "conv64",
    "dancer",
)


def mutated(rng: np.random.Generator) -> tuple[dict[Any, Any], list[KeyPath], str]:
    """Return the default configuration with one to three changes, their paths, and a description."""
    mapping, places, deeds = copy.deepcopy(DEFAULT), [], []
    for _ in range(choose(rng, 1, 1, 1, 2, 3)):
        found = nodes(mapping)
        path = found[int(rng.integers(len(found)))]
        numbers = [node for node in found if isinstance(at(mapping, node), int | float)]
        if numbers and rng.random() < 0.25:
            path = choose(rng, *numbers)
            number = choose(rng, *NUMBERS)
            at(mapping, path[:-1])[path[-1]] = number
            places.append(path)
            deeds.append(f"number {_shown(number)} at {'.'.join(map(_shown, path))}")
            continue
        deed = choose(rng, "replace", "replace", "replace", "remove", "add", "rename", "swap", "wrap", "text")
        place = _change(mapping, path, deed, rng)
        places.append(place)
        deeds.append(f"{deed} {'.'.join(map(_shown, place))}")
    return mapping, places, ", ".join(deeds)


def _shown(part: object) -> str:
    try:
        return repr(part)[:40]
    except (ValueError, RecursionError):  # of a number with too many digits, or a list too deep
        return "…"


def nodes(value: Any, path: KeyPath = (), depth: int = 0) -> list[KeyPath]:
    """Return the paths of all values in a configuration, a few levels deep."""
    found = [path] if path else []
    if depth < 4 and isinstance(value, dict):
        for key in list(value)[:50]:
            found += nodes(value[key], (*path, key), depth + 1)
    elif depth < 4 and isinstance(value, list):
        for index in range(min(len(value), 10)):
            found += nodes(value[index], (*path, index), depth + 1)
    return found


def at(mapping: Any, path: KeyPath) -> Any:
    for key in path:
        mapping = mapping[key]
    return mapping


def _change(mapping: dict[Any, Any], path: KeyPath, deed: str, rng: np.random.Generator) -> KeyPath:
    """Change the value at `path`; return the path of the changed value."""
    parent = mapping
    for key in path[:-1]:
        parent = parent[key]
    key, value = path[-1], choose(rng, *VALUES)()
    inner = parent[key]
    if deed == "add" and isinstance(inner, dict):
        new = choose(rng, *KEYS)
        inner[new] = value
        return (*path, new)
    if deed == "remove":
        del parent[key]
    elif deed == "rename" and isinstance(parent, dict):
        new = choose(rng, *KEYS)
        parent[new] = parent.pop(key)
        return path[:-1]  # one is missing and one unknown
    elif deed == "wrap":
        parent[key] = choose(rng, [inner], {"x": inner}, [inner, inner])
    elif deed == "text":
        parent[key] = _shown(inner)
    elif deed == "swap":
        parent[key] = copy.deepcopy(mapping[choose(rng, *list(mapping))])
    else:
        parent[key] = value
    return path


def mappings(rng: np.random.Generator, folder: Path) -> Input:
    """Mappings that YAML can hold, and some that it cannot."""
    mapping, places, text = mutated(rng)
    return Input(text, lambda: Configuration.read(mapping), lambda result: judge_configuration(result, mapping, places))


def texts(rng: np.random.Generator, folder: Path) -> Input:
    """The text of config.yaml with changed bytes, if it is still YAML."""
    while True:
        try:
            mapping = yaml.safe_load(mutated_text(rng).decode())
        except (yaml.YAMLError, ValueError, RecursionError):  # Snakemake reports these
            continue
        if isinstance(mapping, dict):
            break
    return Input(
        "bytes of config.yaml",
        lambda: Configuration.read(mapping),
        lambda result: judge_configuration(result, mapping, None),
    )


def mutated_text(rng: np.random.Generator) -> bytes:
    data = bytearray((ROOT / "config.yaml").read_bytes())
    for _ in range(int(rng.integers(1, 6))):
        place = int(rng.integers(len(data)))
        deed = choose(rng, "change", "insert", "cut", "line")
        if deed == "change":
            data[place] = int(rng.integers(256)) if rng.random() < 0.2 else int(rng.integers(32, 127))
        elif deed == "insert":
            data[place:place] = choose(
                rng,
                b"\t",
                b": ",
                b"- ",
                b"&a ",
                b"*a",
                b"!!python/name:os.system ",
                b"{",
                b"]",
                b"'",
                b"|\n",
                b"<<: ",
                b"\n",
            )
        elif deed == "cut":
            del data[place : place + int(rng.integers(1, 40))]
        else:
            lines = data.split(b"\n")
            lines.insert(int(rng.integers(len(lines))), lines[int(rng.integers(len(lines)))])
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def judge_configuration(result: object, mapping: Mapping[Any, Any], places: list[KeyPath] | None) -> str | None:
    if isinstance(result, InkbridgeError):
        return _unclear(str(result), places) or _needless(mapping)
    if not isinstance(result, Configuration):
        return f"gave {type(result).__name__}"
    dumped = result.model_dump()
    if is_small(mapping, [20_000]):
        complaint = _unsuited(mapping) or _lost(mapping, _with_unset(dumped))
        if complaint:
            return complaint
    if Configuration.read(dumped) != result:
        return "is another one when it is written and read again"
    faults = [fault.message[:100] for fault in CHECKER.iter_errors(json.loads(json.dumps(dumped)))]
    # The schema is for what is written: entries that are None were left out.
    return f"accepted against its schema: {faults[0]}" if faults else _endless_numbers(dumped)


def _unsuited(mapping: Mapping[Any, Any]) -> str | None:
    """Return the schema's complaint about an accepted mapping, or None.

    Types that JSON lacks, numbers as text (from Snakemake's --config), and 0 and 1 for booleans do not count; `_lost`
    checks them.
    """
    for fault in CHECKER.iter_errors(_without_nulls(mapping)):
        parts = fault.context or [fault]  # of a value that may be null too
        said = isinstance(fault.instance, str | bytes | tuple | set) or fault.validator_value == "boolean"
        if not said or any(part.validator != "type" for part in parts):
            return f"accepted against the schema: {fault.json_path[:100]}: {fault.message[:200]}"
    return None


def _without_nulls(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a mapping without the doodles, variants and recipes that are null, which the package drops."""
    kept = {
        name: {key: value for key, value in part.items() if value is not None} if name in NAMED else part
        for name, part in mapping.items()
    }
    return {**kept, "dataset": _without_nulls(kept["dataset"])} if "dataset" in kept else kept


def _with_unset(dumped: dict[str, Any]) -> dict[str, Any]:
    """Return dumped settings with those that are left out of dumps unless they are set."""
    return {**dumped, "compute": {"devices": 1, "compile": False, **dumped.get("compute", {})}}


def _lost(given: Any, taken: Any, place: str = "") -> str | None:
    """Return where the accepted value differs from the given one, or None."""
    parts: list[tuple[Any, Any, str]] = []
    if isinstance(given, Mapping) and isinstance(taken, dict):
        parts = [(value, taken.get(key), f"{place}.{key}") for key, value in given.items()]
    elif isinstance(given, list | tuple | set) and isinstance(taken, list) and len(given) == len(taken):
        parts = [(one, other, f"{place}.{index}") for index, (one, other) in enumerate(zip(given, taken, strict=True))]
    elif not _says(given, taken):
        return f"took {taken!r} for {given!r} at {place[1:]}"
    return next(filter(None, (_lost(*part) for part in parts)), None)


def _says(given: Any, taken: Any) -> bool:
    """Return whether a value equals the given one, which may be text from Snakemake's --config."""
    given = given.decode() if isinstance(given, bytes) else given  # YAML's !!binary
    if not isinstance(given, str) or isinstance(taken, str):
        return bool(given == taken)
    if isinstance(taken, bool):
        return given.lower() in (YES if taken else NO)
    try:
        return given == str(taken) or float(given) == taken
    except ValueError:
        return False


def _endless_numbers(value: Any) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else f"accepted {value}"
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return next(filter(None, map(_endless_numbers, parts)), None)


def _unclear(message: str, places: list[KeyPath] | None) -> str | None:
    first, *lines = message.split("\n")
    if first != "the configuration is invalid:" or not lines:
        return f"the message begins otherwise: {message[:200]!r}"
    if len(lines) > MOST_LINES:
        return f"the message has {len(lines)} lines"
    bad = [line for line in lines if not line.isprintable() or len(line) > LONGEST_LINE]
    if bad:
        return f"a line cannot be shown: {len(bad[0])} characters, {bad[0][:200]!r}"
    if places is None or any(_names(line, place) for line in lines for place in places):
        return None
    return f"the message does not name {places}: {message[:300]!r}"


def _names(line: str, place: KeyPath) -> bool:
    """Return whether a line names `place`, a parent of it or a child of it."""
    named = line.strip().split(": ")[0].split(".")
    # Messages escape, shorten or split keys that are not plain words.
    plain = itertools.takewhile(lambda part: re.fullmatch(r"\w{1,60}", part), map(_key, place))
    return all(one == other for one, other in zip(named, plain, strict=False))


def _key(part: object) -> str:
    return str(part) if type(part) in (str, int) else ""


def _needless(mapping: Mapping[Any, Any]) -> str | None:
    """Return a complaint if a configuration was refused although it suits the schema."""
    if not is_small(mapping, [20_000]):
        return None
    try:
        text = json.dumps(mapping, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return None
    if any(f'"{name}": {{' in text for name in ("nan", "con")) or _has_names_differing_in_case(mapping):
        return None  # names that the schema cannot refuse
    suits = json.loads(text) == mapping and CHECKER.is_valid(mapping)
    return "refused though it suits its schema" if suits else None


def _has_names_differing_in_case(mapping: Mapping[Any, Any]) -> bool:
    sections = [section for name in ("doodles", "variants") if isinstance(section := mapping.get(name), Mapping)]
    return any(len({str(name).lower() for name in section}) < len(section) for section in sections)


def is_small(value: Any, room: list[int], depth: int = 0) -> bool:
    """Return whether a value has at most `room` parts. A part in several places counts several times."""
    room[0] -= 1
    if room[0] < 0 or depth > 100:
        return False
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return all(is_small(part, room, depth + 1) for part in parts)


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "configurations": mappings,
    "texts of YAML": texts,
}
