"""Pictures of every mode and format are decoded to the same tones; damaged and huge ones are refused."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from inkbridge.keyframes.reading import read_keyframes
from tests.unit.keyframes.sheets import distance, drawing, grid, read_error


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


@pytest.mark.parametrize("name", ["sheet.bmp", "sheet.png", "sheet.tif", "sheet.webp", "sheet.PNG"])
def test_lossless_formats_keep_every_pixel(name, sheet, drawings, save):
    options = {"lossless": True} if name.endswith("webp") else {}
    np.testing.assert_array_equal(read_keyframes(save(sheet, name, **options)).images, drawings)


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


@pytest.mark.parametrize("size", [(9000, 9000), (12000, 12000), (60000, 60000)])
def test_too_large_picture_is_refused_before_it_is_decoded(size, tmp_path, monkeypatch):
    path = tmp_path / "sheet.bmp"
    header = b"BM" + (54).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    dimensions = b"".join(length.to_bytes(4, "little") for length in (40, *size))
    path.write_bytes(header + dimensions + (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24))
    assert "50 megapixels" in read_error(path)
