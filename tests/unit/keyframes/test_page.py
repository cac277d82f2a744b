"""Photographs and scans become pages of ink; lines that are no drawing are dropped; clean drawings stay as they are."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks import photographs
from inkbridge.keyframes.light import evened, thin_ink
from inkbridge.keyframes.outlines import find_outline, page_size
from inkbridge.keyframes.page import is_photographed, read_page
from inkbridge.keyframes.reading import read_cells, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import draw_on, drawing

INPUTS = Path(__file__).resolve().parents[3].parent / "shared" / "inputs"


def as_picture(pixels: Images) -> Image.Image:
    return Image.fromarray(pixels).convert("RGBA")


def figure(side: int = 128) -> Images:
    """A thin dark figure on white paper, ``uint8 [side, side, 3]``."""
    return np.repeat(255 - drawing(1, side)[..., None], 3, axis=2)


# --- what is a photograph ------------------------------------------------------------------------------------


def test_clean_drawings_are_no_photographs(sheet):
    large = np.kron(sheet, np.ones((4, 4), np.uint8))
    for pixels in (large, 255 - large, (large // 3 + 90)):
        assert not is_photographed(as_picture(pixels))
    assert not is_photographed(draw_on(empty_sheet(6, 256), 256, 4).convert("RGBA"))


def test_clean_page_is_the_picture_itself(sheet):
    picture = as_picture(np.kron(sheet, np.ones((4, 4), np.uint8)))
    page = read_page(picture)
    assert page.picture is picture and page.view is picture
    assert not page.photographed and page.dropped == () and page.notes == ()


@pytest.mark.parametrize("fall", [0.15, 0.35])
def test_uneven_light_makes_a_photograph(fall, sheet):
    large = np.kron(255.0 - sheet, np.ones((4, 4)))
    light = 1 - fall * np.linspace(0, 1, large.shape[1])
    assert is_photographed(as_picture((large * light).astype(np.uint8)))


# --- outline and light ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [(60, 45, 30), (120, 120, 124), (20, 40, 60)])
@pytest.mark.parametrize("shadow", [1.0, 0.6])
def test_outline_is_that_of_the_page_in_any_light(table, shadow):
    corners = np.array([[130, 90], [690, 60], [720, 520], [90, 500]])
    photograph = np.full((600, 800, 3), table, np.uint8)
    cv2.fillConvexPoly(photograph, corners, (236, 233, 224), cv2.LINE_AA)
    cv2.polylines(photograph, [np.array([[300, 200], [400, 400], [500, 220]])], False, (30, 30, 30), 6, cv2.LINE_AA)
    shaded = photograph.astype(float)
    shaded[:, 420:] *= shadow
    found = find_outline(shaded.astype(np.uint8))
    assert found is not None
    np.testing.assert_allclose(found.corners, corners, atol=3)


def test_no_outline_is_found_on_plain_paper(sheet):
    assert find_outline(np.repeat(np.kron(255 - sheet, np.ones((4, 4), np.uint8))[..., None], 3, axis=2)) is None


@pytest.mark.parametrize("tilt", [0.0, 12.0, 25.0])
@pytest.mark.parametrize("shape", [2**0.5, 1.0, 1.8])
def test_proportions_of_a_page_are_true_in_perspective(tilt, shape):
    focal, turn = 960.0, np.radians(tilt)
    rotation = cv2.Rodrigues(turn * np.array([0.8, 0.6, 0]))[0]
    flat = np.array([[-shape, -1, 0], [shape, -1, 0], [shape, 1, 0], [-shape, 1, 0]])
    seen = flat @ rotation.T + [0, 0, 4 * shape]
    corners = focal * seen[:, :2] / seen[:, 2:] + [600, 450]
    width, height = page_size(corners, 1200, 900)
    assert width / height == pytest.approx(shape, rel=0.03)


def test_paper_is_white_in_any_light_and_ink_keeps_its_place():
    flat = np.full((400, 600), 240.0)
    flat[100:300, 200:206] = 40
    light = np.linspace(1, 0.5, 600) * np.linspace(1, 0.8, 400)[:, None]
    found = evened(np.repeat((flat * light)[..., None], 3, axis=2).astype(np.uint8))
    paper = np.ones(flat.shape, bool)
    paper[95:305, 190:216] = False
    assert found[paper].min() > 235
    assert found[100:300, 202:204].max() < 90


def test_broad_strokes_are_ink_if_their_edges_are_sharp_and_shadows_are_not():
    page = np.full((600, 800, 3), 220.0)
    page[200:320, 150:270] = 100
    shadow = np.full((600, 800, 3), 1.0, np.float32)
    cv2.circle(shadow, (560, 300), 70, (0.5,) * 3, -1)
    lit = page * cv2.GaussianBlur(shadow, (0, 0), 14)
    found = evened(lit.clip(0, 255).astype(np.uint8))
    assert found[210:310, 160:260].max() < 140
    assert found[240:360, 500:620].min() > 200


@pytest.mark.parametrize("kind", ["dark", "light"])
def test_ink_is_what_is_thin_whatever_fills_the_page(kind):
    page = np.full((300, 400, 3), 130, np.uint8)
    tone, fill = (20, 240) if kind == "dark" else (240, 20)
    cv2.rectangle(page, (80, 60), (320, 240), (fill,) * 3, -1)  # more pixels than its outline has
    cv2.rectangle(page, (80, 60), (320, 240), (tone,) * 3, 6)
    cv2.line(page, (20, 20), (380, 30), (tone,) * 3, 6)
    assert thin_ink(page) == kind


# --- lines ---------------------------------------------------------------------------------------------------


def squared(side: int = 128, cells: int = 4, step: int = 16) -> Images:
    pixels = np.concatenate([figure(side)] * cells, axis=1).astype(float)
    for place in range(step // 2, pixels.shape[1], step):
        pixels[:, place] = np.minimum(pixels[:, place], (176, 205, 235))
    for place in range(step // 2, side, step):
        pixels[place] = np.minimum(pixels[place], (176, 205, 235))
    return pixels.astype(np.uint8)


def test_squares_are_dropped_and_ink_over_them_is_kept(save):
    found = read_keyframes(save(squared(), "squared.png"), cell=128)
    plain = read_keyframes(save(np.concatenate([figure()] * 4, axis=1), "plain.png"), cell=128)
    assert np.abs(found.images.astype(int) - plain.images).mean() < 1.5
    assert (found.images[plain.images == 0] > 0).mean() < 0.01


def test_lines_are_kept_if_asked_for(save):
    path = save(squared(), "squared.png")
    kept = read_cells(path, cell=128, drop_lines="none")
    assert kept.page is not None and kept.page.dropped == ()
    np.testing.assert_array_equal(np.asarray(kept.page.picture.convert("RGB")), squared())
    dropped = read_cells(path, cell=128).page
    assert dropped is not None and "pale lines" in dropped.dropped[0]


def construction(pen: str, line: str) -> Image.Image:
    sheet = Image.new("RGB", (512, 128), "white")
    draw = ImageDraw.Draw(sheet)
    for left in range(0, 512, 128):
        draw.ellipse((left + 20, 10, left + 108, 118), outline=line, width=2)
        draw.line((left + 64, 20, left + 40 + left // 16, 110), fill=pen, width=6)
        draw.line((left + 30, 64, left + 98, 64), fill=pen, width=6)
    return sheet


def test_construction_lines_are_dropped_with_a_warning(save):
    found = read_keyframes(save(construction("black", "#e87870")), cell=128)
    plain = read_keyframes(save(construction("black", "white"), "plain.png"), cell=128)
    assert np.abs(found.images.astype(int) - plain.images).mean() < 1
    assert any("construction lines" in text for text in found.warnings)
    assert plain.warnings == ()


def test_colour_that_draws_everything_is_a_pen(save):
    found = read_keyframes(save(construction("#e87870", "#e87870")), cell=128)
    assert found.warnings == ()
    assert (found.images > 127).mean() > 0.08


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_noise_of_coloured_ink_in_a_jpeg_is_no_construction_line(save, quality):
    sheet = Image.new("RGB", (192, 64), (15, 20, 150))
    draw = ImageDraw.Draw(sheet)
    for left in (0, 64, 128):
        draw.line((left + 12, 10, left + 40 + left // 16, 50), fill=(230, 110, 215), width=4)
        draw.line((left + 44, 20, left + 20, 44), fill=(230, 110, 215), width=4)
    path = save(sheet, "sheet.jpg", quality=quality)
    assert read_keyframes(path, cell=64).warnings == ()


# --- whole photographs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "seed"),
    [
        *[(number, 0) for number in (3, 6, 14, 16)],
        (0, 0),  # a scan that shows its page and guide lines
        (26, 0),  # drawings of two parts
        (49, 0),  # a ruled line below a drawn one
        (55, 0),  # construction lines within guide lines
        (84, 0),  # a drawing higher than the others
        (90, 0),  # lines lighter than cream paper in one channel
        (126, 0),  # squares that fade
        (159, 0),  # a broad pencil stroke
        (21, 1),  # a scan without lines that lies askew
        (80, 1),  # a guide line beside a pale edge of the page
        (117, 1),  # a close-up on a table with a grain
    ],
)
def test_photographs_are_read_as_they_were_drawn(number, seed, tmp_path):
    found = photographs.outcome(photographs.made(number, seed), tmp_path)
    assert found.refusal == ""
    assert min(found.agreements) >= photographs.LEAST_IOU


def test_made_photographs_are_always_the_same():
    first, second = photographs.made(19), photographs.made(19)
    np.testing.assert_array_equal(first.picture, second.picture)
    np.testing.assert_array_equal(first.drawings, second.drawings)


# --- papers, pens, outlines ----------------------------------------------------------------------------------


def test_pictures_of_a_folder_may_have_papers_and_pens_of_their_own(save, tmp_path):
    drawn = drawing(1, 128)
    white = Image.fromarray(255 - drawn).convert("RGB")
    beige = Image.composite(
        Image.new("RGB", (128, 128), "black"), Image.new("RGB", (128, 128), "#c8beaa"), Image.fromarray(drawn)
    )
    pencil = Image.composite(
        Image.new("RGB", (128, 128), "#cdcdcd"), Image.new("RGB", (128, 128), "white"), Image.fromarray(drawn)
    )
    for number, picture in enumerate((white, beige, white, pencil)):
        save(picture, f"folder/{number}.png")
    found = read_keyframes(tmp_path / "folder")
    for image in found.images[1:]:
        np.testing.assert_allclose(image.astype(int), found.images[0], atol=12)


@pytest.mark.parametrize("outline", ["dark", "light"])
def test_outer_edge_of_a_filled_figure_stays_visible(outline, save):
    line, fill = ((10, 10, 10, 255), (250, 250, 250, 255))[:: 1 if outline == "dark" else -1]
    sheet = Image.new("RGBA", (256, 64))
    for left in range(0, 256, 64):
        ImageDraw.Draw(sheet).ellipse((left + 10, 8 + left // 16, left + 50, 48 + left // 16), fill, line, 3)
    found = read_keyframes(save(sheet), cell=64)
    assert found.ink == outline
    assert 0.03 < (found.images[0] > 127).mean() < 0.15  # an outline, not a disc


def test_given_ink_decides_what_transparency_is_laid_on(save):
    layer = Image.new("RGBA", (128, 64))
    for left in (0, 64):
        ImageDraw.Draw(layer).line((left + 10, 10, left + 50, 40 + left // 8), (128, 128, 128, 255), 4)
    for ink in ("dark", "light"):
        found = read_keyframes(save(layer), cell=64, ink=ink)
        assert found.ink == ink
        assert 0.02 < (found.images > 127).mean() < 0.2


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("02_outline/b_whitefill.png", {"cell": 64}, 4),
        ("02_outline/b_whitefill.gif", {}, 4),
        ("04_papers/papers", {}, 3),
        ("04_papers/pens", {}, 3),
        ("04_papers/i_redpencil.png", {"cell": 128}, 4),
        ("04_papers/i_ruled_black.png", {"cell": 128}, 4),
        ("04_papers/i_gridpaper.png", {"cell": 128}, 4),
        ("04_papers/j_uneven.png", {"layout": "1x1"}, 1),
        ("01_cells/s_scan300.jpg", {}, 6),
    ],
)
def test_inputs_are_figures_of_dark_ink_on_paper(name, options, count):
    if not (INPUTS / name).exists():
        pytest.skip(f"{INPUTS / name} is not on this machine")
    found = read_cells(INPUTS / name, **options)
    assert (found.count, found.ink) == (count, "dark")
    shares = (found.cells[:count] > 127).mean(axis=(1, 2))
    assert (shares > 0.01).all() and (shares < 0.15).all()
    border = np.ones((64, 64), bool)
    border[3:-3, 3:-3] = False
    assert not (found.cells[:count, border] > 64).any()
