"""Properties of reading that hold for every drawing, file and configuration; hypothesis looks for exceptions."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inkbridge.config.settings import Configuration
from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.support.errors import InkbridgeError, printable
from inkbridge.support.types import Images
from qa.fuzz.configurations import DEFAULT, judge_configuration
from qa.fuzz.damage import MAGICS
from qa.fuzz.drawings import grid
from qa.fuzz.sheets import read_or_refusal
from qa.fuzz.verdicts import Truth, judge_reading

# The same examples each time, none of them stored: a failing test must fail again.
repeatable = settings(
    max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@contextmanager
def written(data: bytes, name: str = "sheet.png") -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        yield path


def png(tones: Images) -> bytes:
    file = io.BytesIO()
    Image.fromarray(tones).save(file, "PNG")
    return file.getvalue()


@st.composite
def crisp_cells(draw: st.DrawFn) -> list[Images]:
    """Cells of black and white blocks, with ink in each and paper along the borders."""
    blocks = draw(st.lists(arrays(np.uint8, (6, 6), elements=st.sampled_from([0, 255])), min_size=2, max_size=9))
    cells = []
    for block in blocks:
        cell = np.zeros((64, 64), np.uint8)
        cell[8:56, 8:56] = np.kron(block, np.ones((8, 8), np.uint8))
        cell[30:32, 30:32] = 255
        cells.append(cell)
    return cells


@repeatable
@given(crisp_cells(), st.integers(1, 9))
def test_clean_sheet_of_any_shape_and_polarity_is_read_exactly(cells, columns):
    tones = grid(cells, columns)
    layout = f"{tones.shape[1] // 64}x{tones.shape[0] // 64}"
    with written(png(tones)) as light, written(png(255 - tones)) as dark:
        for path, ink in ((light, "light"), (dark, "dark")):
            said = read_keyframes(path, layout=layout, frames=len(cells))
            np.testing.assert_array_equal(said.images, cells)
            assert said.ink == ink
            # Blocks may be of finer cells, too. So a sheet may be refused if nobody says what its cells are.
            truth = Truth(said.images, warnings=said.warnings)
            assert judge_reading(path, truth, measured=True)(read_or_refusal(path, frames=len(cells))) is None


@repeatable
@given(st.sampled_from(MAGICS), st.binary(max_size=600), st.sampled_from(["x.png", "x.gif", "x.tif", "x"]))
def test_any_bytes_are_read_or_refused_by_name(magic, tail, name):
    with written(magic + tail, name) as path:
        assert judge_reading(path, None)(read_or_refusal(path)) is None


@repeatable
@given(st.data())
def test_a_truncated_sheet_is_refused_or_read_whole(data):
    cells = data.draw(crisp_cells())
    whole = png(grid(cells, len(cells)))
    with written(whole[: data.draw(st.integers(0, len(whole) - 1))]) as path:
        result = read_or_refusal(path)
        flooded = ("more than half is ink",) if any((cell >= 128).mean() > 0.5 for cell in cells) else ()
        expected = Truth(np.stack(cells), warnings=flooded) if isinstance(result, Keyframes) else None
        assert judge_reading(path, expected)(result) is None


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.binary(max_size=5)
)
names = (
    st.text(max_size=12) | st.sampled_from([*DEFAULT, "sheet", "architecture", "shards"]) | st.integers() | st.none()
)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@repeatable
@given(st.dictionaries(names, trees, max_size=4), st.booleans())
def test_any_mapping_is_a_configuration_or_refused_line_by_line(changes, on_top):
    mapping = {**DEFAULT, **changes} if on_top else changes
    result: object
    try:
        result = Configuration.read(mapping)
    except InkbridgeError as error:
        result = error
    assert judge_configuration(result, mapping, None) is None


@repeatable
@given(st.text())
def test_printable_text_is_one_line_and_keeps_readable_names(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()
