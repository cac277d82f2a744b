"""PNG images."""

from pathlib import Path

from PIL import Image

from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.carriers import picture_options
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images


def write_png(path: Path, picture: Images | Image.Image, provenance: Provenance | None = None) -> None:
    """Write an image as PNG with the record of how it was made.

    ``picture`` is a Pillow image, or a grey one as ``uint8 [H, W]``. ``path`` may have any ending. The file appears
    whole or not at all.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture, "L")
    with atomic_write(path) as temporary:
        image.save(temporary, format="PNG", optimize=True, **picture_options(".png", provenance))
