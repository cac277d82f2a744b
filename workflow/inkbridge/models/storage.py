"""Models on disk, as safetensors files, which cannot run code. They record what they hold and how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.project import how_to_train
from inkbridge.config.settings import Variant
from inkbridge.config.shipped import WEIGHTS
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.support.arrays import read_about, read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance

REVISION = 4
"""Version of the networks. Raise it after a change that gives old weights another meaning, even if they still fit."""


@dataclass(frozen=True)
class StoredTensors:
    """The content of a file: tensors by name, and the record of what they are."""

    tensors: dict[str, Tensor]
    about: dict[str, Any]


def build(variant: Variant) -> Autoencoder:
    """Return an untrained autoencoder. Its weights are drawn from torch's global random generator."""
    return cast(Autoencoder, import_module(ARCHITECTURES[variant.architecture].module).build(variant))


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Return ``tensors``, on any device, as contiguous arrays."""
    return {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in tensors.items()}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Store tensors with a JSON record of what they are. The file appears whole or not at all."""
    write_arrays(path, as_arrays(tensors), about)


def read_tensors(path: Path) -> StoredTensors:
    """Read what :func:`write_tensors` stored. Raises :class:`InkbridgeError` if the file is something else."""
    stored = read_arrays(path)
    return StoredTensors({name: torch.from_numpy(array) for name, array in stored.arrays.items()}, stored.about)


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of the training of the model at ``path``, without its weights.

    Raises :class:`InkbridgeError` if the file is not a model.
    """
    about = read_about(path)
    if "training" not in about:
        raise InkbridgeError(f"{path}: expected a model, found a safetensors file of something else")
    record: dict[str, Any] = about["training"]
    return record


def save_model(
    path: Path,
    model: Autoencoder,
    variant: Variant,
    record: Mapping[str, Any],
    provenance: Provenance | None = None,
) -> None:
    """Store a model's weights with its variant's configuration, the record of its training, and how it was made."""
    about = {
        "variant": variant.model_dump(),
        "revision": REVISION,
        "training": dict(record),
        PROVENANCE_KEY: provenance,
    }
    write_tensors(path, model.state_dict(), about)


def load_model(path: Path, variant: Variant) -> Autoencoder:
    """Return the model stored at ``path``, in evaluation mode, with weights in float32 even if they were stored in
    float16. :func:`read_record` returns the record of its training.

    Raises :class:`InkbridgeError` if the file is damaged or holds another variant than ``variant``. Its budget may
    differ: it says how long a network is trained, not which one, and the shipped ones are trained longer.
    """
    stored = read_tensors(path)
    found = stored.about.get("variant")
    if not _describes(found, variant) or stored.about.get("revision") != REVISION:
        is_shipped = path.absolute().parent == WEIGHTS
        remedy = "install inkbridge again" if is_shipped else how_to_train(path, "--forcerun", "train")
        raise InkbridgeError(
            f"{path}: a model of another variant or of older networks: expected {variant.model_dump()} and revision "
            f"{REVISION}, found {found} and {stored.about.get('revision')}; {remedy}"
        )
    # Torch's meta device would draw no weights, which are replaced anyway, but importing it takes a second.
    model = build(variant)
    model.scaffold = None
    try:
        model.load_state_dict(_in_float32(stored.tensors), assign=True)
    except RuntimeError as error:
        raise InkbridgeError(f"{path}: its weights do not fit its variant {variant.model_dump()}: {error}") from error
    return model.eval()


def _describes(found: object, variant: Variant) -> bool:
    """Return whether ``found``, read from a file, equals ``variant`` but for the budget. Settings that it lacks get
    their defaults."""
    try:
        of_file = Variant.model_validate(found)
        return of_file.model_copy(update={"budget": variant.budget}).model_dump() == variant.model_dump()
    except ValueError:
        return False


def _in_float32(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.float() if tensor.dtype == torch.float16 else tensor for name, tensor in tensors.items()}
