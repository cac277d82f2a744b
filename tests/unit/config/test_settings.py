"""A configuration is valid, or one message reports each invalid key with what was expected and found."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from inkbridge.config.settings import Configuration, Dataset, Training, find_sheet, fingerprint, schema
from inkbridge.export.colours import Colours
from inkbridge.support.errors import InkbridgeError, printable
from qa.paths import ROOT

SMALLEST = {
    "doodles": {"tree": {"sheet": "tree.png"}},
    "variants": {"conv64": {"architecture": "conv"}},
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    """Return the smallest configuration with the entry at ``path`` set to ``value``."""
    mapping: dict[str, Any] = copy.deepcopy(SMALLEST)
    place: Any = mapping
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    return mapping


def refusal(mapping: dict[str, Any]) -> str:
    with pytest.raises(InkbridgeError) as caught:
        Configuration.read(mapping)
    return str(caught.value)


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """The project's own ``config.yaml``."""
    mapping: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return mapping


# --- the project's own files -----------------------------------------------------------------------------


def test_config_schema_json_is_current():
    stored = (ROOT / "config.schema.json").read_text(encoding="utf-8")
    assert stored == schema(), "run: python -m inkbridge.config.settings > config.schema.json"


def test_the_module_prints_the_schema():
    done = subprocess.run(
        [sys.executable, "-m", "inkbridge.config.settings"], capture_output=True, text=True, check=True
    )
    assert done.stdout == schema()


def test_config_yaml_is_valid_for_the_model_and_for_the_schema(published):
    Configuration.read(published)
    jsonschema.validate(published, json.loads(schema()))


@pytest.mark.parametrize("section", ["animation", "dataset", "training", "compute", "fitting", "evaluation"])
def test_config_yaml_repeats_the_defaults(section, published):
    defaults = Configuration.read({key: published[key] for key in ("doodles", "variants")})
    assert getattr(Configuration.read(published), section) == getattr(defaults, section)


def test_every_key_is_described_in_the_schema():
    document = json.loads(schema())
    sections = [document, *document["$defs"].values()]
    undescribed = [
        name
        for section in sections
        for name, entry in section.get("properties", {}).items()
        if not entry.get("description")
    ]
    assert undescribed == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("sed",), 1),
        (("variants", "conv64", "architecture"), "vae"),
        (("animation", "methods"), ["zigzag"]),
        (("animation", "noise_std"), [-0.5]),
        (("animation", "noise_std"), ["much"]),
        (("dataset", "recipes"), {"comic": 1.0}),
        (("doodles", "tree", "loop"), "sometimes"),
        (("animation", "frame_ms"), 10),
        (("doodles", "tree", "noise_std"), []),
        (("compute", "threads"), 0),
    ],
)
def test_the_schema_refuses_values_that_the_model_refuses(path, value):
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    assert validator.is_valid(SMALLEST)
    assert not validator.is_valid(changed(*path, value=value))
    refusal(changed(*path, value=value))


def test_each_invalid_value_has_one_line_with_the_path_of_its_key():
    assert refusal(changed("animation", "noise_std", value=["much"])).count("\n") == 1
    assert refusal(changed("compute", "threads", value=0)).count("\n") == 1
    assert "doodles.function-a.cell:" in refusal(changed("doodles", "function-a", value={"sheet": "x", "cell": 1}))


# --- valid -----------------------------------------------------------------------------------------------


def test_only_doodles_and_variants_are_required():
    found = Configuration.read(SMALLEST)
    assert list(found.doodles) == ["tree"]
    assert found.variants["conv64"].latent_dim == 64
    assert found.variants["conv64"].budget == 1
    assert found.doodles["tree"].loop is False
    assert Configuration.read({**SMALLEST, "training": {}}) == found


@pytest.mark.parametrize("latent_dim", [64, 128, 256])
def test_latent_dim_may_have_any_size(latent_dim):
    mapping = changed("variants", "conv64", "latent_dim", value=latent_dim)
    assert Configuration.read(mapping).variants["conv64"].latent_dim == latent_dim


def test_a_noise_std_is_kept_as_written():
    written = Configuration.read(changed("animation", "noise_std", value=[0, 0.3, 1, 1.2])).animation.noise_std
    assert list(map(str, written)) == ["0", "0.3", "1", "1.2"]


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        (("seed",), "7", 7),
        (("training", "learning_rate"), "1e-3", 1e-3),
        (("doodles", "tree", "loop"), "true", True),
        (("animation", "noise_std"), ["0", "0.8", "1"], [0, 0.8, 1]),
    ],
)
def test_numbers_and_booleans_may_be_text_as_on_the_command_line(path, text, value):
    found = Configuration.read(changed(*path, value=text))
    assert repr(found) == repr(Configuration.read(changed(*path, value=value)))


@pytest.mark.parametrize("section", ["doodles", "variants"])
def test_null_drops_an_entry(section):
    mapping = copy.deepcopy(SMALLEST)
    mapping[section]["dropped"] = None
    assert Configuration.read(mapping) == Configuration.read(SMALLEST)
    assert "dropped" in mapping[section], "the mapping that was read is not changed"


def test_a_configuration_is_immutable():
    with pytest.raises(ValidationError):
        Configuration.read(SMALLEST).seed = 3  # type: ignore[misc]


# --- invalid ---------------------------------------------------------------------------------------------

WRONG = {
    "unknown key": (("sed",), 1, "unknown key", "1"),
    "unknown key in a section": (("animation", "sizes"), 64, "unknown key", "64"),
    "unknown key of a doodle": (("doodles", "tree", "lop"), True, "unknown key", "True"),
    "unknown section of shards": (("dataset", "shards", "trial"), 3, "unknown key", "3"),
    "unknown architecture": (("variants", "conv64", "architecture"), "vae", "one of conv, coordconv, strokes", "'vae'"),
    "unknown method": (("animation", "methods"), ["zigzag"], "one of linear, circular, cubic", "'zigzag'"),
    "unknown recipe": (("dataset", "recipes"), {"comic": 1.0}, "one of post, sketch", "'comic'"),
    "unknown device": (("compute", "device"), "tpu", "'auto', 'cpu' or 'cuda'", "'tpu'"),
    "negative std": (("animation", "noise_std"), [0, -0.5], " 0", "-0.5"),
    "std of no number": (("animation", "noise_std"), ["much"], "number", "'much'"),
    "std that is not a list": (("animation", "noise_std"), 0.3, "list", "0.3"),
    "std that is not finite": (("animation", "noise_std"), [float("nan")], "", "nan"),
    "std twice": (("animation", "noise_std"), [0, 0.0], "each value once", "[0, 0.0]"),
    "method twice": (("animation", "methods"), ["linear", "linear"], "each value once", "['linear', 'linear']"),
    "no methods": (("animation", "methods"), [], "at least 1", "[]"),
    "weight of zero": (("dataset", "recipes"), {"post": 0}, "greater than 0", "0"),
    "seed below zero": (("seed",), -1, "greater than or equal to 0", "-1"),
    "seed of no number": (("seed",), "many", "integer", "'many'"),
    "part of a seed": (("seed",), 1.5, "integer", "1.5"),
    "truth for a std": (("animation", "noise_std"), [True], "number", "True"),
    "text for truth": (("doodles", "tree", "loop"), "sometimes", "boolean", "'sometimes'"),
    "number for a path": (("doodles", "tree", "sheet"), 3, "string", "3"),
    "one keyframe": (("doodles", "tree", "keyframes"), 1, "greater than or equal to 2", "1"),
    "the old name of a key": (("doodles", "tree", "frames"), 5, "called `keyframes` now", "5"),
    "a cell of part pixels": (("doodles", "tree", "cell"), 64.5, "a number of pixels", "64.5"),
    "channels that do not divide": (("variants", "conv64", "channels"), 12, "multiple of 8", "12"),
    "no strokes": (("variants", "conv64", "strokes"), 0, "greater than or equal to 1", "0"),
    "too many strokes": (("variants", "conv64", "strokes"), 300, "less than or equal to", "300"),
    "a variant that is not trained": (("variants", "conv64", "budget"), 0, "greater than 0", "0"),
    "a budget that is not finite": (("variants", "conv64", "budget"), float("inf"), "less than or equal to", "inf"),
    "more than all images moving": (("training", "moving_pairs"), 1.5, "less than or equal to 1", "1.5"),
    "no steps for strokes": (("fitting", "stroke_steps"), 0, "greater than or equal to 1", "0"),
    "no latent": (("variants", "conv64", "latent_dim"), 0, "greater than or equal to", "0"),
    "a duration that GIFs cannot hold": (("animation", "frame_ms"), 35, "multiple of 10", "35"),
    "a duration that browsers do not keep": (("animation", "frame_ms"), 10, "at least 20, because browsers", "10"),
    "the same of one doodle": (("doodles", "tree", "frame_ms"), 10, "at least 20, because browsers", "10"),
    "one colour": (("animation", "colours"), "red", "INK,PAPER as in CSS", "'red'"),
    "unknown colours": (("animation", "colours"), "blurple,white", "`as drawn`, or INK,PAPER", "'blurple,white'"),
    "unknown method of one doodle": (("doodles", "tree", "methods"), ["zigzag"], "one of linear", "'zigzag'"),
    "std twice for one doodle": (("doodles", "tree", "noise_std"), [1, 1.0], "each value once", "[1, 1.0]"),
    "a size below a cell": (("animation", "size"), 32, "greater than or equal to 64", "32"),
    "warm-up of all": (("training", "warmup"), 1.0, "less than 1", "1.0"),
    "learning rate of text": (("training", "learning_rate"), "fast", "number", "'fast'"),
    "no budget": (("training", "images"), 0, "greater than or equal to 1", "0"),
    "no threads": (("compute", "threads"), 0, "expected", "0"),
    "a section that is empty": (("training",), None, "dictionary", "None"),
    "a variant of text": (("variants", "conv64"), "conv", "dictionary", "'conv'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_invalid_value_is_reported_with_its_key_what_was_expected_and_found(case):
    path, value, expected, found = WRONG[case]
    message = refusal(changed(*path, value=value))
    lines = [line.strip() for line in message.splitlines() if line.endswith(f"; found {found}")]
    assert any(line.startswith(".".join(path)) and expected in line for line in lines), message


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "../up",
        "..",
        "",
        " tree",
        "a b",
        ".hidden",
        "-dash",
        "bäume",
        "a\n",
        "x.y",
        "2018",
        "1e3",
        "NA",
        "nan",
        "true",
        "n" * 64,
    ],
)
@pytest.mark.parametrize("section", ["doodles", "variants"])
def test_a_name_that_is_unfit_for_files_is_refused(section, name):
    message = refusal(changed(section, name, value=copy.deepcopy(next(iter(SMALLEST[section].values())))))
    assert f"  {section}.{printable(name)}: expected a name for files and tables" in message
    assert f"found {name!r}" in message


@pytest.mark.parametrize("name", ["tree", "Tree-2", "d2018", "jumping_jack", "n" * 63])
def test_a_name_that_is_fit_for_files_is_accepted(name):
    assert name in Configuration.read(changed("doodles", name, value={"sheet": "x.png"})).doodles


@pytest.mark.parametrize("section", ["doodles", "variants"])
def test_names_that_differ_only_in_case_are_refused(section):
    mapping = copy.deepcopy(SMALLEST)
    (entry,) = mapping[section].values()
    mapping[section] = {"cat": entry, "dog": entry, "Cat": entry}
    assert f"  {section}.Cat: expected a name that differs from cat in more than case" in refusal(mapping)
    mapping[section]["Cat"] = None
    assert list(getattr(Configuration.read(mapping), section)) == ["cat", "dog"]


def test_doodle_has_its_own_animation_settings():
    own = {"methods": ["cubic"], "noise_std": [0.5], "frames_per_segment": 100, "frame_ms": 20}
    mapping = changed("doodles", "slow", value={"sheet": "tree.png", **own})
    mapping["animation"] = {"size": 128, "frame_ms": 50}
    found = Configuration.read(mapping)
    assert found.animation_of("tree") == found.animation
    assert found.animation_of("slow").model_dump() == found.animation.model_dump() | own


def test_colours_are_those_of_the_drawing_unless_they_are_set():
    default = Configuration.read(SMALLEST).animation
    assert default.colours_of("dark") == Colours((0, 0, 0), (255, 255, 255))
    assert default.colours_of("light") == Colours((255, 255, 255), (0, 0, 0))
    chosen = Configuration.read(changed("animation", "colours", value="red, transparent")).animation
    assert chosen.colours_of("dark") == chosen.colours_of("light") == Colours((255, 0, 0), None)


@pytest.mark.parametrize("section", ["doodles", "variants"])
@pytest.mark.parametrize("value", [{}, {"tree": None}, None])
def test_at_least_one_doodle_and_one_variant_are_required(section, value):
    assert f"  {section}: expected " in refusal({**SMALLEST, section: value})


def test_a_missing_key_is_named():
    assert refusal({"doodles": SMALLEST["doodles"]}).splitlines()[1:] == ["  variants: expected, but missing"]
    assert "variants.conv64.architecture: expected, but missing" in refusal(changed("variants", "conv64", value={}))


def test_all_errors_are_reported_at_once():
    mapping = changed("seed", value=-1)
    mapping["animation"] = {"methods": ["zigzag"], "noise_std": [-1]}
    mapping["colour"] = "red"
    lines = refusal(mapping).splitlines()
    assert len(lines) == 5
    for start in ("  seed:", "  animation.methods.0:", "  animation.noise_std.0:", "  colour:"):
        assert sum(line.startswith(start) for line in lines) == 1


def test_a_long_value_is_shortened():
    assert max(map(len, refusal(changed("seed", value="x" * 1000)).splitlines())) < 200


# --- helpers ---------------------------------------------------------------------------------------------


def test_the_order_of_recipes_in_the_file_has_no_effect():
    one, other = (Dataset(recipes=weights) for weights in ({"sketch": 2, "post": 1}, {"post": 1, "sketch": 2}))
    assert list(one.recipes.items()) == list(other.recipes.items())


def test_a_fingerprint_depends_on_settings_and_not_on_their_order():
    one, other = fingerprint({"a": 1, "b": 2}, 3), fingerprint({"b": 2, "a": 1}, 3)
    assert one == other
    assert fingerprint(Training(), 3) == fingerprint(Training(), 3)
    different = {fingerprint(Training()), fingerprint(Training(images=7)), fingerprint(Dataset()), fingerprint(1), one}
    assert len(different) == 5


def test_a_sheet_is_looked_up_in_each_folder_in_turn(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    assert find_sheet("tree.png", first, second) == first / "tree.png"
    (second / "tree.png").touch()
    assert find_sheet("tree.png", first, second) == second / "tree.png"
    (first / "tree.png").touch()
    assert find_sheet("tree.png", first, second) == first / "tree.png"
    assert find_sheet(str(second / "tree.png"), first) == second / "tree.png"


@pytest.fixture
def modules_after() -> Callable[[str], set[str]]:
    def run(statement: str) -> set[str]:
        code = f"{statement}\nimport sys\nprint(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    return run


def test_the_configuration_is_read_without_torch(modules_after):
    loaded = modules_after(
        "import inkbridge.config.settings, inkbridge.config.architectures; "
        "import inkbridge.pipeline.resources, inkbridge.data.shards"
    )
    assert "inkbridge.config.settings" in loaded
    assert "torch" not in loaded
