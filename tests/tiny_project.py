"""A project with two tiny models whose fits take a moment. They are untrained: tests check that they draw, not what."""

from pathlib import Path

import numpy as np
import torch
import yaml
from PIL import Image, ImageDraw

from inkbridge.config.settings import Variant
from inkbridge.data.recipes import sample_drawings
from inkbridge.models.storage import build, save_model

VARIANTS = {
    "drawing": Variant(architecture="strokes", latent_dim=8, channels=8, strokes=4),
    "pixels": Variant(architecture="conv", latent_dim=8, channels=8),
}


def write_project(folder: Path, doodles: dict[str, dict[str, object]]) -> Path:
    """Write the models and a ``config.yaml`` with ``doodles`` into ``folder``, and return it."""
    drawings = sample_drawings(np.random.default_rng(0), {"sketch": 1.0}, 64).images
    for name, variant in VARIANTS.items():
        torch.manual_seed(3)
        model = build(variant).eval()
        model.scaffold = None
        if name == "pixels":  # an untrained decoder of pixels hardly depends on its latents
            with torch.no_grad():
                for weights in model.decoder.parameters():
                    weights.mul_(2)
        model.standardise(drawings)
        record = {"architecture": variant.architecture, "latent_dim": 8, "parameters": 1, "images_seen": 640}
        record |= {"seconds": 1.0, "validation_loss": 0.5, "settings": {}}
        save_model(folder / f"results/models/{name}/model.safetensors", model, variant, record)
    configuration = {
        "seed": 5,
        "doodles": doodles,
        "variants": {name: variant.model_dump() for name, variant in VARIANTS.items()},
        "fitting": {"steps": 5, "stroke_steps": 5},
        "animation": {"frames_per_segment": 3, "size": 64, "frame_ms": 40},
    }
    (folder / "config.yaml").write_text("# mine\n" + yaml.safe_dump(configuration, sort_keys=False))
    return folder


def write_sheet(path: Path, keyframes: int = 3, ink: int = 0, paper: int = 255) -> Path:
    """Draw a line that turns, a keyframe in each of the 64 × 64 pixel cells side by side, and return ``path``."""
    sheet = Image.new("L", (64 * keyframes, 64), paper)
    for number in range(keyframes):
        left = 64 * number
        ImageDraw.Draw(sheet).line((left + 12, 12 + 8 * number, left + 50, 50), fill=ink, width=5)
    sheet.save(path)
    return path
