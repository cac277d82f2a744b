"""PNG pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge.support.files import atomic_write
from inkbridge.support.pictures import write_pictures
from inkbridge.support.provenance.carriers import image_options
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images


def write_png(path: Path, picture: Images | Image.Image, provenance: Provenance | None = None) -> None:
    """Write a picture as PNG with the record of how it was made.

    ``picture`` is one of Pillow's, grey or in RGB, or a grey image ``uint8 [H, W]``. ``path`` may have any ending. The
    file appears whole or not at all.
    """
    with atomic_write(path) as temporary:
        options = {"optimize": True, **image_options(".png", provenance)}
        write_pictures(temporary, ".png", [np.asarray(picture)], options)
