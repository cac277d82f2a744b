"""The examples run on tiny data: their settings are accepted, their scripts write what they promise."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageSequence
from snakemake.utils import update_config

from inkbridge.config.settings import Configuration
from qa.paths import ROOT
from tests.tiny_project import write_project, write_sheet

EXAMPLES = ROOT / "examples"
CONFIGURATIONS = sorted((EXAMPLES / "configurations").iterdir())
SCRIPTS = sorted((EXAMPLES / "scripts").glob("*.py"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with tiny models and two sheets."""
    folder = write_project(tmp_path_factory.mktemp("project"), {"cat": {"sheet": "cat.png"}})
    write_sheet(folder / "cat.png")
    write_sheet(folder / "dog.png", keyframes=2)
    write_sheet(folder / "mouse.png", keyframes=1, ink=255, paper=0)
    return folder


def run(script: str, *arguments: str) -> None:
    runpy.run_path(str(EXAMPLES / "scripts" / script))["main"](*arguments)


@pytest.mark.parametrize("path", [*CONFIGURATIONS, ROOT / "docs/pictures/post.yaml"], ids=lambda path: path.name)
def test_configuration_is_accepted_on_top_of_the_default_one(path) -> None:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    before = Configuration.read(settings)
    update_config(settings, yaml.safe_load(path.read_text(encoding="utf-8")))
    assert Configuration.read(settings) != before


def test_animate_writes_a_looping_film_in_colour(project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    run("animate.py", "cat.png", "cat.webp")
    with Image.open("cat.webp") as film:
        assert film.n_frames == 9  # three keyframes and the way back, three frames each
        assert film.size == (512, 512)
        assert film.convert("RGBA").getchannel("A").getextrema()[0] == 0


def shown_ms(path: str) -> int:
    """Return for how many milliseconds a film is shown; equal frames are merged, so their number says nothing."""
    with Image.open(path) as film:
        return sum(frame.info["duration"] for frame in ImageSequence.Iterator(film))


def test_morph_writes_a_film_and_vectors(project, monkeypatch, capsys) -> None:
    monkeypatch.chdir(project)
    run("morph.py", "dog.png", "mouse.png")
    assert shown_ms("morph.gif") == 60 * 40  # 30 frames there and 30 back, as long as the project's config.yaml says
    assert "<svg" in Path("morph.svg").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d+ strokes in 60 frames\n", capsys.readouterr().out)


def test_own_path_writes_a_film_of_sixty_frames(project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    run("own_path.py", "cat.png", "spring.gif")
    assert shown_ms("spring.gif") == 60 * 30


def test_readme_names_every_example_and_the_files_that_its_commands_need() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in (*CONFIGURATIONS, *SCRIPTS):
        assert f"]({path.relative_to(EXAMPLES).as_posix()})" in text
        assert f"examples/{path.relative_to(EXAMPLES).as_posix()}" in text
    for command in re.findall(r"`((?:snakemake|python) [^`]*)`", text):
        named = [word for word in shlex.split(command) if word.startswith(("examples/", "resources/"))]
        assert all((ROOT / name).exists() for name in named)
