"""Clean sheets for the benchmark of quality are read as they were painted."""

import numpy as np
import pytest

from benchmarks import clean_sheets
from benchmarks.scenes import SCENES, scenes_of
from inkbridge.keyframes.reading import read_keyframes


def test_sheets_are_read_as_they_were_painted(tmp_path):
    clean_sheets.main([str(tmp_path / "sheets"), "--cell", "256"])
    found = {path.stem: read_keyframes(path) for path in (tmp_path / "sheets").iterdir()}
    assert found.keys() == clean_sheets.DOODLES.keys() | scenes_of("development").keys()
    assert not clean_sheets.DOODLES.keys() & SCENES.keys()
    for name, keyframes in found.items():
        assert keyframes.warnings == ()
        assert keyframes.ink == "dark"
        drawn = clean_sheets.keyframes(name, 256) if name in clean_sheets.DOODLES else SCENES[name].keyframes(256)
        away = np.s_[:, 5:-5, 5:-5]  # guide lines cover the edges
        np.testing.assert_array_equal(keyframes.originals[away], drawn[away])


@pytest.mark.parametrize("name", clean_sheets.DOODLES)
def test_drawings_look_the_same_at_every_size(name):
    small, large = clean_sheets.keyframes(name, 128), clean_sheets.keyframes(name, 256)
    averaged = large.reshape(3, 128, 2, 128, 2).mean(axis=(2, 4))
    assert np.abs(averaged - small).mean() < 1


def test_width_of_a_brush_changes_along_its_line():
    (line,) = clean_sheets.brush(0.0)
    assert line[:, 2].max() > 3 * line[:, 2].min()
    blob = np.pad(clean_sheets.keyframes("brush", 256)[0], 1) > 127
    heights = blob.sum(axis=0)
    assert heights[128] > 2 * heights[40]
