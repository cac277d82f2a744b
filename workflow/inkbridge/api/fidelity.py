"""How well the keyframes of an animation are drawn, and what draws them better."""

import numpy as np
from numpy.typing import NDArray

from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.support.types import Images

LEAST_FIDELITY = 0.85
"""Shared over united ink from which a keyframe is drawn well. Fits of line drawings reach 0.95 to 0.99, networks
without a fit 0.6 to 0.9."""

_INK = 128
"""Tone, of 255, from which a pixel counts as ink."""

_MOST_NAMED = 8
"""Keyframes that a message names."""


def fidelity(doodle: FittedDoodle, images: Images) -> NDArray[np.float64]:
    """Return how well a doodle draws each of its keyframes ``uint8 [K, 64, 64]``: shared over united ink ``[K]``, 1 if
    neither has any."""
    drawn, wanted = doodle.keyframes() >= _INK, images >= _INK
    shared, united = ((drawn & wanted).sum(axis=(1, 2)), (drawn | wanted).sum(axis=(1, 2)))
    return np.where(united, shared / np.maximum(united, 1), 1.0)


def describe_fidelity(found: NDArray[np.float64], fitted: bool, has_strokes: bool) -> str | None:
    """Return which keyframes are not drawn well, and what draws them better; None if all are."""
    weak = np.flatnonzero(found < LEAST_FIDELITY)
    if not weak.size:
        return None
    named = ", ".join(f"{index + 1} ({found[index]:.0%})" for index in weak[:_MOST_NAMED])
    more = f" and {len(weak) - _MOST_NAMED} more" * (len(weak) > _MOST_NAMED)
    if not fitted:
        advice = "fit the network to the drawing: leave out --no-fit"
    elif has_strokes:
        advice = "filled areas and textures are drawn better by a variant of pixels: --variant conv64"
    else:
        advice = "lines are drawn better by a variant of strokes: --variant strokes64; or raise fitting.steps"
    return f"not drawn well, as part of the ink that is shared with the drawing: keyframes {named}{more}; {advice}"
