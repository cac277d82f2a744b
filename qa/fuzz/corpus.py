"""Inputs that once failed; every run tries them again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inkbridge.config.settings import Configuration
from inkbridge.support.errors import InkbridgeError
from qa.fuzz.sandbox import Family, Input
from qa.fuzz.sheets import reading

FOLDER = Path(__file__).parent / "corpus"


def families() -> dict[str, Family]:
    """Return a family of one input for each entry of the corpus."""
    entries = yaml.safe_load((FOLDER / "corpus.yaml").read_text())
    return {f"corpus {name}": partial(_input, name, entry) for name, entry in entries.items()}


def _input(name: str, entry: dict[str, Any], rng: np.random.Generator, folder: Path) -> Input:
    if "configuration" in entry:
        mapping = yaml.safe_load(entry["configuration"])
        return Input(name, lambda: Configuration.read(mapping), partial(_names_key, entry["refused"]))
    path = folder / entry.get("name", name)
    with path.open("wb") as file:
        for part in _parts(entry):
            file.write(part)
        if "hole" in entry:
            file.truncate(entry["hole"])
    return reading(path, entry["was"], entry.get("refused"), **entry.get("options", {}))


def _parts(entry: dict[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of an entry: of a file in the corpus, or hexadecimal digits with their repetitions."""
    if "file" in entry:
        yield (FOLDER / entry["file"]).read_bytes()
    for digits, times in entry.get("parts", []):
        yield bytes.fromhex(digits) * times


def _names_key(expected: str, result: object) -> str | None:
    if not isinstance(result, InkbridgeError):
        return f"accepted: {result!r}"[:300]
    lines = str(result).split("\n")
    shown = all(line.isprintable() and len(line) < 400 for line in lines) and len(lines) < 40
    return None if expected in str(result) and shown else f"an unclear message: {str(result)[:300]!r}"
