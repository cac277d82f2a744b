"""Make the contact sheets of the documentation: every second frame of every sheet, in three ways side by side.

``python docs/pictures/make_contact_sheets.py POST own=resources/doodles …``, where ``POST`` is the working directory of
a run with ``docs/pictures/post.yaml`` and the others are names of folders of sheets and their paths; the default
configuration's models are in ``results``.
"""

import sys
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageDraw

from inkbridge import CELL
from inkbridge.config.settings import Configuration
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit
from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.models.device import choose_backend
from inkbridge.models.storage import load_model

ROOT = Path(__file__).resolve().parents[2]
STEPS = 20
GAP = 24
CAPTION = 20
TONES = 8


class Way:
    """A way to animate: a trained model, and the settings that it is fitted with."""

    def __init__(self, results: Path, settings: Configuration, variant: str) -> None:
        self.model = load_model(results / f"models/{variant}/model.safetensors", settings.variants[variant])
        self.settings = settings

    def doodle(self, keyframes: Keyframes, loop: bool) -> FittedDoodle:
        encoded = encode(self.model, keyframes.images)
        if not self.settings.fitting.enabled:
            return encoded.doodle()
        backend = choose_backend(self.settings.compute, 1)
        return fit(encoded, keyframes, loop, self.settings.fitting, backend, self.settings.seed).doodle()


def panel(doodle: FittedDoodle, caption: str, loop: bool) -> np.ndarray:
    """Return a row of cells for each segment, from keyframe to keyframe, below ``caption``."""
    frames = doodle.frames(DoodlePath("", "linear", 0, STEPS, loop, 0), CELL)[::2]
    frames = np.concatenate([frames, frames[:1]]) if loop else frames
    half = STEPS // 2
    rows = [
        np.concatenate(
            [np.pad(frame, ((0, 1), (0, 1)), constant_values=90) for frame in frames[i : i + half + 1]], axis=1
        )
        for i in range(0, len(frames) - 1, half)
    ]
    picture = Image.fromarray(np.pad(np.concatenate(rows), ((CAPTION, 0), (0, 0)), constant_values=40))
    ImageDraw.Draw(picture).text((4, 3), caption, fill=255, font_size=14)
    return np.asarray(picture)


def main(post: Path, folders: dict[str, Path]) -> None:
    base = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings = Configuration.read(base)
    over = yaml.safe_load((ROOT / "docs/pictures/post.yaml").read_text())
    post_settings = Configuration.read({**base, "variants": over["variants"], "fitting": over["fitting"]})
    ways = {
        "the post's way": Way(post / "results", post_settings, "post64"),
        "conv64": Way(ROOT / "results", settings, "conv64"),
        "strokes64": Way(ROOT / "results", settings, "strokes64"),
    }
    loops = {(ROOT / doodle.sheet).resolve(): doodle.loop for doodle in settings.doodles.values()}
    output = ROOT / "docs/contact-sheets"
    output.mkdir(exist_ok=True)
    for folder_name, folder in folders.items():
        for sheet in sorted(path for path in folder.iterdir() if path.suffix in (".png", ".bmp")):
            keyframes, loop = read_keyframes(sheet), loops.get(sheet.resolve(), False)
            panels = [panel(way.doodle(keyframes, loop), caption, loop) for caption, way in ways.items()]
            gap = np.zeros((len(panels[0]), GAP), np.uint8)
            picture = Image.fromarray(np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1))
            picture.quantize(TONES).save(output / f"{folder_name}-{sheet.stem}.png", optimize=True)
            print(output / f"{folder_name}-{sheet.stem}.png")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), {name: Path(folder) for name, folder in (part.split("=") for part in sys.argv[2:])})
