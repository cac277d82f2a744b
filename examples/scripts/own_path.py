"""Take a path of your own through latent space: ``python own_path.py SHEET OUTPUT``, for example ``tree.png tree.gif``.

The drawing swings past its last keyframe and comes back, like a spring: x(t) = 1 − exp(−4t) cos(12t).
"""

import sys

import numpy as np
from PIL import Image

import inkbridge as ink

FRAMES, SIZE, FRAME_MS = 60, 256, 30


def main(sheet: str, output: str) -> None:
    keyframes = ink.read_keyframes(sheet)
    doodle = ink.fit(keyframes, ink.load_model())
    first, last = doodle.latents[0], doodle.latents[-1]
    moments = np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None]
    spring = 1 - np.exp(-4 * moments) * np.cos(12 * moments)
    frames = doodle.draw(first + spring * (last - first), SIZE)  # uint8 [T, SIZE, SIZE], 0 = paper, 255 = ink
    pictures = [Image.fromarray(255 - frame) for frame in frames]
    pictures[0].save(output, save_all=True, append_images=pictures[1:], duration=FRAME_MS, loop=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
