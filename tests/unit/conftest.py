"""Fixtures of the unit tests: small shards, a tiny variant, one thread in float32."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from inkbridge.config.settings import Compute, Variant
from inkbridge.data.recipes import sample_drawings
from inkbridge.data.shards import ShardKey, read_images, write_shard
from inkbridge.models import device
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend, choose_backend
from inkbridge.models.storage import build
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.pipeline import resources
from inkbridge.support.types import Images

torch.set_num_threads(1)  # networks this small gain nothing from more, and tests share the machine

MIX = {"post": 0.5, "sketch": 0.5}


def shard_in(folder: Path, split: str, index: int, size: int, seed: int = 5) -> Path:
    """Write a small shard to the place where the workflow would write it, and return its path."""
    path = folder / split / f"{index}.h5"
    write_shard(path, ShardKey(seed, MIX, size, split, index))
    return path


@pytest.fixture(scope="session")
def train_shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two shards of 200 drawings each."""
    folder = tmp_path_factory.mktemp("dataset")
    return [shard_in(folder, "train", index, 200) for index in range(2)]


@pytest.fixture(scope="session")
def validation_shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [shard_in(tmp_path_factory.mktemp("dataset"), "validation", 0, 64)]


@pytest.fixture(scope="session")
def drawings(train_shards: list[Path]) -> Images:
    """400 synthetic drawings."""
    return np.concatenate([read_images(path) for path in train_shards])


@pytest.fixture(scope="session")
def keyframes() -> Images:
    """Four drawings, in place of a doodle."""
    return sample_drawings(np.random.default_rng(3), {"sketch": 1.0}, 4).images


@pytest.fixture(scope="session")
def backend() -> Backend:
    """The CPU in float32 with one thread, on every machine."""
    return choose_backend(Compute(device="cpu", precision="float32"), threads=1)


@pytest.fixture(scope="session")
def tiny() -> Variant:
    """The smallest variant."""
    return Variant(architecture="conv", latent_dim=8, channels=8)


@pytest.fixture
def untrained(tiny: Variant, backend: Backend, drawings: Images) -> Autoencoder:
    """A tiny network with random weights, the same in every test, and latents in standard units."""
    return standardised(tiny, drawings)


@pytest.fixture
def standardised_network(backend: Backend, drawings: Images) -> Callable[[Variant], Autoencoder]:
    """A function that builds an untrained network of a variant with latents in standard units."""
    return lambda variant: standardised(variant, drawings)


@pytest.fixture
def stroke_network(backend: Backend, drawings: Images) -> Callable[[int], StrokeAutoencoder]:
    """A function that builds an untrained network of some strokes, whose latents spread as those of a trained one."""

    def build_with(strokes: int) -> StrokeAutoencoder:
        model = standardised(Variant(architecture="strokes", latent_dim=8, channels=8, strokes=strokes), drawings)
        assert isinstance(model, StrokeAutoencoder)
        assert isinstance(model.encoder, torch.nn.Sequential)
        with torch.no_grad():
            for weights in model.encoder[-1].parameters():
                weights.div_(model.latent_std.reshape(-1, *[1] * (weights.ndim - 1)))
        model.standardise(drawings)
        return model

    return build_with


def standardised(variant: Variant, drawings: Images) -> Autoencoder:
    torch.manual_seed(11)
    model = build(variant).eval()
    model.scaffold = None  # as after a training
    model.standardise(drawings)
    return model


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """A function that gives the machine a number of cores. torch has its own number of threads again afterwards."""
    threads = torch.get_num_threads()

    def with_cores(count: int) -> None:
        monkeypatch.setattr(resources, "available_cores", lambda: count)
        monkeypatch.setattr(device, "available_cores", lambda: count)

    yield with_cores
    torch.set_num_threads(threads)
