"""Strokes become an SVG that browsers show like the GIF, and a table that other programs read."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import cv2
import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inkbridge.export.formats import write_gif
from inkbridge.export.vectors import COLUMNS, Strokes, write_stroke_table, write_svg
from inkbridge.fitting.tuning import FINISH
from inkbridge.strokes.bezier import bernstein
from inkbridge.strokes.soft_raster import paint_soft
from inkbridge.support.errors import InkbridgeError
from tests.browser.chromium import ARGUMENTS, CHROMIUM, needs_browser

Ink = NDArray[np.float64]

SVG = "{http://www.w3.org/2000/svg}"

FRAMES, STROKES, FRAME_MS = 7, 5, 30


@pytest.fixture
def strokes() -> Strokes:
    """Strokes whose values all change in every frame; some leave the cell."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-5, 70, (FRAMES, STROKES, 8))
    widths, opacities = rng.uniform(1, 6, (FRAMES, STROKES, 1)), rng.uniform(0.2, 1, (FRAMES, STROKES, 1))
    return np.concatenate([points, widths, opacities], axis=-1).astype(np.float32)


@pytest.fixture
def svg(tmp_path: Path) -> Path:
    return tmp_path / "animations" / "tree" / "linear_std0.svg"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "animations" / "tree" / "linear_std0.h5"


def paths_of(svg: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(svg).iter(f"{SVG}path"))


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


def stroke_of(path: ElementTree.Element) -> list[float]:
    """Return the ten numbers of a stroke as its path has them where nothing plays."""
    return [value for name in ("d", "stroke-width", "stroke-opacity") for value in numbers(path.attrib[name])]


def frames_of(path: ElementTree.Element) -> NDArray[np.float64]:
    """Return what the animations of a path show, ``[T, 10]``; all ten numbers must be animated."""
    animations = {animate.attrib["attributeName"]: animate.attrib["values"].split(";") for animate in path}
    columns = [animations[name] for name in ("d", "stroke-width", "stroke-opacity")]
    return np.array([numbers(" ".join(values)) for values in zip(*columns, strict=True)])


def test_every_stroke_is_a_path_with_its_values_in_every_frame(strokes, svg):
    write_svg(svg, strokes, FRAME_MS)
    paths = paths_of(svg)
    assert len(paths) == STROKES
    for number, path in enumerate(paths):
        np.testing.assert_allclose(frames_of(path), strokes[:, number], atol=0.00501)
        np.testing.assert_allclose(stroke_of(path), strokes[0, number], atol=0.00501)


@pytest.mark.parametrize("frame_ms", [10, 30, 250])
def test_animation_takes_the_time_of_its_frames_and_repeats(frame_ms, strokes, svg):
    write_svg(svg, strokes, frame_ms)
    animations = list(ElementTree.parse(svg).iter(f"{SVG}animate"))
    assert len(animations) == 3 * STROKES
    for animation in animations:
        assert animation.attrib["dur"] == f"{FRAMES * frame_ms}ms"
        assert animation.attrib["calcMode"] == "discrete"
        assert animation.attrib["repeatCount"] == "indefinite"
        assert "keyTimes" not in animation.attrib, "every value is shown for the same time"


def test_cell_is_black_and_strokes_are_white_and_round(strokes, svg):
    write_svg(svg, strokes, FRAME_MS)
    drawing = ElementTree.parse(svg).getroot()
    paper, cell = drawing
    assert drawing.attrib["viewBox"] == "0 0 64 64"
    assert paper.tag == f"{SVG}rect"
    assert (paper.attrib["width"], paper.attrib["height"], paper.attrib["fill"]) == ("64", "64", "#000000")
    assert (cell.attrib["stroke"], cell.attrib["fill"]) == ("#ffffff", "none")
    assert cell.attrib["stroke-linecap"] == cell.attrib["stroke-linejoin"] == "round"


def test_svg_has_no_scripts_and_no_links(strokes, svg):
    write_svg(svg, strokes, FRAME_MS)
    elements = list(ElementTree.parse(svg).iter())
    assert {element.tag for element in elements} == {f"{SVG}{name}" for name in ("svg", "rect", "path", "animate")}
    names = {name for element in elements for name in element.attrib}
    assert not {name for name in names if "href" in name or name.startswith("on") or name == "style"}
    text = svg.read_text()
    assert "url(" not in text
    assert text.count("http") == 1, "the name of the language"
    assert "<!DOCTYPE" not in text


@pytest.mark.parametrize(
    ("columns", "attribute"), [(slice(8), "d"), (slice(8, 9), "stroke-width"), (slice(9, 10), "stroke-opacity")]
)
def test_attributes_that_do_not_change_are_not_animated(columns, attribute, strokes, svg):
    strokes[..., columns] = strokes[0, 0, columns]
    strokes[-1, ..., columns] += 0.001 - strokes[-1, ..., columns] % 0.01  # less than is written
    strokes[:-1, ..., columns] = strokes[-1, ..., columns] + 0.002
    write_svg(svg, strokes, FRAME_MS)
    animated = [animate.attrib["attributeName"] for animate in ElementTree.parse(svg).iter(f"{SVG}animate")]
    assert len(animated) == 2 * STROKES
    assert attribute not in animated


def test_one_frame_is_not_animated(strokes, svg):
    write_svg(svg, strokes[2:3], FRAME_MS)
    assert not list(ElementTree.parse(svg).iter(f"{SVG}animate"))
    np.testing.assert_allclose([stroke_of(path) for path in paths_of(svg)], strokes[2], atol=0.00501)


def test_strokes_that_are_never_visible_are_left_out(strokes, svg):
    strokes[:, 1, 9] = 0.003
    strokes[:, 3, 9] = 0
    strokes[4, 3, 9] = 0.5  # seen once
    write_svg(svg, strokes, FRAME_MS)
    first = [stroke_of(path) for path in paths_of(svg)]
    np.testing.assert_allclose(first, strokes[0, [0, 2, 3, 4]], atol=0.00501)


def test_widths_and_opacities_stay_in_the_range_of_svg(strokes, svg):
    strokes[1, 0, 8:] = -0.4, 1.3
    strokes[2, 0, 8:] = -0.001, -0.2
    write_svg(svg, strokes, FRAME_MS)
    np.testing.assert_array_equal(frames_of(paths_of(svg)[0])[1:3, 8:], [[0, 1], [0, 0]])


def test_numbers_have_at_most_two_decimals(strokes, svg):
    strokes[:, 0] = [1, 20, -0.001, 0.5, -0.25, 63.999, 1.234, 1e-9, 3, 1]
    write_svg(svg, strokes, FRAME_MS)
    path = paths_of(svg)[0]
    assert path.attrib["d"] == "M1 20C0 0.5 -0.25 64 1.23 0"
    assert (path.attrib["stroke-width"], path.attrib["stroke-opacity"]) == ("3", "1")


def test_svg_of_four_seconds_is_no_larger_than_a_gif(svg):
    strokes = np.random.default_rng(0).uniform(10, 60, (121, 16, 10)).astype(np.float32)
    strokes[..., 8:] /= 60
    write_svg(svg, strokes, FRAME_MS)
    assert svg.stat().st_size < 130_000


def test_table_holds_the_strokes_and_their_description(strokes, table):
    about = {"doodle": "tree", "noise_std": 0.3, "seed": 2018, "loop": True}
    write_stroke_table(table, strokes, FRAME_MS, about)
    with h5py.File(table) as file:
        np.testing.assert_array_equal(file["strokes"][:], strokes)
        assert file["strokes"].dtype == np.float32
        assert list(file["strokes"].attrs["columns"]) == list(COLUMNS)
        assert len(COLUMNS) == strokes.shape[-1]
        np.testing.assert_array_equal(file["time_ms"][:], [0, 30, 60, 90, 120, 150, 180])
        assert dict(file.attrs) == {"format_version": 1, "frame_ms": FRAME_MS, "cell": 64, **about}


def test_table_is_compressed(table):
    strokes = np.ones((600, 16, 10), np.float32)
    strokes[..., 0] = np.arange(600)[:, None]
    write_stroke_table(table, strokes, FRAME_MS, {})
    assert table.stat().st_size < strokes.nbytes / 4
    with h5py.File(table) as file:
        np.testing.assert_array_equal(file["strokes"][:], strokes)


def test_reserved_names_are_refused_in_the_description_of_a_table(strokes, table):
    with pytest.raises(ValueError, match="cell"):
        write_stroke_table(table, strokes, FRAME_MS, {"cell": 128})
    assert not table.exists()


def test_same_strokes_give_the_same_bytes(strokes, svg, table, tmp_path):
    write_svg(svg, strokes, FRAME_MS)
    write_svg(tmp_path / "again.svg", strokes.copy(), FRAME_MS)
    assert svg.read_bytes() == (tmp_path / "again.svg").read_bytes()
    write_stroke_table(table, strokes, FRAME_MS, {"doodle": "tree"})
    write_stroke_table(tmp_path / "again.h5", strokes.copy(), FRAME_MS, {"doodle": "tree"})
    assert table.read_bytes() == (tmp_path / "again.h5").read_bytes()


@pytest.mark.parametrize("shape", [(5, 10), (3, 5, 9), (3, 5, 11), (0, 5, 10), (3, 0, 10), (1, 3, 5, 10)])
def test_strokes_of_other_shapes_are_refused(shape, svg, table):
    strokes = np.ones(shape, np.float32)
    with pytest.raises(ValueError, match=re.escape(str(list(shape)))):
        write_svg(svg, strokes, FRAME_MS)
    with pytest.raises(ValueError, match=re.escape(str(list(shape)))):
        write_stroke_table(table, strokes, FRAME_MS, {})
    assert not svg.parent.exists()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_strokes_that_are_not_finite_are_refused(number, strokes, svg, table):
    strokes[3, 2, 5] = number
    with pytest.raises(ValueError, match="finite"):
        write_svg(svg, strokes, FRAME_MS)
    with pytest.raises(ValueError, match="finite"):
        write_stroke_table(table, strokes, FRAME_MS, {})
    assert not svg.parent.exists()


@pytest.mark.parametrize("frame_ms", [0, -30])
def test_frame_without_a_time_is_refused(frame_ms, strokes, svg, table):
    with pytest.raises(ValueError, match="frame_ms"):
        write_svg(svg, strokes, frame_ms)
    with pytest.raises(ValueError, match="frame_ms"):
        write_stroke_table(table, strokes, frame_ms, {})
    assert not svg.parent.exists()


def test_failed_writing_leaves_the_old_files(strokes, svg, table, monkeypatch):
    write_svg(svg, strokes, FRAME_MS)
    write_stroke_table(table, strokes, FRAME_MS, {})
    before = svg.read_bytes(), table.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ElementTree.ElementTree, "write", fail)
    monkeypatch.setattr(h5py.File, "create_dataset", fail)
    with pytest.raises(InkbridgeError, match="disk full"):
        write_svg(svg, strokes[:2], FRAME_MS)
    with pytest.raises(InkbridgeError, match="disk full"):
        write_stroke_table(table, strokes[:2], FRAME_MS, {})
    assert (svg.read_bytes(), table.read_bytes()) == before
    assert set(svg.parent.iterdir()) == {svg, table}


def screenshot(page: Path, width: int, height: int, *options: str) -> Ink:
    """Return what Chromium shows of a file, as ink ``[height, width]`` in [0, 1]."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as folder:
        command = [CHROMIUM, "--headless", *ARGUMENTS]
        where = [f"--user-data-dir={folder}/profile", f"--screenshot={folder}/shown.png", page.as_uri()]
        size = [f"--window-size={width},{height}", "--force-device-scale-factor=1"]
        subprocess.run([*command, *size, *options, *where], check=True, capture_output=True, timeout=120)
        with Image.open(f"{folder}/shown.png") as image:
            assert image.size == (width, height)
            return np.asarray(image.convert("L")) / 255


def rasterised(strokes: Strokes, size: int) -> Ink:
    """Return strokes ``[N, 10]`` as OpenCV paints them at four times the size, as ink ``[size, size]``."""
    scale, fraction_bits = 4 * size / 64, 4
    paper = np.ones((size, size))
    for stroke in strokes:
        curve = bernstein(np.linspace(0, 1, 65)) @ stroke[:8].reshape(4, 2) * scale - 0.5
        points = np.rint(curve * (1 << fraction_bits)).astype(np.int32)
        canvas = np.zeros((4 * size, 4 * size), np.uint8)
        thickness = 2 * round((float(stroke[8]) * scale - 1) / 2)  # OpenCV paints lines of 2n one pixel wider
        cv2.polylines(canvas, [points], False, 255, thickness, cv2.LINE_8, fraction_bits)
        paper *= 1 - stroke[9] * cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA) / 255
    return 1 - paper


def hand_made() -> Strokes:
    """Return a frame ``[1, 7, 10]`` of what is hard to show alike: crossings, loops, a dot, ink beyond the cell."""
    return np.float32(
        [
            [
                [8, 12, 20, 2, 40, 30, 56, 10, 3, 1],
                [10, 20, 70, 50, -6, 50, 54, 20, 2.5, 0.6],  # a loop: it does not darken where it crosses itself
                [8, 40, 24, 36, 40, 44, 58, 38, 6, 0.5],
                [32, 26, 32, 36, 32, 46, 32, 60, 4.4, 0.8],
                [16, 54, 16, 54, 16, 54, 16, 54, 5, 1],
                [48, 54, 60, 56, 70, 50, 80, 40, 3.3, 0.9],
                [6, 30, 12, 22, 2, 22, 8, 30, 1, 0.3],
            ]
        ]
    )


@needs_browser
def test_browser_shows_the_strokes_of_a_frame(svg):
    strokes = hand_made()
    write_svg(svg, strokes, FRAME_MS)
    shown, expected = screenshot(svg, 256, 256), rasterised(strokes[0], 256)
    assert shown.mean() > 0.1
    assert np.abs(shown - expected).mean() < 0.01
    # A pixel on an edge may differ, one inside a stroke or beside it may not.
    assert (np.abs(shown - expected) > 0.3).mean() < 0.004


@needs_browser
def test_browser_shows_svg_and_gif_alike(svg, tmp_path):
    strokes, gif = hand_made(), tmp_path / "frame.gif"
    write_svg(svg, strokes, FRAME_MS)
    write_gif(gif, np.rint(255 * paint_soft(strokes, FINISH.last_softness, 256)).astype(np.uint8), FRAME_MS)
    with Image.open(gif) as picture:
        drawn = np.asarray(picture.convert("L")) / 255
    # Sixteen tones of a GIF are a thirtieth off at most, on half-opaque strokes.
    assert np.abs(screenshot(svg, 256, 256) - drawn).mean() < 0.015


@needs_browser
def test_nothing_shows_beside_the_cell(svg, tmp_path):
    write_svg(svg, hand_made()[:, 5:6], FRAME_MS)
    page = tmp_path / "page.html"
    picture = f'<img src="{svg.as_uri()}" width="512" height="256" style="display: block">'
    page.write_text(f'<!doctype html><body style="margin: 0; background: #808080">{picture}')
    shown = screenshot(page, 512, 256)
    assert shown[:, 128:384].max() > 0.8
    np.testing.assert_array_equal(shown[:, :128], 128 / 255)
    np.testing.assert_array_equal(shown[:, 384:], 128 / 255)


def sheet_of(svgs: Sequence[str]) -> str:
    """Return a page that shows SVGs side by side, each 64 pixels wide."""
    cells = [f'<div style="float: left; width: 64px; height: 64px">{svg.split("?>")[1]}</div>' for svg in svgs]
    return f'<!doctype html><meta charset="utf-8"><body style="margin: 0">{"".join(cells)}'


@pytest.mark.slow
@needs_browser
def test_browser_shows_every_frame_at_its_time_in_every_repetition(strokes, svg, tmp_path):
    frame_ms = 100_000  # so long that nothing moves on while the picture is taken
    write_svg(svg, strokes, frame_ms)
    animated = svg.read_text()
    frames = range(FRAMES)
    begun, stills = [], []
    for passed in [*(frame + 0.1 for frame in frames), *(3 * FRAMES + frame + 0.9 for frame in frames)]:
        begun.append(animated.replace("<animate ", f'<animate begin="-{passed * frame_ms:.0f}ms" '))
        write_svg(svg, strokes[int(passed) % FRAMES][None], frame_ms)
        stills.append(svg.read_text())
    assert begun[0].count("begin=") == 3 * STROKES
    pictures = []
    for name, sheet in (("begun", begun), ("stills", stills)):
        page = tmp_path / f"{name}.html"
        page.write_text(sheet_of(sheet))
        pictures.append(screenshot(page, 64 * len(sheet), 64))
    shown, expected = pictures
    np.testing.assert_array_equal(shown, expected)
    cells = np.split(shown, len(begun), axis=1)
    assert len({cell.tobytes() for cell in cells[:FRAMES]}) == FRAMES, "no two frames are alike"


@pytest.mark.slow
@needs_browser
def test_browser_plays_a_file_from_disk_and_repeats_it(svg):
    count, frame_ms, budget_ms = 50, 100, 7000
    strokes = np.zeros((count, 1, 10), np.float32)
    strokes[:, 0, 0:8:2] = np.arange(count)[:, None] + 8
    strokes[:, 0, 1:8:2], strokes[..., 8], strokes[..., 9] = 32, 6, 1
    write_svg(svg, strokes, frame_ms)
    for _ in range(5):
        shown = screenshot(svg, 256, 256, f"--virtual-time-budget={budget_ms}")
        frame = (shown.sum(axis=0) @ (np.arange(256) + 0.5)) / shown.sum() / 4 - 8
        # On a busy machine the picture is now and then taken when the time of the page has hardly begun.
        if frame > 5:
            break
    assert abs(frame - budget_ms / frame_ms % count) < 3
