"""The arrays that pass from room to room."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
"""Strokes, latents, weights, features."""

Images = NDArray[np.uint8]
"""Pictures in grey, ``[N, H, W]``, or in colour, ``[N, H, W, C]``; in grey, 0 is paper and 255 is ink."""

Frames = NDArray[np.uint8]
"""The pictures of an animation in their order, ``[T, H, W]``, 0 = paper, 255 = ink."""

Ink = Literal["light", "dark"]
"""Whether the ink of a drawing is lighter or darker than its paper."""
