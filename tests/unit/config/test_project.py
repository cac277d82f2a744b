"""A project's files are read as Snakemake reads them, and errors in them are reported in one line."""

from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile

from inkbridge.config.project import Project
from inkbridge.config.register import register_doodle
from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.errors import InkbridgeError

VALUES = "010 1:30 1e5 1e-3 1.5e3 .5 +.5 1_000 0x1f 0o17 08 y N on off yes 1:90 ~ 2020-01-01 .inf 'on' 1.0e+5"
"""Values that versions of YAML, and their parsers, read differently."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.mark.parametrize("value", VALUES.split())
def test_values_are_read_as_snakemake_reads_them(value: str, file: Path) -> None:
    file.write_text(f"seed: {value}\n{value}: 1\n")
    read, expected = read_yaml(file), load_configfile(str(file))
    assert list(read.items()) == list(expected.items())
    assert type(read["seed"]) is type(expected["seed"])


UNREADABLE = [
    "seed: 2020-99-99",
    "seed: " + "9" * 5000,
    "seed: !!int x",
    "seed: !!int ''",
    "seed: !!float x",
    "seed: !!bool x",
    "seed: !!timestamp x",
    "seed: " + "[" * 1000,
    "seed: 1\nseed: 2",
    "seed: !!python/object:os.system x",
    "? [a]\n: 1",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_an_unreadable_file_is_reported_in_one_line(text: str, file: Path) -> None:
    file.write_text(text)
    for read in (read_yaml, lambda file: register_doodle(file, "cat", "cat.png")):
        with pytest.raises(InkbridgeError, match=r"config\.yaml: expected ") as told:
            read(file)
        assert "\n" not in str(told.value)
    assert file.read_text() == text


def test_a_name_that_yaml_does_not_read_as_text_is_not_registered(file: Path) -> None:
    before = "doodles: {tree: {sheet: tree.png}}\nvariants: {conv64: {architecture: conv}}\n"
    file.write_text(before)
    with pytest.raises(InkbridgeError, match="doodles"):
        register_doodle(file, "on", "cat.png")
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]


TWO_DOODLES = """\
# café
seed: 7  # a comment

doodles:
  tree: {sheet: "tree.png"}
  # between
  dog: {sheet: dog.png}
variants: {conv64: {architecture: conv}}
"""


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_registering_adds_one_line_and_keeps_every_other_byte(bom: str, end: str, file: Path) -> None:
    file.write_bytes((bom + TWO_DOODLES.replace("\n", end)).encode())
    register_doodle(file, "cat", "cat.png")
    expected = TWO_DOODLES.replace("doodles:\n", "doodles:\n  cat: {sheet: cat.png}\n")
    assert file.read_bytes() == (bom + expected.replace("\n", end)).encode()


def test_name_that_differs_only_in_case_is_not_registered(file: Path) -> None:
    file.write_text(TWO_DOODLES)
    with pytest.raises(
        InkbridgeError, match=r"doodles\.tree: expected a name that differs from Tree in more than case"
    ):
        register_doodle(file, "Tree", "cat.png")
    assert file.read_text() == TWO_DOODLES


def test_models_are_in_the_order_of_the_configuration_and_then_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "doodles: {tree: {sheet: tree.png}}\nvariants: {m: {architecture: conv}, b: {architecture: conv}}\n"
    )
    names = [f"v{number:02}" for number in range(40)]
    for name in [*names, "b", "m"]:
        (tmp_path / f"results/models/{name}").mkdir(parents=True)
        (tmp_path / f"results/models/{name}/model.safetensors").touch()
    assert list(Project(tmp_path).models()) == ["m", "b", *names]


def test_a_link_to_itself_is_not_a_doodle(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("doodles: {a: {sheet: a.png}}\nvariants: {m: {architecture: conv}}\n")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert Project(tmp_path).doodle_of(tmp_path / "loop.png") is None
    assert Project(tmp_path).doodle_of(tmp_path / "x/../a.png") is not None
