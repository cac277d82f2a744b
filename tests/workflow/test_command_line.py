"""The command line draws what the workflow draws."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageSequence

from inkbridge.support.provenance.carriers import read_provenance
from qa.tiny import ROOT, tiny_settings

pytestmark = pytest.mark.slow


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """The finished run with its settings in a ``config.yaml``, as people have it."""
    shutil.copytree(finished / "results/models", tmp_path / "project/results/models")
    (tmp_path / "project/config.yaml").write_text(yaml.safe_dump(tiny_settings()))
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("variant", "doodle", "method", "std"),
    [("strokes64", "tree", "cubic", "0.8"), ("conv64", "jumpingjack", "linear", "0")],
)
def test_an_animation_has_the_same_frames(variant, doodle, method, std, project, finished, tmp_path):
    command = [
        str(Path(sys.executable).with_name("inkbridge")),
        "animate",
        str(ROOT / f"resources/doodles/{doodle}.png"),
    ]
    options = ["--variant", variant, "--method", method, "--std", std, "--project", str(project), "-o", "mine.gif"]
    subprocess.run([*command, *options], check=True, cwd=tmp_path)
    name = f"results/animations/{variant}/{doodle}/{method}_std{std}.gif"
    assert frames_of(tmp_path / "mine.gif") == frames_of(finished / name)
    mine, other = read_provenance(tmp_path / "mine.gif"), read_provenance(finished / name)
    assert mine["configuration"] == other["configuration"]
    assert mine["step"] == "inkbridge animate"
    assert mine["names"]["variant"] == variant


def frames_of(gif: Path) -> list[tuple[bytes, int]]:
    """Return pixels and milliseconds of each frame: what two films have in common that were not made by one command."""
    with Image.open(gif) as film:
        return [(frame.convert("RGB").tobytes(), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
