"""Models on disk: safetensors, from which nothing can be executed, with what they are and how they were made inside."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inkbridge import __version__
from inkbridge.config import Variant
from inkbridge.errors import InkbridgeError
from inkbridge.files import whole_file
from inkbridge.models import ARCHITECTURES
from inkbridge.models.base import Autoencoder


@dataclass(frozen=True)
class Stored:
    """The content of a file: tensors by name, and whatever was said of them."""

    tensors: dict[str, Tensor]
    about: dict[str, Any]


def build(variant: Variant) -> Autoencoder:
    """Return an untrained autoencoder, its weights drawn from torch's global generator."""
    return cast(Autoencoder, import_module(ARCHITECTURES[variant.architecture]).build(variant))


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Store tensors with a JSON record of what they are. The file appears whole or not at all."""
    # One key: safetensors writes several in random order, and the same model shall give the same bytes.
    metadata = {"about": json.dumps(dict(about) | {"version": __version__})}
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as temporary:
        save_file(plain, temporary, metadata)


def read_tensors(path: Path) -> Stored:
    """Read what :func:`write_tensors` stored. Raises :class:`InkbridgeError` where it is not that."""
    with _readable(path), safe_open(path, framework="pt") as file:
        about = json.loads((file.metadata() or {})["about"])
        names = file.keys()
        return Stored({name: file.get_tensor(name) for name in names}, about)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file in the block into an :class:`InkbridgeError` that names it."""
    try:
        yield
    except (OSError, SafetensorError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InkbridgeError(
            f"{path}: expected a whole safetensors file of inkbridge, found one that cannot be read as such ({error}); "
            "remove it and run again to remake it"
        ) from error


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of the training of the model at ``path``, which is all that is read of it.

    Raises :class:`InkbridgeError` where the file is not a model.
    """
    with _readable(path), safe_open(path, framework="pt") as file:
        record: dict[str, Any] = json.loads(file.metadata()["about"])["training"]
    return record


def save_model(path: Path, model: Autoencoder, variant: Variant, record: Mapping[str, Any]) -> None:
    """Store a model's weights with its variant's configuration and the record of its training."""
    write_tensors(path, model.state_dict(), {"variant": variant.model_dump(), "training": dict(record)})


def load_model(path: Path, variant: Variant) -> tuple[Autoencoder, dict[str, Any]]:
    """Return the model stored at ``path``, in evaluation mode, and the record of its training.

    Raises :class:`InkbridgeError` where the file is damaged, or holds another variant than ``variant``.
    """
    stored = read_tensors(path)
    if stored.about.get("variant") != variant.model_dump():
        raise InkbridgeError(
            f"{path}: a model of another variant: expected {variant.model_dump()}, "
            f"found {stored.about.get('variant')}; train it anew with: snakemake --cores all --forcerun train {path}"
        )
    return restore(path, variant, stored), stored.about["training"]


def restore(path: Path, variant: Variant, stored: Stored, parts: Sequence[str] = ("encoder", "decoder")) -> Autoencoder:
    """Return the autoencoder of ``variant`` with the weights in ``stored``, which was read from ``path``.

    Of encoder and decoder, those not in ``parts`` are left without weights.
    """
    with torch.device("meta"):
        model = build(variant)
    for part in {"encoder", "decoder"} - set(parts):
        setattr(model, part, torch.nn.Identity())
    try:
        model.load_state_dict(stored.tensors, assign=True)
    except RuntimeError as error:
        raise InkbridgeError(f"{path}: its weights do not fit its variant {variant.model_dump()}: {error}") from error
    return model.eval()
