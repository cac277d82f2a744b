"""A new doodle, added to ``config.yaml``."""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from inkbridge.config.settings import Configuration
from inkbridge.config.yaml_files import parse_yaml, read_yaml
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write


def register_doodle(configuration: Path, name: str, sheet: str) -> None:
    """Add the doodle ``name`` with its ``sheet`` to the file of the configuration, as the first one; its comments stay.

    Raises :class:`InkbridgeError` where the file cannot be read, has a doodle of that name, or would not be a right
    configuration with it.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # lines stay as long as they are
    content = parse_yaml(configuration, yaml)
    if not isinstance(content, CommentedMap) or not isinstance(content.get("doodles"), CommentedMap):
        raise InkbridgeError(f"{configuration}: expected a mapping `doodles`, found none; add it and register again")
    if name in content["doodles"]:
        raise InkbridgeError(f"{configuration}: doodles.{name}: there is a doodle of that name; choose another one")
    entry = CommentedMap({"sheet": sheet})
    entry.fa.set_flow_style()
    # First, because what is commented on below the last one would stand between them.
    content["doodles"].insert(0, name, entry)
    with atomic_write(configuration) as temporary:
        yaml.dump(content, temporary)
        Configuration.read(read_yaml(temporary))
