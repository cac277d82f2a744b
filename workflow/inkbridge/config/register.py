"""Add a new doodle to ``config.yaml``."""

from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from inkbridge.config.settings import Configuration
from inkbridge.config.yaml_files import parse_yaml, read_yaml
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write

_BOM = "\ufeff"


def register_doodle(configuration: Path, name: str, sheet: str, loop: bool = False) -> None:
    """Add the doodle ``name`` with its ``sheet`` to a configuration file, as the first one. ``loop``: whether its last
    keyframe leads to the first.

    Comments, line ends and a byte order mark are kept. Raises :class:`InkbridgeError` if the file cannot be read,
    already has a doodle of that name, or would become invalid. Then the file stays as it is.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # do not wrap long lines
    content = parse_yaml(configuration, yaml)
    if not isinstance(content, CommentedMap) or not isinstance(content.get("doodles"), CommentedMap):
        raise InkbridgeError(f"{configuration}: expected a mapping `doodles`, found none; add it and register again")
    if name in content["doodles"]:
        raise InkbridgeError(
            f"{configuration}: doodles.{name}: expected a new name, found a doodle of that name; choose another"
        )
    entry = CommentedMap({"sheet": sheet, "loop": True} if loop else {"sheet": sheet})
    entry.fa.set_flow_style()
    # Insert it first: after the last doodle, comments below that one would end up between the two.
    content["doodles"].insert(0, name, entry)
    text = StringIO()
    yaml.dump(content, text)
    with atomic_write(configuration) as temporary:
        temporary.write_bytes(_as_before(text.getvalue(), configuration.read_bytes()).encode())
        Configuration.read(read_yaml(temporary))


def _as_before(text: str, before: bytes) -> str:
    """Return ``text`` with the byte order mark and the line ends of the file's content ``before``.

    A file with mixed line ends gets those of most lines.
    """
    text = text.removeprefix(_BOM).replace("\r\n", "\n")
    windows = before.count(b"\r\n")
    if 2 * windows > before.count(b"\n"):
        text = text.replace("\n", "\r\n")
    return _BOM * before.startswith(_BOM.encode()) + text
