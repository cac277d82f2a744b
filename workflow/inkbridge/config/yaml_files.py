"""YAML files, read as Snakemake reads them, with the line of an error in its message."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inkbridge.support.errors import InkbridgeError

_OF_VALUES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What Python makes of values such as ``!!int x`` and the 99th day of a month."""


def read_yaml(file: Path) -> Mapping[str, Any]:
    """Return the mapping in a YAML file, its values as Snakemake reads them. Raises :class:`InkbridgeError` where it is
    none, or a key is there twice."""
    parse_yaml(file, YAML(typ="safe", pure=True))
    # Of a newer YAML than Snakemake's, in which 010 is ten and not eight: what it says of values is not asked.
    with _yaml_faults(file), file.open("rb") as stream:
        content = yaml.safe_load(stream)
    if not isinstance(content, Mapping):
        raise InkbridgeError(f"{file}: expected a mapping of settings, found {type(content).__name__}")
    return content


def parse_yaml(file: Path, parser: YAML) -> Any:
    """Return what ``parser`` makes of a YAML file. Raises :class:`InkbridgeError` where it is none, or a key is there
    twice."""
    with _yaml_faults(file):
        return parser.load(file)


@contextmanager
def _yaml_faults(file: Path) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InkbridgeError(f"{file}: expected YAML, found too many brackets within one another") from error
    except (OSError, *_OF_VALUES, YAMLError, yaml.YAMLError) as error:
        words = " ".join(str(error).split())
        raise InkbridgeError(f"{file}: expected YAML in UTF-8, found what cannot be read as such: {words}") from error
