"""The command line draws what the workflow draws."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageSequence

from inkbridge.support.provenance.carriers import read_provenance
from qa.paths import ROOT
from qa.tiny import tiny_settings
from tests.workflow.conftest import DARK

pytestmark = pytest.mark.slow


@pytest.fixture
def project(extended: Path, tmp_path: Path) -> Path:
    """The models and drawings of a finished run, with its settings in a ``config.yaml``."""
    shutil.copytree(extended / "results/models", tmp_path / "project/results/models")
    shutil.copy(extended / "c{1}.png", tmp_path / "project")
    settings = tiny_settings()
    (tmp_path / "project/config.yaml").write_text(yaml.safe_dump(settings | {"doodles": settings["doodles"] | DARK}))
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("variant", "doodle", "method", "std"),
    [
        ("strokes64", "tree", "cubic", "0.8"),
        ("conv64", "jumpingjack", "linear", "0"),
        ("strokes64", "dark", "cubic", "0.3"),
    ],
)
def test_the_command_line_draws_the_pixels_of_the_pipeline(
    variant: str, doodle: str, method: str, std: str, project: Path, extended: Path, tmp_path: Path
) -> None:
    sheet = project / "c{1}.png" if doodle == "dark" else ROOT / f"resources/doodles/{doodle}.png"
    command = [str(Path(sys.executable).with_name("inkbridge")), "animate", str(sheet)]
    options = ["--variant", variant, "--method", method, "--std", std, "--project", str(project), "-o", "mine.gif"]
    subprocess.run([*command, *options], check=True, cwd=tmp_path)
    name = f"results/animations/{variant}/{doodle}/{method}_std{std}.gif"
    assert frames_of(tmp_path / "mine.gif") == frames_of(extended / name)
    mine, other = read_provenance(tmp_path / "mine.gif"), read_provenance(extended / name)
    assert mine["step"] == "inkbridge animate"
    assert mine["names"]["variant"] == variant
    if doodle == "dark":  # made with the settings of the extended run
        assert mine["configuration"] == other["configuration"]


def frames_of(gif: Path) -> list[tuple[bytes, int]]:
    """Return pixels and milliseconds of each frame. Other parts of a file, such as its record, may differ."""
    with Image.open(gif) as film:
        return [(frame.convert("RGB").tobytes(), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
