"""Make the picture that shows why logits are enlarged, not ink: ``python docs/pictures/make_enlargement.py [FIT]``.

``FIT`` is a stored fit; left out, that of the jumping jack in the results of the default configuration.
"""

import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from inkbridge import CELL
from inkbridge.decoding.decoder import FittedDoodle, load_doodle
from inkbridge.latent.paths import latent_path
from inkbridge.support.files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
FIT = ROOT / "results/fits/conv64/jumpingjack.safetensors"
PICTURE = ROOT / "docs/pictures/enlargement.png"
MOMENT = 2.5
"""Of the animation, in keyframes from its start: halfway between the third and the fourth."""

SIZE = 512
CROP = (slice(96, 224), slice(224, 352))
"""Rows and columns of the enlarged picture that are shown again, larger."""

ZOOM = 4
GAP = 12
CAPTION = 44
TONES = 32
"""Tones of the picture: more are not seen and cost bytes."""


def enlarged(doodle: FittedDoodle) -> dict[str, np.ndarray]:
    """Return caption → one frame ``uint8 [SIZE, SIZE]``, drawn at 64×64 and enlarged in three ways."""
    steps = 10
    frame = latent_path(doodle.latents, "cubic", steps)[[round(MOMENT * steps)]]
    native = Image.fromarray(doodle.draw(frame, CELL)[0])
    return {
        "64 pixels, as drawn": np.asarray(native.resize((SIZE, SIZE), Image.Resampling.NEAREST)),
        "ink enlarged (bicubic)": np.asarray(native.resize((SIZE, SIZE), Image.Resampling.BICUBIC)),
        "logits enlarged, then made ink": doodle.draw(frame, SIZE)[0],
    }


def column(picture: np.ndarray) -> np.ndarray:
    """Return ``picture`` with the frame of the crop in it and, below, the crop ``ZOOM`` times as large."""
    crop = picture[CROP].repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    rows, columns = CROP
    marked = picture.copy()
    for edge in (rows.start, rows.stop):
        marked[edge, columns] = 128
    for edge in (columns.start, columns.stop):
        marked[rows, edge] = 128
    return np.concatenate([marked, np.full((GAP, SIZE), 96, np.uint8), crop])


def main(fit: Path) -> None:
    pictures = enlarged(load_doodle(fit))
    height = SIZE + GAP + (CROP[0].stop - CROP[0].start) * ZOOM + CAPTION
    width = len(pictures) * (SIZE + GAP) - GAP
    dots = 100
    figure = Figure(figsize=(width / dots, height / dots), dpi=dots, facecolor="black")
    for number, (caption, picture) in enumerate(pictures.items()):
        left = number * (SIZE + GAP)
        # Without axes, pixel for pixel: resampled once more, nothing could be told about edges.
        figure.figimage(column(picture), left, 0, cmap="gray", vmin=0, vmax=255)
        figure.text(
            (left + SIZE / 2) / width,
            1 - CAPTION / 2 / height,
            caption,
            color="white",
            ha="center",
            va="center",
            size=16,
        )
    drawn = BytesIO()
    figure.savefig(drawn, dpi=dots, facecolor="black")
    grey = np.asarray(Image.open(drawn).convert("L"))
    tones = np.rint(grey * ((TONES - 1) / 255)) * (255 / (TONES - 1))
    with atomic_write(PICTURE) as temporary:
        Image.fromarray(np.rint(tones).astype(np.uint8)).save(temporary, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FIT)
