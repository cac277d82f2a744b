"""A PNG file holds its picture and its provenance, under any name."""

import numpy as np
from PIL import Image

from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import read_provenance
from inkbridge.support.provenance.record import result_record, run_record


def test_png_holds_the_picture(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (30, 50), dtype=np.uint8)
    path = tmp_path / "new" / "sheet.png"
    write_png(path, picture)
    with Image.open(path) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), picture)
    assert list(path.parent.iterdir()) == [path]


def test_picture_is_png_regardless_of_its_name(tmp_path):
    write_png(tmp_path / "sheet.drawing", empty_sheet(2, 64))
    with Image.open(tmp_path / "sheet.drawing") as picture:
        assert picture.format == "PNG"


def test_picture_carries_its_provenance(tmp_path):
    made = result_record(run_record(None, None), "inkbridge new", {"cell": 64})
    write_png(tmp_path / "sheet.png", empty_sheet(2, 64), made)
    assert read_provenance(tmp_path / "sheet.png") == made
