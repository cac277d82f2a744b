"""Types that several rooms share, most of them arrays.

An *image* is an array of pixels. A *picture* is what people see: a file, or the :class:`PIL.Image.Image` that is read
from it or written to it.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
"""Strokes, latents, weights, features."""

Images = NDArray[np.uint8]
"""Grey images ``[N, H, W]``, 0 = paper, 255 = ink, or colour images ``[N, H, W, C]``."""

Frames = NDArray[np.uint8]
"""The images of an animation in order, ``[T, H, W]``, 0 = paper, 255 = ink."""

Ink = Literal["light", "dark"]
"""Whether the ink of a drawing is lighter or darker than its paper."""

Floats = NDArray[np.float64]
"""An array of float64: places, lengths and angles that are computed with, rather than stored."""

Integers = NDArray[np.int64]
"""An array of int64: numbers of things, or places in other arrays."""

Complex = NDArray[np.complex128]
"""An array of complex128: points as x + iy."""
