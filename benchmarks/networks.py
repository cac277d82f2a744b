"""Training and decoding, compared with the network of the 2018 post on the same core, both sides in turn.

Training: a whole step (drawing the batch from a shard, moving pairs, loss, gradients, optimiser), in images per second.
The post's steps get their images for nothing, in its batches of 64. Decoding: frames of 64×64 pixels from latents, as
the pipeline draws a fitted doodle, against the post's decoder in torch. Times are those of the processor, with one
thread on each side, so that other jobs matter less. Prints medians and their ratios.
"""

import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.post_network import PostAutoencoder, training_step
from benchmarks.variants import CONFIG, ROOT, read_configuration
from inkbridge import CELL
from inkbridge.config.settings import Configuration
from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.models.device import Backend
from inkbridge.models.storage import build
from inkbridge.models.trainer import Data, Trainer
from inkbridge.support.cores import use_one_blas_thread

BATCH = 64
"""Images in a step of the post, and frames in a call of a decoder."""

ROUNDS = 9

PAINTING = 0.6
"""Part of the training of ``strokes64`` at which it is measured: its scaffold is gone, and it paints."""

SHEET = ROOT / "resources/doodles/jumpingjack.png"

BACKEND = Backend(torch.device("cpu"), torch.float32, 1)


def training(name: str, settings: Configuration, data: Data) -> Callable[[], object]:
    """Return a function that takes a step of the variant ``name``."""
    torch.manual_seed(0)
    variant = settings.variants[name]
    model = build(variant).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(model, settings.training, variant.budget, data, BACKEND)
    trainer.state.step = round(PAINTING * trainer.steps)
    batches = itertools.cycle(list(itertools.islice(trainer.batches(), 4)))
    return lambda: trainer.step(next(batches))


def post_training() -> Callable[[], object]:
    """Return a function that takes a step of the post's network."""
    network, images = PostAutoencoder(), torch.rand(BATCH, 1, 64, 64)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    return lambda: training_step(network, optimiser, images)


def decoding(name: str, settings: Configuration) -> Callable[[], object]:
    """Return a function that draws a batch of frames of a doodle that an untrained variant ``name`` is fitted to: the
    speed does not depend on what the weights are."""
    torch.manual_seed(0)
    model = build(settings.variants[name])
    model.scaffold = None
    keyframes = read_keyframes(SHEET)
    once = settings.fitting.model_copy(update={"steps": 1, "stroke_steps": 1})
    doodle: FittedDoodle = fit(encode(model.eval(), keyframes.images), keyframes, True, once, BACKEND, 0).doodle()
    latents = doodle.along(DoodlePath("", "linear", 0, frames_per_segment=20, loop=True, seed=0))[:BATCH]
    return lambda: doodle.draw(latents, CELL)


def post_decoding() -> Callable[[], object]:
    """Return a function that decodes a batch with the post's decoder."""
    decoder, latents = PostAutoencoder().eval().decoder, torch.randn(BATCH, 64, 1, 1)

    def decode() -> None:
        with torch.no_grad():
            decoder(latents).clamp(0, 1).mul(255).byte().numpy()

    return decode


def speeds(sides: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Return the median images per second of each side, which makes so many images in a call; sides take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(ROUNDS + 1):
        for name, (call, _) in sides.items():
            started = time.process_time()
            call()
            if turn:  # the first call compiles kernels
                seconds[name].append(time.process_time() - started)
    return {name: images / float(np.median(seconds[name])) for name, (_, images) in sides.items()}


def told(what: str, found: dict[str, float], unit: str) -> None:
    """Print the speeds of all sides; the first is the post's."""
    post, *ours = found
    print(f"{what}, {post}: {found[post]:,.1f} {unit}")
    for name in ours:
        print(f"{what}, {name}: {found[name]:,.0f} {unit}, ratio {found[name] / found[post]:.1f}")


def main() -> None:
    torch.set_num_threads(1)
    use_one_blas_thread()
    settings = read_configuration(CONFIG)
    batch = settings.training.batch_size
    with tempfile.TemporaryDirectory() as folder:
        shard = Path(folder, "0.h5")
        write_shard(shard, ShardKey(0, settings.dataset.recipes, 4096, "train", 0))
        data = Data([shard], [shard], seed=0)
        steps = {name: (training(name, settings, data), batch) for name in settings.variants}
        found = speeds({"the post's CoordConv64": (post_training(), BATCH), **steps})
    told("training", found, "images/s")
    frames = {name: (decoding(name, settings), BATCH) for name in settings.variants}
    told("decoding", speeds({"the post's CoordConv64": (post_decoding(), BATCH), **frames}), "frames/s")


if __name__ == "__main__":
    main()
