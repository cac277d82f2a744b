"""Registering a doodle changes one line of the configuration, or nothing."""

from pathlib import Path

import pytest

from inkbridge.config.register import register_doodle
from inkbridge.support.errors import InkbridgeError

CONFIGURATION = """\
# All of mine.
doodles:   # those that I drew
  tree: {sheet: "tree.png"}   # the first
  # the second
  square:
    sheet: square.png
    loop: true

# What draws.
variants:
  conv64: {architecture: conv}   # of pixels
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIGURATION)
    return file


@pytest.mark.parametrize("sheet", ["cat.png", "a b/cat's 'own'.png", "#1: cat.png", "größe.png"])
def test_registering_a_doodle_adds_one_line(sheet, configuration):
    from ruamel.yaml import YAML

    register_doodle(configuration, "cat", sheet)
    before, after = CONFIGURATION.splitlines(), configuration.read_text().splitlines()
    [added] = [line for line in after if line not in before]
    assert [line for line in after if line != added] == before
    assert YAML(typ="safe").load(configuration)["doodles"]["cat"] == {"sheet": sheet}


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (CONFIGURATION, "tree", "found a doodle of that name"),
        (CONFIGURATION, "../cat", "a name for files and tables"),
        (CONFIGURATION + "colour: red\n", "cat", "colour: unknown key"),
        ("doodles: [", "cat", "expected YAML"),
        ("variants: {}\n", "cat", "expected a mapping `doodles`"),
        ("- 1\n", "cat", "expected a mapping `doodles`"),
    ],
)
def test_configuration_is_unchanged_if_registering_fails(content, name, words, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(content)
    with pytest.raises(InkbridgeError, match=words):
        register_doodle(file, name, "cat.png")
    assert file.read_text() == content
