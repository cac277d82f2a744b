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
"""Errors that Python raises for values such as ``!!int x`` or the 99th day of a month."""


def read_yaml(file: Path) -> Mapping[str, Any]:
    """Return the mapping in a YAML file, with values as Snakemake reads them.

    Raises :class:`InkbridgeError` if the file holds no mapping, or has a key twice.
    """
    parse_yaml(file, YAML(typ="safe", pure=True))
    # That parser finds keys that occur twice. But it follows a newer YAML than Snakemake's parser does, in which 010 is
    # ten and not eight. So the values are read again with Snakemake's parser.
    with _yaml_faults(file), file.open("rb") as stream:
        content = yaml.safe_load(stream)
    if not isinstance(content, Mapping):
        raise InkbridgeError(f"{file}: expected a mapping of settings, found {type(content).__name__}")
    return content


def parse_yaml(file: Path, parser: YAML) -> Any:
    """Return the content of a YAML file as ``parser`` reads it.

    Raises :class:`InkbridgeError` if the file is not YAML, or has a key twice.
    """
    with _yaml_faults(file):
        return parser.load(file)


@contextmanager
def _yaml_faults(file: Path) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InkbridgeError(f"{file}: expected YAML, found brackets that are nested too deeply") from error
    except (OSError, *_OF_VALUES, YAMLError, yaml.YAMLError) as error:
        words = " ".join(str(error).split())
        raise InkbridgeError(f"{file}: expected YAML in UTF-8, found something else: {words}") from error
