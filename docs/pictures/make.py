"""Make the pictures of the README from the results of the default configuration: ``python docs/pictures/make.py``."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from inkbridge.export.formats import write_gif
from inkbridge.export.montage import grid

ROOT = Path(__file__).resolve().parents[2]
DOODLES = (("tree", "jumpingjack", "makeman", "square"), ("brain", "neuron", "dancer", "walker"))
ANIMATION = "results/animations/strokes64/{doodle}/cubic_std0.3.gif"
SIZE = 112
FRAMES = 80
FRAME_MS = 60


def frames_of(doodle: str) -> np.ndarray:
    """Return ``FRAMES`` frames ``uint8 [FRAMES, SIZE, SIZE]``, evenly picked from the animation of ``doodle``."""
    with Image.open(ROOT / ANIMATION.format(doodle=doodle)) as gif:
        frames = [
            np.asarray(frame.convert("L").resize((SIZE, SIZE), Image.Resampling.LANCZOS))
            for frame in ImageSequence.Iterator(gif)
        ]
    return np.stack(frames)[np.arange(FRAMES) * len(frames) // FRAMES]


def main() -> None:
    rows = [[frames_of(doodle) for doodle in row] for row in DOODLES]
    pictures = [grid([np.stack([cell[moment] for cell in row]) for row in rows]) for moment in range(FRAMES)]
    write_gif(ROOT / "docs/pictures/doodles.gif", np.stack(pictures), FRAME_MS)


if __name__ == "__main__":
    main()
