"""A file that holds pictures in its own way is asked what they are: drawings are read, everything else is named."""

import base64
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from inkbridge.keyframes import kinds
from inkbridge.keyframes.reading import read_cells, read_keyframes
from inkbridge.keyframes.sources import decode_file, open_source
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import distance, drawing

INPUTS = Path(__file__).resolve().parents[3].parent / "shared/inputs"

Save = Callable[..., Path]


def papers(count: int, side: int = 64) -> list[Image.Image]:
    """Dark drawings on white paper."""
    return [Image.fromarray(255 - drawing(index, side)) for index in range(count)]


def sheet_of(pictures: list[Image.Image]) -> Image.Image:
    sheet = Image.new(pictures[0].mode, (sum(one.width for one in pictures), pictures[0].height))
    for index, one in enumerate(pictures):
        sheet.paste(one, (index * one.width, 0))
    return sheet


def png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(InkbridgeError) as caught:
        list(open_source(path).pictures())
    assert str(path) in str(caught.value)
    return str(caught.value)


def tones(path: Path) -> list[Images]:
    return [np.asarray(picture.convert("L")) for picture in open_source(path).pictures()]


# --- pictures beside the drawing -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [1, 4])
def test_thumbnail_or_mask_of_a_tiff_is_no_page(kind, tmp_path):
    path, sheet = tmp_path / "sheet.tif", sheet_of(papers(4))
    with TiffImagePlugin.AppendingTiffWriter(path) as file:
        sheet.save(file, "TIFF")
        file.newFrame()
        sheet.resize((64, 16)).save(file, "TIFF", tiffinfo={254: kind})
    source = open_source(path)
    assert source.is_sheet and len(tones(path)) == 1 and tones(path)[0].shape == (64, 256)


def test_reduced_pages_of_a_tiff_are_left_out_with_a_warning(tmp_path):
    path, sheet = tmp_path / "pyramid.tif", sheet_of(papers(4, 128))
    sheet.save(path, save_all=True, append_images=[sheet.resize((256, 64)), sheet.resize((128, 32))])
    source = open_source(path)
    assert source.is_sheet and "smaller copies" in source.warnings[0]


def test_pages_of_other_drawings_are_pages_even_if_they_are_smaller(tmp_path):
    path, (one, other, third) = tmp_path / "pages.tif", papers(3, 128)
    one.save(path, save_all=True, append_images=[other.resize((64, 64)), third])
    source = open_source(path)
    assert (source.noun, source.names, source.is_sheet) == ("page", ("1", "2", "3"), False)


def test_still_of_an_apng_is_no_frame(tmp_path):
    path, frames = tmp_path / "move.png", [one.convert("RGBA") for one in papers(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], default_image=True, duration=50)
    np.testing.assert_array_equal(tones(path), [np.asarray(one.convert("L")) for one in frames[1:]])


def test_every_frame_of_an_avif_is_a_keyframe(tmp_path):
    path, frames = tmp_path / "move.avif", papers(3)
    frames[0].save(path, save_all=True, append_images=frames[1:], quality=95)
    found = read_keyframes(path)
    assert len(found.images) == 3
    assert max(distance(one, drawing(index)) for index, one in enumerate(found.images)) < 3


@pytest.mark.parametrize("name", ["move.gif", "move.webp"])
def test_long_animation_is_refused_and_read_with_a_number_of_keyframes(name, tmp_path):
    path = tmp_path / name
    frames = [Image.fromarray(255 - np.roll(drawing(0), index, axis=1)) for index in range(60)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert "found 60 frames" in refusal(path) and "--keyframes 8" in refusal(path)
    assert open_source(path, 4).names == ("1", "21", "40", "60")
    assert len(open_source(path, 60).names) == 60
    found = read_keyframes(path, frames=4)
    assert len(found.images) == 4 and distance(found.images[3], np.roll(drawing(0), 59, axis=1)) < 5


# --- documents -----------------------------------------------------------------------------------------------


def test_pages_of_a_pdf_are_keyframes_and_a_single_one_is_a_sheet(tmp_path):
    pytest.importorskip("pypdfium2")
    several, single, pages = tmp_path / "pages.pdf", tmp_path / "sheet.pdf", papers(4)
    pages[0].copy().save(several, save_all=True, append_images=[page.copy() for page in pages[1:]])
    sheet_of(pages).save(single)
    assert (open_source(several).noun, len(open_source(several).names)) == ("page", 4)
    assert open_source(single).is_sheet and decode_file(single).size == (256, 64)
    for index, found in enumerate(read_keyframes(several).images):
        assert distance(found, drawing(index)) < 4


@pytest.mark.parametrize("size", [(9000, 9000), (40_000, 3000)])
def test_pdf_with_a_huge_picture_is_refused_before_it_is_unpacked(size, tmp_path):
    pytest.importorskip("pypdfium2")
    path = tmp_path / "bomb.pdf"
    Image.new("1", (64, 64)).save(path)
    content = path.read_bytes()
    assert b"/Width 64" in content
    path.write_bytes(
        content.replace(b"/Width 64", b"/Width %d" % size[0]).replace(b"/Height 64", b"/Height %d" % size[1])
    )
    assert "50 megapixels" in refusal(path)


def test_damaged_pdf_is_refused(tmp_path):
    pytest.importorskip("pypdfium2")
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(500))
    assert "damaged" in refusal(path)


def test_photograph_of_an_iphone_is_read(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    path, sheet = tmp_path / "IMG_1.HEIC", sheet_of(papers(3, 128)).convert("RGB")
    heif.from_pillow(sheet).save(path, quality=90)
    assert distance(np.asarray(decode_file(path).convert("L")), np.asarray(sheet.convert("L"))) < 3


@pytest.mark.parametrize("kind", ["image/openraster", "application/x-krita"])
def test_merged_picture_of_a_drawing_program_is_read(kind, tmp_path):
    path, sheet = tmp_path / "sheet.zip", sheet_of(papers(4))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("mergedimage.png", png(sheet))
        archive.writestr("stack.xml", "<image><stack>" + "<layer src='a'/>" * 5 + "</stack></image>")
    np.testing.assert_array_equal(tones(path), [np.asarray(sheet)])
    assert "5 layers" in open_source(path).warnings[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"mimetype": b"application/x-krita", "a/layers/1.keyframes.xml": b""}, "found an animation of Krita"),
        ({"mimetype": b"application/x-krita"}, "no merged picture"),
        ({"mimetype": b"image/openraster", "mergedimage.png": bytes(70_000_000)}, "at most 64 megabytes"),
        ({"mimetype": b"image/openraster", "mergedimage.png": b"no picture"}, "a file of another kind"),
        ({"Document.archive": b""}, "a Procreate file"),
        ({"a.png": b""}, "unpack it into a folder"),
    ],
)
def test_other_zip_files_are_refused_with_what_to_do(names, words, tmp_path):
    path = tmp_path / "drawing.kra"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    assert words in refusal(path)


def piskel(pictures: list[Image.Image], layout: list[list[int]], **more: object) -> str:
    content = base64.b64encode(png(sheet_of(pictures))).decode()
    chunk = {"layout": layout, "base64PNG": f"data:image/png;base64,{content}"}
    layer = {"name": "1", "opacity": 1, "frameCount": len(pictures), "chunks": [chunk]}
    sprite = {"name": "x", "fps": 12, "height": 64, "width": 64, "layers": [json.dumps(layer)], **more}
    return json.dumps({"modelVersion": 2, "piskel": sprite})


def test_frames_of_a_piskel_file_are_keyframes(tmp_path):
    path, frames = tmp_path / "move.piskel", [one.convert("RGBA") for one in papers(3)]
    path.write_text(piskel(frames, [[0], [2], [1]]))
    found = read_keyframes(path)
    np.testing.assert_array_equal(found.images, [drawing(index) for index in (0, 2, 1)])


@pytest.mark.parametrize("more", [{"width": 10**6, "height": 10**6}, {"width": -1}, {"layers": []}, {"layers": ["{}"]}])
def test_odd_piskel_file_is_refused(more, tmp_path):
    path = tmp_path / "x.piskel"
    path.write_text(piskel(papers(2), [[0], [1]], **more))
    refusal(path)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="128">{}</svg>'


GROWING = (
    '<g id="g0"><path/></g>'
    + "".join(f'<g id="g{level}">' + f'<use href="#g{level - 1}"/>' * 12 + "</g>" for level in range(1, 12))
    + '<use href="#g11"/>'
)


def test_svg_is_drawn(tmp_path):
    pytest.importorskip("resvg_py")
    path = tmp_path / "sheet.svg"
    path.write_text(SVG.format(512, '<path d="M10 64H118" stroke="black" stroke-width="8"/><text y="9">a</text>'))
    source = open_source(path)
    [picture] = source.pictures()
    assert picture.size == (512, 128) and "text is not drawn" in source.warnings[0]
    assert picture.getpixel((64, 64)) == (0, 0, 0, 255) and picture.getpixel((300, 64))[3] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<image href="/etc/hostname.png" width="9" height="9"/>', "refers to '/etc/hostname.png'"),
        ('<image href="https://example.org/a.png" width="9" height="9"/>', "needs no other files"),
        ("<style>@import url(a.css);</style>", "needs no other files"),
        ('<path d="M0 0" fill="url(other.svg#a)"/>', "needs no other files"),
        ('<path d="M0 0"><animate attributeName="d" dur="1s"/></path>', "an animated SVG"),
        (GROWING, "at most 50000 elements"),
    ],
)
def test_svg_that_moves_refers_elsewhere_or_grows_is_refused(content, words, tmp_path):
    pytest.importorskip("resvg_py")
    path = tmp_path / "x.svg"
    path.write_text(SVG.format(128, content))
    begun = time.process_time()
    assert words in refusal(path)
    assert time.process_time() - begun < 5


def test_svg_with_entities_is_refused(tmp_path):
    pytest.importorskip("resvg_py")
    path = tmp_path / "x.svg"
    path.write_text('<!DOCTYPE svg [<!ENTITY a SYSTEM "/etc/hostname">]>' + SVG.format(128, "<text>&a;</text>"))
    assert "without entities" in refusal(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(4) + b"\xe0\xa5" + bytes(200), "an Aseprite file; export it as GIF"),
        (b"gimp xcf v011" + bytes(90), "a GIMP file; export it as PNG"),
        (b"CSFCHUNK" + bytes(90), "a Clip Studio file"),
        (bytes(3) + b"\x20ftypisom" + bytes(90), "a video; save some of its frames"),
        (b"\x1aE\xdf\xa3" + bytes(90), "a video; save some of its frames"),
        (b"8BPS\x00\x02" + bytes(90), "a large Photoshop document"),
    ],
)
def test_kind_that_is_not_read_is_named_with_what_to_do(content, words, tmp_path):
    path = tmp_path / "drawing.png"
    path.write_bytes(content)
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("content", "extra"),
    [(b"%PDF-1.7\n", "pdf"), (bytes(3) + b"\x18ftypheic" + bytes(90), "heic"), (b"<svg xmlns='x'/>", "svg")],
)
def test_missing_package_is_named_with_the_command_that_installs_it(content, extra, tmp_path, monkeypatch):
    path = tmp_path / "drawing"
    path.write_bytes(content)
    monkeypatch.setattr(kinds, "find_spec", lambda _: None)
    assert f"pip install 'inkbridge[{extra}]'" in refusal(path)


# --- folders and photographs ---------------------------------------------------------------------------------


def test_files_of_one_name_in_a_folder_are_told(save, tmp_path):
    for name in ("1.png", "1.bmp", "2.png"):
        save(drawing(0), f"folder/{name}")
    assert any("files of one name" in text and "1" in text for text in open_source(tmp_path / "folder").warnings)


def test_photographs_of_a_phone_are_decoded_smaller(save, tmp_path):
    resource = pytest.importorskip("resource")
    photograph = Image.fromarray(255 - drawing(0, 3000)).resize((4032, 3024)).convert("RGB")
    for index in range(10):
        save(photograph, f"folder/IMG_{index}.JPG", quality=85)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    sizes = {picture.size for picture in open_source(tmp_path / "folder").pictures()}
    assert sizes == {(2016, 1512)}
    assert time.process_time() - begun < 5
    assert sys.platform == "darwin" or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_very_large_photograph_is_decoded_smaller(save):
    path = save(Image.new("L", (9000, 8000), 255), "photograph.jpg")
    assert decode_file(path).size == (4500, 4000)


# --- real files ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not INPUTS.exists(), reason="the files of reports are not on this machine")
def test_files_of_reports_are_read_or_refused():
    assert open_source(INPUTS / "03_order/doodle").names == ("doodle", "doodle2", "doodle3", "doodle4")
    assert open_source(INPUTS / "03_order/inbetween").names == ("1", "1.5", "2")
    assert len(open_source(INPUTS / "04_papers/phone").names) == 9
    assert len(read_keyframes(INPUTS / "05_pages/f_anim.avif").images) == 4
    assert len(read_cells(INPUTS / "05_pages/f_thumb.tif", cell=64).cells) == 4
    assert "no merged picture" in refusal(INPUTS / "05_pages/f_layers.psd")
