"""Take a path of your own through latent space: ``python own_path.py SHEET OUTPUT``, for example ``tree.png tree.gif``.

The drawing swings past its last keyframe and comes back, like a spring: x(t) = 1 − exp(−4t) cos(12t).
"""

import sys

import numpy as np

import inkbridge as ink

FRAMES = 60


def main(sheet: str, output: str) -> None:
    doodle = ink.fit(ink.read_keyframes(sheet), ink.load_model())
    first, last = doodle.latents[0], doodle.latents[-1]
    moments = np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None]
    spring = 1 - np.exp(-4 * moments) * np.cos(12 * moments)
    path = first + spring * (last - first)  # float32 [T, D], a latent for each frame
    ink.Animation.of_latents(doodle, path).save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
