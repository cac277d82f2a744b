"""Reading a sheet, a folder or an animation gives the keyframes that were drawn, or one clear error."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

from inkbridge.keyframes import sources
from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images

REAL_SHEETS = Path(__file__).resolve().parents[3].parent / "shared" / "doodles"
REAL_COUNTS = {"brain": 5, "jumpingjack": 5, "tree": 7}


def drawing(index: int, side: int = 64) -> Images:
    """One anti-aliased light drawing on black that differs from those of every other index."""
    large = Image.new("L", (side * 4, side * 4))
    pen = ImageDraw.Draw(large)
    unit = side / 16
    pen.line([(unit * 10, unit * 10), (unit * (14 + 6 * index), unit * 52)], fill=255, width=round(unit * 3))
    pen.ellipse([unit * 20, unit * (8 + 5 * index), unit * 50, unit * 44], outline=255, width=round(unit * 3))
    return np.asarray(large.resize((side, side), Image.Resampling.BOX))


def grid(cells: list[Images], columns: int) -> Images:
    """Return a sheet of cells, row by row; blank cells fill the last row."""
    blank = np.zeros_like(cells[0])
    filled = cells + [blank] * (-len(cells) % columns)
    rows = [np.hstack(filled[start : start + columns]) for start in range(0, len(filled), columns)]
    return np.vstack(rows)


@pytest.fixture
def drawings() -> list[Images]:
    return [drawing(index) for index in range(5)]


@pytest.fixture
def sheet(drawings: list[Images]) -> Images:
    """Five drawings on a sheet of 4×2 cells."""
    return grid(drawings, columns=4)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def save_image(image: Images | Image.Image, name: str = "sheet.png", **options: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        picture.save(path, **options)
        return path

    return save_image


def distance(one: Images, other: Images) -> float:
    """Mean absolute difference, in tones of 255."""
    return float(np.abs(one.astype(float) - other).mean())


def read_error(path: Path, **options: object) -> str:
    with pytest.raises(InkbridgeError) as caught:
        read_keyframes(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- sheets ----------------------------------------------------------------------------------------------


def test_cells_are_read_row_by_row_without_trailing_blank_ones(sheet, drawings, save):
    found = read_keyframes(save(sheet))
    assert isinstance(found, Keyframes)
    assert found.images.dtype == np.uint8
    np.testing.assert_array_equal(found.images, drawings)
    assert found.ink == "light"
    assert found.warnings == ()


@pytest.mark.parametrize("name", ["sheet.bmp", "sheet.png", "sheet.tif", "sheet.webp", "sheet.PNG"])
def test_lossless_formats_keep_every_pixel(name, sheet, drawings, save):
    options = {"lossless": True} if name.endswith("webp") else {}
    np.testing.assert_array_equal(read_keyframes(save(sheet, name, **options)).images, drawings)


def test_inverted_sheet_gives_the_same_keyframes(sheet, save):
    light, dark = read_keyframes(save(sheet, "light.png")), read_keyframes(save(255 - sheet, "dark.png"))
    np.testing.assert_array_equal(light.images, dark.images)
    assert (light.ink, dark.ink) == ("light", "dark")


def test_ink_and_paper_are_decided_over_the_whole_sheet(drawings, save):
    mostly_ink = 255 - drawings[1]
    found = read_keyframes(save(grid([drawings[0], mostly_ink, drawings[2], drawings[3]], columns=2)))
    np.testing.assert_array_equal(found.images[1], mostly_ink)
    assert any("more than half is ink in cell 2" in text for text in found.warnings)


def test_large_shapes_do_not_turn_ink_into_paper(save):
    full = np.zeros((64, 64), np.uint8)
    full[6:-6, 6:-6] = 255
    smaller = np.zeros((64, 64), np.uint8)
    smaller[8:-6, 6:-6] = 255
    found = read_keyframes(save(grid([full, smaller], columns=2)))
    assert found.ink == "light"
    np.testing.assert_array_equal(found.images, [full, smaller])


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_given_ink_is_used(kind, sheet, drawings, save):
    path = save(sheet)
    found = read_keyframes(path, ink=kind, frames=5)
    expected = np.array(drawings) if kind == "light" else 255 - np.array(drawings)
    np.testing.assert_array_equal(found.images, expected)
    assert found.ink == kind


@pytest.mark.parametrize("cell", [32, 100, 128, 256])
def test_other_cell_sizes_give_nearly_the_same_keyframes(cell, drawings, save):
    scaled = [drawing(index, side=cell) for index in range(5)]
    found = read_keyframes(save(grid(scaled, columns=3)), cell=cell)
    assert found.images.shape == (5, 64, 64)
    tolerance = 8.0 if cell < 64 else 3.0
    assert distance(found.images, np.array(drawings)) < tolerance
    # The tolerance is small: a shift by one pixel is outside.
    assert distance(np.roll(found.images, 1, axis=2), np.array(drawings)) > 1.5 * tolerance


def test_reduction_does_not_bleed_between_cells_or_ring(save):
    full, empty = np.full((128, 128), 255, np.uint8), np.zeros((128, 128), np.uint8)
    half = empty.copy()
    half[32:96, 32:96] = 255
    found = read_keyframes(save(grid([full, empty, half, empty, half, empty], columns=3)), cell=128, ink="light")
    assert found.images[0].min() == 255
    assert found.images[1].max() == 0
    assert found.images[2][:13].max() == 0
    assert found.images[2][20:44, 20:44].min() == 255


def test_pixels_beyond_whole_cells_are_cropped_with_a_warning(sheet, drawings, save):
    padded = np.pad(sheet, [(0, 5), (0, 3)])
    found = read_keyframes(save(padded))
    np.testing.assert_array_equal(found.images, drawings)
    (text,) = found.warnings
    assert "3 at the right, 5 at the bottom" in text


def test_blank_cell_between_drawings_is_a_keyframe(drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    found = read_keyframes(save(grid([drawings[0], blank, drawings[1], blank], columns=4)))
    np.testing.assert_array_equal(found.images, [drawings[0], blank, drawings[1]])
    (text,) = found.warnings
    assert "blank, but kept as keyframe because a drawing follows: cell 2" in text


def test_cell_with_specks_is_blank_but_a_dot_is_a_drawing(drawings, save):
    specks = np.zeros((64, 64), np.uint8)
    specks[::9, ::7] = 12
    specks[30, 30] = 255
    assert len(read_keyframes(save(grid([*drawings[:2], specks], columns=3))).images) == 2
    dot = np.zeros((64, 64), np.uint8)
    dot[30:32, 30:32] = 255
    assert len(read_keyframes(save(grid([*drawings[:2], dot], columns=3))).images) == 3


@pytest.mark.parametrize("frames", [2, 5, 7])
def test_frames_sets_the_number_of_keyframes(frames, sheet, drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    found = read_keyframes(save(sheet), frames=frames)
    np.testing.assert_array_equal(found.images, [*drawings, blank, blank, blank][:frames])


# --- paper -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("quality", [40, 75, 95])
def test_jpeg_noise_of_the_paper_is_removed(quality, dark, sheet, drawings, save):
    path = save(255 - sheet if dark else sheet, "sheet.jpg", quality=quality)
    found = read_keyframes(path)
    drawn = np.array(drawings)
    assert found.images.shape == drawn.shape
    assert distance(found.images, drawn) < 4.0
    assert (found.images[drawn == 0] > 0).mean() < 0.03
    assert (found.images > 127).sum() == pytest.approx((drawn > 127).sum(), rel=0.03)


def test_off_white_paper_and_grey_ink_become_0_and_255(sheet, drawings, save):
    scanned = (235.0 - sheet * (150.0 / 255.0)).round().astype(np.uint8)
    found = read_keyframes(save(scanned))
    assert found.ink == "dark"
    assert np.abs(found.images.astype(int) - np.array(drawings)).max() <= 2


def test_grain_of_the_paper_is_removed(sheet, drawings, save):
    grain = np.random.default_rng(1).normal(0.0, 4.0, sheet.shape)
    found = read_keyframes(save((230.0 - sheet * 0.8 + grain).clip(0, 255).astype(np.uint8)))
    drawn = np.array(drawings)
    assert found.images.shape == drawn.shape
    assert (found.images[drawn == 0] > 0).mean() < 0.002


def test_faint_anti_aliased_edges_of_a_clean_sheet_are_kept(drawings, save):
    soft = [image.copy() for image in drawings]
    soft[0][image_edge(soft[0])] = 1
    np.testing.assert_array_equal(read_keyframes(save(grid(soft, columns=4))).images, soft)


def image_edge(image: Images) -> NDArray[np.bool_]:
    """Blank pixels just above ink."""
    return (image == 0) & (np.roll(image, -1, axis=0) > 0)


@pytest.mark.parametrize("colour", [(255, 255, 0), (0, 0, 255), (200, 30, 30)])
@pytest.mark.parametrize("paper", [0, 255])
def test_coloured_ink_is_read_as_ink(colour, paper, sheet, drawings, save):
    opacity = sheet[..., None] / 255.0
    coloured = (opacity * np.array(colour) + (1.0 - opacity) * paper).round().astype(np.uint8)
    found = read_keyframes(save(coloured))
    assert np.abs(found.images.astype(int) - np.array(drawings)).max() <= 2


# --- modes of pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
@pytest.mark.parametrize("dark", [False, True])
def test_every_mode_is_read(mode, dark, save):
    crisp = [np.where(drawing(index) > 127, 255, 0).astype(np.uint8) for index in range(3)]
    tones = grid(crisp, columns=3)
    tones = 255 - tones if dark else tones
    if mode == "I;16":
        picture = Image.fromarray(tones.astype(np.uint16) * 257)
    elif mode == "I":
        picture = Image.fromarray(tones.astype(np.int32) * 257)
    elif mode == "F":
        picture = Image.fromarray(tones.astype(np.float32) / 255.0)
    else:
        picture = Image.fromarray(tones).convert(mode)
    assert picture.mode == mode
    found = read_keyframes(save(picture, "sheet.tif"))
    np.testing.assert_array_equal(found.images, crisp)


@pytest.mark.parametrize("tone", [0, 255])
def test_transparent_paper_contrasts_with_its_ink(tone, sheet, drawings, save):
    layers = np.stack([np.full_like(sheet, tone)] * 3 + [sheet], axis=-1)
    found = read_keyframes(save(layers))
    np.testing.assert_array_equal(found.images, drawings)
    assert found.ink == ("light" if tone else "dark")


def test_faint_ink_on_transparent_paper_is_ink_and_hidden_colours_are_not(sheet, drawings, save):
    layers = np.stack([np.zeros_like(sheet)] * 3 + [sheet // 3], axis=-1)
    np.testing.assert_allclose(read_keyframes(save(layers)).images.astype(int), drawings, atol=6)
    hidden = np.stack([sheet] * 3 + [np.zeros_like(sheet)], axis=-1)
    assert "found 0 in 8 cells" in read_error(save(hidden))


def test_transparent_holes_in_opaque_paper_are_paper(sheet, drawings, save):
    layers = np.stack([255 - sheet] * 3 + [np.full_like(sheet, 255)], axis=-1)
    layers[2:12, 52:62, 3] = 0
    np.testing.assert_array_equal(read_keyframes(save(layers)).images, drawings)


def test_palette_with_transparency_is_read(sheet, save):
    crisp = np.where(sheet > 127, 1, 0).astype(np.uint8)
    picture = Image.fromarray(crisp)
    picture = Image.frombytes("P", picture.size, crisp.tobytes())
    picture.putpalette([0, 0, 0, 20, 20, 20])
    found = read_keyframes(save(picture, transparency=0))
    assert found.ink == "dark"
    np.testing.assert_array_equal(found.images[0] > 0, crisp[:64, :64] == 1)


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet.png", "sheet.tif"])
def test_rotation_in_the_metadata_is_applied(name, sheet, save):
    turned = Image.fromarray(sheet).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turn clockwise to see it upright
    upright = read_keyframes(save(sheet, "upright.png"))
    found = read_keyframes(save(turned, name, exif=exif))
    assert found.images.shape == upright.images.shape
    assert distance(found.images, upright.images) < 3.0


# --- folders and animations ------------------------------------------------------------------------------


def test_folder_is_read_like_a_sheet_in_natural_order(sheet, drawings, save, tmp_path):
    for name, image in zip(["1.png", "2.bmp", "10.png", "a2.png", "a10.png"], drawings, strict=True):
        save(image, f"folder/{name}")
    found = read_keyframes(tmp_path / "folder")
    np.testing.assert_array_equal(found.images, read_keyframes(save(sheet)).images)
    assert found.warnings == ()


def test_pictures_of_a_folder_are_fitted_into_a_square(save, tmp_path):
    bar = np.full((200, 100), 255, np.uint8)
    bar[20:180, 40:60] = 0
    save(bar, "folder/1.png")
    save(bar[:, ::-1].T.copy(), "folder/2.png")
    found = read_keyframes(tmp_path / "folder").images
    assert found[:, :4].max() == 0 and found[:, -4:].max() == 0
    np.testing.assert_array_equal(found[0][:, :24].max(), 0)
    assert found[0][10:54, 30:34].min() == 255
    np.testing.assert_allclose(found[1], found[0].T, atol=2)


def test_other_files_in_a_folder_are_ignored_with_a_warning(drawings, save, tmp_path):
    save(drawings[0], "folder/1.png")
    save(drawings[1], "folder/2.png")
    save(drawings[2], "folder/.hidden.png")
    (tmp_path / "folder" / "notes.txt").write_text("a walking man")
    (tmp_path / "folder" / "old.png").mkdir()
    found = read_keyframes(tmp_path / "folder")
    assert len(found.images) == 2
    (text,) = found.warnings
    assert ".hidden.png" in text and "notes.txt" in text and "old.png" in text


def test_animation_in_a_folder_gives_its_first_frame(drawings, save, tmp_path):
    frames = [Image.fromarray(image) for image in drawings]
    save(frames[0], "folder/1.gif", save_all=True, append_images=frames[1:])
    save(drawings[1], "folder/2.png")
    found = read_keyframes(tmp_path / "folder")
    np.testing.assert_array_equal(found.images, drawings[:2])
    assert "first frame" in found.warnings[0] and "1.gif" in found.warnings[0]


@pytest.mark.parametrize("name", ["move.gif", "move.png", "move.webp", "move.tif"])
def test_every_frame_of_an_animation_is_a_keyframe(name, drawings, save):
    frames = [Image.fromarray(image) for image in drawings]
    options = {"lossless": True} if name.endswith("webp") else {}
    found = read_keyframes(save(frames[0], name, save_all=True, append_images=frames[1:], **options))
    np.testing.assert_array_equal(found.images, drawings)


def test_frames_sets_the_number_of_keyframes_of_a_folder(drawings, save, tmp_path):
    for index, image in enumerate(drawings):
        save(image, f"folder/{index}.png")
    np.testing.assert_array_equal(read_keyframes(tmp_path / "folder", frames=3).images, drawings[:3])


# --- errors ----------------------------------------------------------------------------------------------


def test_missing_path_is_an_error(tmp_path):
    assert "no such file" in read_error(tmp_path / "absent.png")


def test_text_with_an_image_name_is_an_error(tmp_path):
    path = tmp_path / "sheet.png"
    path.write_text("not a picture")
    assert "found a file of another kind" in read_error(path)


def test_empty_file_is_an_error(tmp_path):
    path = tmp_path / "sheet.png"
    path.touch()
    assert "found a file of another kind" in read_error(path)


@pytest.mark.parametrize("name", ["sheet.png", "sheet.bmp", "sheet.jpg", "sheet.gif", "sheet.tif", "sheet.webp"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8])
def test_truncated_image_is_an_error(name, kept, save):
    noise = np.random.default_rng(0).integers(0, 256, (128, 256), dtype=np.uint8)
    path = save(noise, name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    read_error(path)


def test_sheet_smaller_than_a_cell_is_an_error(drawings, save):
    message = read_error(save(drawings[0]), cell=100)
    assert "64×64" in message and "100×100" in message


@pytest.mark.parametrize("drawn", [0, 1])
def test_fewer_than_two_drawings_are_an_error(drawn, drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    message = read_error(save(grid([*drawings[:drawn], blank, blank], columns=4)))
    assert f"found {drawn}" in message


def test_fewer_than_two_drawings_among_the_kept_frames_are_an_error(drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    path = save(grid([drawings[0], blank, drawings[1]], columns=4))
    assert "found 1" in read_error(path, frames=2)


def test_more_frames_than_cells_are_an_error(sheet, save):
    assert "expected 9 cells, the number of keyframes asked for, found 8" in read_error(save(sheet), frames=9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *(({"cell": cell}, "expected `cell` of at least 8 pixels") for cell in (0, -64, 7)),
        *(({"frames": frames}, "expected a number of keyframes of at least 2") for frames in (1, 0)),
    ],
)
def test_settings_out_of_range_are_errors(options, words, sheet, save):
    assert words in read_error(save(sheet), **options)


@pytest.mark.parametrize("frames", [0, 1, 2, 9])
def test_number_of_keyframes_is_not_called_frames(frames, drawings, save):
    """The command line and the API call it ``keyframes``; their ``frames`` are another number."""
    blank = np.zeros((64, 64), np.uint8)
    message = read_error(save(grid([drawings[0], blank, drawings[1]], columns=4)), frames=frames)
    assert "number of keyframes" in message
    assert "`frames`" not in message


def test_cell_size_is_refused_for_folders_and_animations(drawings, save, tmp_path):
    frames = [Image.fromarray(image) for image in drawings]
    save(frames[0], "folder/1.png")
    assert "a folder" in read_error(tmp_path / "folder", cell=64)
    path = save(frames[0], "move.gif", save_all=True, append_images=frames[1:])
    assert "animated" in read_error(path, cell=64)


def test_empty_folder_is_an_error(tmp_path):
    assert "no pictures" in read_error(tmp_path)


def test_message_names_a_damaged_picture_in_a_folder(drawings, save, tmp_path):
    save(drawings[0], "folder/1.png")
    (tmp_path / "folder" / "2.png").write_text("not a picture")
    with pytest.raises(InkbridgeError, match=r"2\.png: expected a picture, found a file of another kind"):
        read_keyframes(tmp_path / "folder")


@pytest.mark.parametrize("size", [(9000, 9000), (12000, 12000), (60000, 60000)])
def test_too_large_picture_is_refused_before_it_is_decoded(size, tmp_path, monkeypatch):
    path = tmp_path / "sheet.bmp"
    header = b"BM" + (54).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    dimensions = b"".join(length.to_bytes(4, "little") for length in (40, *size))
    path.write_bytes(header + dimensions + (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24))
    assert "50 megapixels" in read_error(path)


def test_too_many_cells_are_an_error(save):
    path = save(Image.new("1", (8 * 80, 8 * 80)))
    assert "expected at most 4096 cells" in read_error(path, cell=8)


def test_too_many_pixels_together_are_an_error(drawings, save, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_PIXELS_TOGETHER", 64 * 64 * 4)
    frames = [Image.fromarray(image) for image in drawings]
    for index, frame in enumerate(frames):
        save(frame, f"folder/{index}.png")
    assert "megapixels in all" in read_error(tmp_path / "folder")
    path = save(frames[0], "move.gif", save_all=True, append_images=frames[1:])
    assert "megapixels in all" in read_error(path)


# --- sheets drawn by a person ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL_COUNTS)
def test_real_sheets_are_read_without_change(name):
    path = REAL_SHEETS / f"{name}.bmp"
    if not path.exists():
        pytest.skip(f"the real sheet {path} is not on this machine")
    found = read_keyframes(path)
    tones = np.asarray(Image.open(path).convert("L"))
    cells = tones[:128].reshape(2, 64, 4, 64).swapaxes(1, 2).reshape(8, 64, 64)
    assert found.ink == "light"
    assert len(found.images) == REAL_COUNTS[name]
    np.testing.assert_array_equal(found.images, cells[: REAL_COUNTS[name]])
    assert bool(found.warnings) == (tones.shape[0] > 128)


@pytest.mark.parametrize("images", [np.zeros((2, 64, 64)), np.zeros((64, 64), np.uint8)])
def test_arrays_of_another_shape_or_type_are_refused(images, tmp_path):
    np.save(tmp_path / "keyframes.npy", images)
    with pytest.raises(
        InkbridgeError, match=r"keyframes\.npy: expected keyframes, found something else or a damaged file"
    ):
        load_keyframes(tmp_path / "keyframes.npy")


def test_truncated_keyframes_are_refused_with_a_way_to_remake_them(tmp_path):
    path, images = tmp_path / "keyframes.npy", np.zeros((2, 64, 64), np.uint8)
    write_keyframes(path, images, "dark")
    found, ink = load_keyframes(path)
    np.testing.assert_array_equal(found, images)
    assert ink == "dark"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InkbridgeError, match=r"rm \S*keyframes\.npy && snakemake"):
        load_keyframes(path)
