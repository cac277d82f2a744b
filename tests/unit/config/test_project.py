"""A project's files are read as Snakemake reads them, and errors in them are reported in one line."""

from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile

from inkbridge.config.project import Project, how_to_train
from inkbridge.config.register import register_doodle
from inkbridge.config.shipped import SHIPPED
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
    assert list(Project(tmp_path).trained_models()) == ["m", "b", *names]
    assert list(Project(tmp_path).models()) == ["m", "b", *names, *SHIPPED]


def project_with(folder: Path, variants: str, *trained: str) -> Project:
    """Return a project with these variants in its configuration, some of which are trained."""
    folder.joinpath("config.yaml").write_text(f"doodles: {{tree: {{sheet: tree.png}}}}\nvariants: {variants}\n")
    for name in trained:
        (folder / f"results/models/{name}").mkdir(parents=True)
        (folder / f"results/models/{name}/model.safetensors").touch()
    return Project(folder)


CONV64 = "conv64: {architecture: conv, latent_dim: 64}"


def test_trained_models_come_before_shipped_ones_and_replace_those_of_their_name(tmp_path: Path) -> None:
    project = project_with(tmp_path, f"{{strokes64: {{architecture: strokes}}, {CONV64}}}", "conv64")
    own = tmp_path / "results/models/conv64/model.safetensors"
    assert project.models() == {
        "conv64": own,
        "strokes64": SHIPPED["strokes64"],
        "coordconv64": SHIPPED["coordconv64"],
    }
    assert project.model(None) == ("conv64", own)
    assert project.model("strokes64") == ("strokes64", SHIPPED["strokes64"])


def test_without_a_trained_model_the_first_shipped_variant_draws(tmp_path: Path) -> None:
    assert Project(tmp_path).model(None) == ("strokes64", SHIPPED["strokes64"])
    assert project_with(tmp_path, f"{{{CONV64}}}").model(None) == ("conv64", SHIPPED["conv64"]), "as configured"


def test_budget_does_not_matter_to_a_shipped_model_but_another_network_does(tmp_path: Path) -> None:
    project = project_with(tmp_path, "{conv64: {architecture: conv, budget: 3}}")
    assert "conv64" in project.models()
    project = project_with(tmp_path, "{conv64: {architecture: conv, channels: 8}}")
    assert "conv64" not in project.models()
    with pytest.raises(InkbridgeError, match="a trained model of conv64, found none; train one with: snakemake "):
        project.model("conv64")
    with pytest.raises(InkbridgeError, match="expected one of strokes64, coordconv64, conv64; found no such variant"):
        project.model("other")


def test_advice_to_train_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "results/models/mine/model.safetensors"
    assert how_to_train(model, "--forcerun", "train").endswith(" --forcerun train")
    monkeypatch.setattr("inkbridge.config.project.find_spec", lambda name: None)
    assert how_to_train(model).startswith("first pip install 'inkbridge[pipeline]', then train one with: snakemake ")
    monkeypatch.setattr("inkbridge.config.project.CHECKOUT", tmp_path)
    assert how_to_train(model).startswith("networks are trained in a clone of inkbridge: run there snakemake ")


def test_a_link_to_itself_is_not_a_doodle(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("doodles: {a: {sheet: a.png}}\nvariants: {m: {architecture: conv}}\n")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert Project(tmp_path).doodle_of(tmp_path / "loop.png") is None
    assert Project(tmp_path).doodle_of(tmp_path / "x/../a.png") is not None
