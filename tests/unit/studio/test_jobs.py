"""What the worker keeps, and what it reads of files that are brought in."""

import base64
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.studio.bringing import bring
from inkbridge.studio.jobs import Kept
from inkbridge.studio.taking import sheet_of
from inkbridge.support.errors import InkbridgeError


def cross(side: int, turned: bool) -> np.ndarray:
    image = np.zeros((side, side), np.uint8)
    a, b, m = side // 5, side - side // 5, side // 2
    ends = [((a, a), (b, b)), ((a, b), (b, a))] if turned else [((a, m), (b, m)), ((m, a), (m, b))]
    for one, other in ends:
        cv2.line(image, one, other, 255, side // 16, cv2.LINE_AA)
    return image


DRAWN = np.stack([cross(256, False), cross(256, True), cross(256, False)])


def test_the_last_results_are_kept():
    kept: Kept[int] = Kept(2)
    computed = []

    def compute(value: int) -> int:
        computed.append(value)
        return value

    for value in (1, 2, 1, 3, 1, 2):
        assert kept.of(str(value), lambda value=value: compute(value)) == value
    assert computed == [1, 2, 3, 2]


@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_sheet_is_read_as_the_keyframes_that_are_on_it(count, tmp_path):
    originals = np.stack([DRAWN[number % 2] for number in range(count)])
    sheet_of(originals).save(tmp_path / "sheet.png")
    found = read_keyframes(tmp_path / "sheet.png")
    assert np.abs(found.images.astype(int) - Keyframes.of(originals).images).max() <= 2


def photograph(path) -> np.ndarray:
    """Write a photograph of a sheet on a table; return the corners of its page in parts of the picture."""
    page = np.full((700, 1100, 3), 245, np.uint8)
    for number, drawing in enumerate(DRAWN):
        cell = page[200:456, 90 + number * 330 : 346 + number * 330]
        cell[:] = np.minimum(cell, 245 - np.minimum(drawing, 215)[..., None])
    corners = np.array([[180, 140], [1150, 190], [1120, 830], [140, 790]], np.float32)
    table = np.full((960, 1280, 3), (70, 90, 110), np.uint8)
    flat = np.array([[0, 0], [1100, 0], [1100, 700], [0, 700]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    cv2.warpPerspective(page, matrix, (1280, 960), dst=table, borderMode=cv2.BORDER_TRANSPARENT)
    light = np.linspace(0.75, 1, 1280)[None, :, None]
    noise = np.random.default_rng(0).normal(0, 3, table.shape)
    Image.fromarray((table * light + noise).clip(0, 255).astype(np.uint8)).save(path, quality=92)
    return corners / [1280, 960]


def brought(path, **about) -> dict:
    return json.loads(bring(path, {"name": "my page.jpg", **about})[1])


def test_the_page_in_a_photograph_is_shown_and_may_be_corrected(tmp_path):
    corners = photograph(tmp_path / "brought.jpg")
    found = brought(tmp_path / "brought.jpg")
    assert np.abs(np.array(found["outline"]) - corners).max() < 0.02
    assert len(found["keyframes"]) == 3
    with Image.open(io.BytesIO(base64.b64decode(found["picture"]))) as seen:
        assert seen.format == "JPEG"
        assert max(seen.size) <= 1200
    corrected = brought(tmp_path / "brought.jpg", corners=corners.ravel().tolist(), layout="3x1")
    assert (len(corrected["keyframes"]), corrected["layout"]) == (3, "3x1")
    assert "brought" not in json.dumps([corrected[name] for name in ("notes", "warnings")])


@pytest.mark.parametrize("corners", [[0.0] * 8, [0, 0, 0, 1, 1, 1, 1, 0], [0, 0, 1, 0, 0.2, 0.1, 0, 1]])
def test_corners_that_are_no_page_are_refused(corners, tmp_path):
    photograph(tmp_path / "brought.jpg")
    found = brought(tmp_path / "brought.jpg", corners=corners)
    assert found["keyframes"] == []
    assert found["refused"].startswith("my page.jpg: expected the four corners of a page")
    assert found["picture"]


def test_a_picture_that_is_not_certain_is_shown_with_the_reason(tmp_path):
    Image.fromarray(255 - DRAWN[0]).save(tmp_path / "brought.png")
    found = json.loads(bring(tmp_path / "brought.png", {"name": "one.png"})[1])
    assert found["picture"]
    assert (found["keyframes"] == []) == (found["refused"] is not None)


def test_blank_paper_is_refused_with_its_picture(tmp_path):
    Image.new("L", (256, 128), 255).save(tmp_path / "brought.png")
    found = brought(tmp_path / "brought.png", layout="2x1")
    assert found["refused"].startswith("my page.jpg: expected drawings, found no ink")
    assert found["picture"]


def test_too_many_frames_are_refused(tmp_path):
    frames = [Image.fromarray(np.roll(DRAWN[0], number, axis=1)) for number in range(70)]
    frames[0].save(tmp_path / "brought.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(InkbridgeError, match="film"):
        bring(tmp_path / "brought.gif", {"name": "film.gif", "keyframes": 70})
    assert len(brought(tmp_path / "brought.gif", keyframes=8)["keyframes"]) == 8
