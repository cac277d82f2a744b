"""A PNG holds its picture."""

import numpy as np
from PIL import Image

from inkbridge.support.png import write_png


def test_png_holds_the_picture(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (30, 50), dtype=np.uint8)
    path = tmp_path / "new" / "sheet.png"
    write_png(path, picture)
    with Image.open(path) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), picture)
    assert list(path.parent.iterdir()) == [path]
