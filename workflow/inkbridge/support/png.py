"""PNG images."""

from pathlib import Path

from PIL import Image

from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.carriers import image_options
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images


def write_png(path: Path, image: Images | Image.Image, provenance: Provenance | None = None) -> None:
    """Write an image as PNG with the record of how it was made.

    ``image`` is a Pillow image, or a grey one as ``uint8 [H, W]``. ``path`` may have any ending. The file appears
    whole or not at all.
    """
    pillow_image = image if isinstance(image, Image.Image) else Image.fromarray(image, "L")
    with atomic_write(path) as temporary:
        pillow_image.save(temporary, format="PNG", optimize=True, **image_options(".png", provenance))
