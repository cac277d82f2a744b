"""The public functions: what ``import inkbridge as ink`` offers."""

import doctest
import importlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import inkbridge as ink
from inkbridge.decoding.decoder import load_doodle, save_doodle
from inkbridge.support.provenance.carriers import read_provenance
from qa.paths import PACKAGE
from tests.tiny_project import write_project, write_sheet
from tests.unit.export.test_formats import play

DOCUMENTED = ["functions", "animation"]
"""Modules whose docstrings hold examples."""


@pytest.fixture(scope="session")
def tiny_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    return write_project(folder, {"turning": {"sheet": "turning.png", "loop": True}})


@pytest.fixture
def project(tiny_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a project with drawings in it."""
    shutil.copytree(tiny_project, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    write_sheet(tmp_path / "cat.png")
    write_sheet(tmp_path / "turning.png")
    write_sheet(tmp_path / "a.png", keyframes=1)
    write_sheet(tmp_path / "b.png", keyframes=1, ink=255, paper=0)
    return tmp_path


# --- the door ---------------------------------------------------------------------------------------------------


def run_python(code: str, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), **variables}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_import_does_not_load_libraries():
    code = "import sys; before = set(sys.modules); import inkbridge; print(set(sys.modules) - before)"
    loaded = run_python(code)
    assert "'inkbridge'" in loaded
    for library in ("torch", "numba", "pandas", "matplotlib", "numpy", "PIL", "pydantic", "importlib.metadata"):
        assert f"'{library}'" not in loaded


def test_public_functions_are_imported_without_torch():
    code = "import sys, inkbridge as ink; [getattr(ink, name) for name in ink.__all__]; print('torch' in sys.modules)"
    assert run_python(code) == "False\n"


def test_every_public_name_exists_and_is_documented():
    assert set(ink._HOMES) | {"CELL", "__version__"} == set(ink.__all__)
    assert set(ink.__all__) <= set(dir(ink))
    assert all(getattr(ink, name).__doc__ for name in ink._HOMES)
    with pytest.raises(AttributeError, match="no attribute 'anymate'"):
        ink.anymate  # noqa: B018


def test_type_checkers_see_the_names_that_are_imported_on_first_use():
    source = Path(ink.__file__).read_text()
    for name, home in ink._HOMES.items():
        assert f"from {home} import {name} as {name}" in source


def test_version_is_that_of_the_installed_package_or_of_the_source_tree(tmp_path):
    assert ink.__version__ == importlib.metadata.version("inkbridge")
    version = "import inkbridge; print(inkbridge.__version__)"
    hidden = "import importlib.metadata as m\ndef version(name): raise m.PackageNotFoundError\nm.version = version\n"
    text = (PACKAGE.parents[1] / "pyproject.toml").read_text()
    assert f'\nversion = "{run_python(hidden + version).strip()}"\n' in text
    shutil.copytree(PACKAGE, tmp_path / "elsewhere/inkbridge")
    assert run_python(hidden + version, PYTHONPATH=str(tmp_path / "elsewhere")) == "unknown\n"


@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_of_the_docstrings_are_right(module, project):
    examples = doctest.DocTestFinder().find(importlib.import_module(f"inkbridge.api.{module}"), extraglobs={"ink": ink})
    examples = [example for example in examples if example.examples]
    assert examples
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    said: list[str] = []
    for example in examples:
        runner.run(example, out=said.append)
    assert not runner.failures, "".join(said)


def test_every_public_function_has_an_example():
    for name in ("Animation", "animate", "fit", "load_model", "morph", "read_keyframes", "traverse"):
        assert ">>> " in getattr(ink, name).__doc__


# --- options and configuration --------------------------------------------------------------------------------------


def test_option_overrides_the_doodle_entry_which_overrides_the_configuration(project):
    looping = ink.animate("turning.png")
    assert len(looping.frames) == 3 * 3
    assert len(ink.animate("turning.png", path=ink.PathOptions(loop=False)).frames) == 2 * 3 + 1
    assert len(ink.animate("turning.png", path=ink.PathOptions(frames_per_segment=5)).frames) == 3 * 5
    assert looping.provenance["names"]["doodle"] == "turning"
    assert looping.frame_ms == 40


def configure(project: Path, **sections: object) -> None:
    file = project / "config.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | sections))


def test_doodle_can_have_its_own_animation_settings(project):
    own = {"methods": ["cubic", "linear"], "noise_std": [0.3, 0], "frames_per_segment": 2, "frame_ms": 70}
    configure(project, doodles={"turning": {"sheet": "turning.png", **own}})
    animation = ink.animate("turning.png")
    names = animation.provenance["names"]
    assert (names["methods"], names["stds"], names["frames_per_segment"], animation.frame_ms) == (
        ["cubic"],
        [0.3],
        2,
        70,
    )
    assert ink.animate("cat.png").provenance["names"]["methods"] == ["linear"]
    assert ink.animate("turning.png", film=ink.FilmOptions(frame_ms=90)).frame_ms == 90


@pytest.mark.parametrize(
    ("configured", "option", "paper"),
    [
        ("as drawn", None, (255, 255, 255)),
        ("red,blue", None, (0, 0, 255)),
        ("red,blue", "as drawn", (255, 255, 255)),
        ("red,blue", "red,lime", (0, 255, 0)),
        ("red,blue", ink.Colours((0, 0, 0), None), None),
    ],
)
def test_colours_come_from_the_option_or_else_from_the_configuration(configured, option, paper, project):
    configure(project, animation={"colours": configured})
    assert ink.animate("cat.png", film=ink.FilmOptions(colours=option)).look.colours.paper == paper


def test_keyframes_in_memory_are_animated_like_their_drawing(project):
    keyframes = ink.read_keyframes("cat.png")
    shivering = ink.PathOptions(noise_std=0.8)
    expected = ink.animate("cat.png", path=shivering).frames
    np.testing.assert_array_equal(ink.animate(keyframes, name="cat", path=shivering).frames, expected)
    assert not np.array_equal(ink.animate(keyframes, name="dog", path=shivering).frames, expected)


def test_frames_of_a_given_path_equal_those_of_the_animation(project):
    animation = ink.animate("cat.png", path=ink.PathOptions(fit=True))
    doodle = ink.fit(ink.read_keyframes("cat.png"))
    mine = ink.Animation.of_latents(doodle, animation.latents[0][0], ink.FilmOptions(size=64))
    np.testing.assert_array_equal(mine.frames, animation.frames)
    assert mine.look.colours == animation.look.colours, "as drawn"
    mine.save("mine.gif")
    assert read_provenance(project / "mine.gif")["step"] == "inkbridge fit"
    with pytest.raises(ink.InkbridgeError, match=r"latents: expected \[T, 8\]; found \[8\]"):
        ink.Animation.of_latents(doodle, doodle.latents[0])


def test_fit_equals_the_fit_inside_animate(project):
    doodle, animation = ink.fit(ink.read_keyframes("cat.png")), ink.animate("cat.png")
    np.testing.assert_array_equal(doodle.latents, animation.doodle.latents)
    assert doodle.weights.keys() == animation.doodle.weights.keys()
    for name, weights in doodle.weights.items():
        np.testing.assert_array_equal(weights, animation.doodle.weights[name])
    # A matrix product of another number of rows may round differently.
    np.testing.assert_allclose(doodle.draw(doodle.latents, 64).astype(int), animation.frames[::3], atol=1)


def test_the_record_of_a_fit_says_what_was_matched_also_after_it_was_stored(project, tmp_path):
    keyframes = ink.read_keyframes("cat.png")
    doodle = ink.fit(keyframes, "drawing")
    found = ink.match(keyframes)
    assert doodle.record == {"strokes": len(doodle.decoder_output(doodle.latents)[0]), **found.record}
    save_doodle(tmp_path / "fit.safetensors", doodle, {})
    assert load_doodle(tmp_path / "fit.safetensors").record == doodle.record
    assert ink.fit(keyframes, "pixels").record is None


def test_match_reads_a_drawing_like_read_keyframes(project):
    found = ink.match("cat.png", read=ink.ReadOptions(keyframes=2))
    assert len(found.record["segments"]) == 1
    assert found.strands[0].points.shape[::2] == (2, 2)
    assert found.picture().mode == "RGB"
    assert len(ink.match("cat.png", loop=True).record["segments"]) == 3


def test_folder_without_a_configuration_uses_the_defaults(project, tmp_path):
    (project / "config.yaml").unlink()
    keyframes = ink.read_keyframes("cat.png", project=project)
    assert keyframes.images.shape == (3, 64, 64)


def test_project_in_another_folder_can_be_given(project, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert ink.load_model(project=project).name == "drawing"
    assert len(ink.animate(project / "turning.png", "pixels", project=str(project)).frames) == 3 * 3


_CELL = "a number of pixels from 8 to 4096, or width and height, for example 48x64"
_LAYOUT = "layout: expected columns and rows, for example 4x2, of at most 4096 cells"

WRONG = [
    (ink.ReadOptions, {"ink": "blue"}, "ink: expected one of auto, light, dark; found 'blue'"),
    (ink.ReadOptions, {"drop_lines": "blue"}, "drop_lines: expected one of auto, none; found 'blue'"),
    (
        ink.ReadOptions,
        {"marks": [{"at": (1, 2)}]},
        "marks: expected marks, each with a keyframe counted from 1, and the points at and goes_to, two numbers from "
        "0 to 64 each; found [{'at': (1, 2)}]",
    ),
    (ink.ReadOptions, {"cell": 7}, f"cell: expected {_CELL}; found 7"),
    (ink.ReadOptions, {"cell": "48x7"}, f"cell: expected {_CELL}; found '48x7'"),
    (ink.ReadOptions, {"layout": 4}, _LAYOUT + "; found 4"),
    (ink.ReadOptions, {"layout": "80x80"}, _LAYOUT + "; found '80x80'"),
    (ink.ReadOptions, {"margin": -1}, "margin: expected a whole number from 0 to 4096; found -1"),
    (ink.ReadOptions, {"spacing": 2.5}, "spacing: expected a whole number from 0 to 4096; found 2.5"),
    (ink.ReadOptions, {"keyframes": 1}, "keyframes: expected a whole number from 2 to 1000; found 1"),
    (ink.PathOptions, {"methods": "wavy"}, "methods: expected one of linear, circular, cubic; found 'wavy'"),
    (ink.PathOptions, {"methods": ()}, "methods: expected at least one value; found ()"),
    (
        ink.PathOptions,
        {"methods": ["linear", 1]},
        "methods: expected one of linear, circular, cubic; found ['linear', 1]",
    ),
    (ink.PathOptions, {"noise_std": 11}, "noise_std: expected a number from 0 to 10; found 11"),
    (ink.PathOptions, {"noise_std": (0, "0.3")}, "noise_std: expected a number from 0 to 10; found (0, '0.3')"),
    (ink.PathOptions, {"noise_std": float("nan")}, "noise_std: expected a number from 0 to 10; found nan"),
    (ink.PathOptions, {"frames_per_segment": 0}, "frames_per_segment: expected a whole number from 1 to 1000; found 0"),
    (
        ink.PathOptions,
        {"frames_per_segment": 2.5},
        "frames_per_segment: expected a whole number from 1 to 1000; found 2.5",
    ),
    (ink.PathOptions, {"frames_per_segment": True}, "frames_per_segment: expected a whole number"),
    (ink.PathOptions, {"loop": "no"}, "loop: expected True or False; found 'no'"),
    (ink.PathOptions, {"fit": 0}, "fit: expected True or False; found 0"),
    (ink.PathOptions, {"seed": -1}, "seed: expected a whole number from 0 to 9223372036854775807; found -1"),
    (ink.PathOptions, {"seed": "a"}, "seed: expected a whole number from 0 to 9223372036854775807; found 'a'"),
    (ink.FilmOptions, {"size": 63}, "size: expected a whole number from 64 to 1024; found 63"),
    (ink.FilmOptions, {"size": "big"}, "size: expected a whole number from 64 to 1024; found 'big'"),
    (ink.FilmOptions, {"frame_ms": float("nan")}, "frame_ms: expected a number above 0, up to 655350; found nan"),
    (
        ink.FilmOptions,
        {"frame_ms": 10**5000},
        "frame_ms: expected a number above 0, up to 655350; found a value too large",
    ),
    (ink.PathOptions, {"frames": 1}, "frames: expected a whole number from 2 to 1000000; found 1"),
    (ink.PathOptions, {"frames": 9, "frames_per_segment": 2}, "frames: expected no frames_per_segment beside it"),
    (ink.PathOptions, {"easing": "bounce"}, "easing: expected one of steady, ease; found 'bounce'"),
    (ink.PathOptions, {"hold": -1}, "hold: expected a whole number from 0 to 1000; found -1"),
    (ink.PathOptions, {"there_and_back": "yes"}, "there_and_back: expected True or False; found 'yes'"),
    (ink.PathOptions, {"there_and_back": True, "loop": True}, "there_and_back: expected no loop beside it"),
    (ink.FilmOptions, {"frame_ms": "30"}, "frame_ms: expected a number above 0, up to 655350; found '30'"),
    (ink.FilmOptions, {"colours": "blak,white"}, "colours: expected `as drawn`, or INK,PAPER"),
    (ink.FilmOptions, {"colours": (0, 0, 0)}, "colours: expected `as drawn`, or INK,PAPER"),
    (ink.TraversalOptions, {"directions": "x"}, "directions: expected one of principal, single; found 'x'"),
    (ink.TraversalOptions, {"numbers": ()}, "numbers: expected at least one value; found ()"),
    (ink.TraversalOptions, {"numbers": (1, 0)}, "numbers: expected a whole number from 1 on; found (1, 0)"),
    (ink.TraversalOptions, {"span": 0}, "span: expected a number above 0, up to 10; found 0"),
    (ink.TraversalOptions, {"frames": 1}, "frames: expected a whole number from 2 to 1000; found 1"),
    (ink.TraversalOptions, {"frames": None}, "frames: expected a whole number from 2 to 1000; found None"),
    (ink.TraversalOptions, {"keyframe": "last"}, "keyframe: expected a whole number from 1 on; found 'last'"),
]


@pytest.mark.parametrize(("kind", "options", "words"), WRONG)
def test_invalid_option_is_refused_on_construction(kind, options, words):
    with pytest.raises(ink.InkbridgeError) as refused:
        kind(**options)
    assert str(refused.value).startswith(words)


def test_every_option_is_checked():
    kinds = (ink.ReadOptions, ink.PathOptions, ink.FilmOptions, ink.TraversalOptions)
    tried = {(kind, name) for kind, options, _ in WRONG for name in options}
    assert tried == {(kind, field.name) for kind in kinds for field in fields(kind)}


def test_frames_is_the_number_of_all_frames(project):
    assert len(ink.animate("cat.png", path=ink.PathOptions(frames=9)).frames) == 9
    assert len(ink.animate("cat.png", path=ink.PathOptions(frames=9, loop=True)).frames) == 9
    with pytest.raises(ink.InkbridgeError, match="at least one for each of 3 keyframes"):
        ink.animate("cat.png", path=ink.PathOptions(frames=2))


def test_fidelity_says_how_well_keyframes_are_drawn(project):
    found = ink.animate("cat.png").fidelity
    assert found is not None and found.shape == (3,) and ((found >= 0) & (found <= 1)).all()
    assert ink.traverse("drawing", traversal=ink.TraversalOptions(numbers=(1,), frames=4)).fidelity is None


def test_options_hold_plain_values():
    """Records are written as JSON, which knows no NumPy."""
    path = ink.PathOptions(np.str_("cubic"), np.float32([0, 0.5, 0]), np.int64(5), np.bool_(True), seed=np.uint8(3))
    assert path == ink.PathOptions("cubic", (0, 0.5), 5, loop=True, seed=3)
    assert path.methods == ("cubic",)
    assert {type(path.frames_per_segment), type(path.seed)} == {int}
    assert path.loop is True
    assert [type(std) for std in path.noise_std] == [int, float]
    json.dumps(asdict(path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"path": ink.PathOptions(frames_per_segment=1000), "film": ink.FilmOptions(size=1024)},
            "lower size or frames_per_segment",
        ),
        ({"path": "cubic"}, "path: expected PathOptions; found 'cubic'"),
        ({"film": ink.ReadOptions()}, "film: expected FilmOptions; found ReadOptions("),
        (
            {"model": "strokes"},
            "strokes64, conv64, coordconv64; found no such variant",
        ),
        ({"model": "none/model.safetensors"}, "none/model.safetensors: "),
    ],
)
def test_a_bad_option_is_refused_before_a_model_is_loaded(options, words, project, monkeypatch):
    monkeypatch.setattr("inkbridge.models.storage.load_model", lambda *_: pytest.fail("loaded"))
    with pytest.raises(ink.InkbridgeError) as refused:
        ink.animate("cat.png", **options)
    assert words in str(refused.value)


def test_traversals_refuse_unknown_dimensions_and_keyframes(project):
    for options, words in (
        ({"numbers": (9,)}, "from 1 to 8; found 9"),
        ({"keyframe": 4}, "cat.png: expected keyframe 4, found 3 keyframes"),
    ):
        with pytest.raises(ink.InkbridgeError, match=words):
            ink.traverse("drawing", around="cat.png", traversal=ink.TraversalOptions(**options))


def test_morphing_needs_two_drawings_and_returns_to_the_first(project):
    with pytest.raises(ink.InkbridgeError, match="two or more drawings"):
        ink.morph("a.png")
    assert len(ink.morph("a.png", "b.png").frames) == 2 * 3
    np.testing.assert_array_equal(ink.morph("a.png", "b.png").look.colours.paper, (255, 255, 255))


@pytest.mark.parametrize("name", ["read", "film", "traversal"])
def test_traversals_refuse_options_of_another_kind(name, project):
    with pytest.raises(ink.InkbridgeError, match=f"{name}: expected .*Options; found 'fast'"):
        ink.traverse("drawing", **{name: "fast"})


def test_large_traversals_are_refused_with_what_to_lower(project):
    with pytest.raises(ink.InkbridgeError, match=r"lower size or frames$"):
        ink.traverse(traversal=ink.TraversalOptions(frames=1000), film=ink.FilmOptions(size=1024))


def test_a_wrong_seed_is_refused_by_fit(project):
    with pytest.raises(ink.InkbridgeError, match="seed: expected a whole number from 0"):
        ink.fit(ink.read_keyframes("cat.png"), seed="a")


def test_only_keyframes_can_be_fitted(project):
    with pytest.raises(
        ink.InkbridgeError, match=r"expected uint8 \[K, S, S\], K ≥ 2, S from 64 to 512; found float64 \[3, 64, 64\]"
    ):
        ink.fit(np.zeros((3, 64, 64)))


# --- animations -----------------------------------------------------------------------------------------------------


def test_an_animation_is_saved_as_asked(project):
    animation = ink.animate("cat.png")
    animation.save("cat.gif")
    assert play(project / "cat.gif").pixels[0, 0, 0].tolist() == [255, 255, 255], "as drawn"
    animation.save("red.gif", colours="red,blue", size=100, frame_ms=70)
    shown = play(project / "red.gif")
    assert shown.size == (100, 100)
    assert shown.begins[1] == 70
    assert shown.pixels[0, 0, 0].tolist() == [0, 0, 255]
    assert animation.frames.shape == (7, 64, 64)


def test_saved_file_contains_its_provenance(project):
    animation = ink.animate("cat.png", "pixels", path=ink.PathOptions(seed=9, noise_std=0.3))
    animation.save("cat.gif", colours="red,blue", size=100)
    record = read_provenance(project / "cat.gif")
    assert (record["step"], record["seed"]) == ("inkbridge animate", 9)
    expected = {"variant": "pixels", "doodle": "cat", "methods": ["linear"], "stds": [0.3], "frames_per_segment": 3}
    expected |= {"loop": False, "fit": True, "size": 100, "frame_ms": 40, "colours": "#ff0000,#0000ff"}
    assert record["names"] == expected


def test_strokes_are_available_if_the_model_draws_strokes(project):
    frames, count, numbers = ink.animate("cat.png").strokes.shape
    assert (frames, numbers) == (7, 10)
    assert ink.animate("cat.png", path=ink.PathOptions(noise_std=(0, 1))).strokes.shape == (2, 7, count, 10)
    pixels = ink.animate("cat.png", "pixels")
    assert pixels.strokes is None
    with pytest.raises(ink.InkbridgeError, match="an SVG is made of strokes"):
        pixels.save("cat.svg")
    assert not (project / "cat.svg").exists()


def test_grid_has_a_row_for_each_method_and_a_column_for_each_noise(project):
    options = ink.PathOptions(methods=("linear", "cubic"), noise_std=(0, 0.3, 1))
    grid = ink.animate("cat.png", path=options)
    assert [len(row) for row in grid.latents] == [3, 3]
    assert grid.captions[1][2] == "cubic, noise 1"
    grid.save("grid.png")
    with Image.open(project / "grid.png") as picture:
        assert picture.size == grid.frames.shape[:0:-1]


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 2000}, {"frame_ms": 0}, {"colours": "blak,white"}])
def test_animation_that_browsers_cannot_show_is_refused_when_it_is_saved(options, project):
    with pytest.raises(ink.InkbridgeError, match=next(iter(options))):
        ink.animate("cat.png").save("cat.gif", **options)
    assert not (project / "cat.gif").exists()


@pytest.mark.parametrize("name", ["cat.avi", "none/cat.gif", "models"])
def test_animation_that_cannot_be_saved_is_refused_before_a_file_is_written(name, project):
    (project / "models").mkdir()
    (project / "models/other.txt").touch()
    before = sorted(project.rglob("*"))
    with pytest.raises(ink.InkbridgeError):
        ink.animate("cat.png").save(name)
    assert sorted(project.rglob("*")) == before
