"""Images → picture files, by imageio's plugin for Pillow."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_pictures(path: Path, ending: str, images: Iterable[NDArray[np.uint8]], options: Mapping[str, Any]) -> None:
    """Write images ``uint8 [H, W]`` or ``[H, W, C]`` into one file in the format of the extension ``ending``.

    ``options`` are those of Pillow's ``save``. Several images are the frames of an animation.
    """
    from imageio.v3 import imopen  # takes 0.06 s, which only writing needs

    with path.open("wb") as file:  # imageio would read some names as addresses or archives
        writer = imopen(file, "w", plugin="pillow", extension=ending)
        try:
            for image in images:
                writer.write(image, **options)
            writer.close()
        finally:
            writer.images_to_write.clear()  # After an error, imageio would write again when its writer is deleted.
