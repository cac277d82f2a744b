"""Checkpoints: files from which an interrupted training continues as if nothing had happened."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from inkbridge.models.storage import read_tensors, write_tensors
from inkbridge.support.arrays import read_about
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import how_to_remake, unwritable
from inkbridge.support.locks import locked
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance

log = logging.getLogger(__name__)


@dataclass
class TrainingState:
    """How far a training has come: what a checkpoint holds beside the tensors."""

    step: int = 0
    """Steps that are done."""
    seconds: float = 0.0
    """Seconds that they took."""
    history: list[dict[str, float]] = field(default_factory=list)
    """A row for each measurement of the validation loss."""
    losses: list[float] = field(default_factory=list)
    """Training losses since the last row of the history."""
    earlier: list[dict[str, str | int]] = field(default_factory=list)
    """What computed the first steps, if other hardware or another torch did: descriptions of backends, each with the
    number of its steps, ``steps``."""


def save_checkpoint(
    path: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    identity: str,
    backend: Mapping[str, str | int],
    provenance: Provenance | None,
) -> None:
    """Write weights, the optimiser's moments, the state, and how they were made. The file appears whole or not at all.

    ``identity`` stands for the settings and data of the training, ``backend`` describes what computes it.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": tensor for name, tensor in moments.items()}
    progress = json.dumps(asdict(state))
    about = {"identity": identity, "backend": dict(backend), "progress": progress, PROVENANCE_KEY: provenance}
    write_tensors(path, tensors, about)


def load_checkpoint(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, identity: str, backend: Mapping[str, str | int]
) -> TrainingState | None:
    """Restore ``model`` and ``optimiser`` from ``path`` and return the state of the training.

    If other hardware, another number of threads or another torch computed the checkpoint than ``backend``, the
    training continues all the same, after a warning, and its state keeps what computed the former steps.

    A checkpoint of another ``identity`` is never overwritten: it is renamed, see :func:`_kept`, and found again by a
    training of its own settings. Returns None, and changes nothing else, if there is no checkpoint. Raises
    :class:`InkbridgeError` if the file is damaged or does not fit the network.
    """
    keep_others(path, identity)
    if not path.exists():
        return None
    stored = read_tensors(path)
    try:
        _restore(model, optimiser, stored.tensors)
        state = TrainingState(**json.loads(stored.about["progress"]))
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise InkbridgeError(f"{path}: not a checkpoint of this network ({error}); {how_to_remake(path)}") from error
    former = stored.about.get("backend", {})
    if former != dict(backend):
        done = sum(int(one["steps"]) for one in state.earlier)
        state.earlier.append({**former, "steps": state.step - done})
        log.warning(
            "%s is of other hardware or another torch (%s): results will differ in the last digits",
            path,
            _changes(former, backend),
        )
    return state


def keep_others(path: Path, identity: str) -> None:
    """Rename the checkpoint at ``path`` if it has another ``identity``, and bring back the one that has it, if any."""
    if path.exists():
        other = str(read_about(path).get("identity"))
        if other == identity:
            return
        kept = _kept(path, other)
        path.replace(kept)
        log.warning("%s was of other settings or data: it is kept as %s, and continued when they are back", path, kept)
    with suppress(FileNotFoundError):
        _kept(path, identity).rename(path)


def _kept(path: Path, identity: str) -> Path:
    """Return where a checkpoint waits for its settings, beside ``path``: ``checkpoint.IDENTITY.safetensors``."""
    return path.with_suffix(f".{identity}{path.suffix}")


def _changes(former: Mapping[str, str | int], present: Mapping[str, str | int]) -> str:
    """Return what differs between two descriptions of backends, as text."""
    names = [name for name in present if former.get(name) != present[name]]
    return ", ".join(f"{name} {former.get(name, 'unknown')}, now {present[name]}" for name in names)


@contextmanager
def locked_checkpoint(path: Path) -> Iterator[None]:
    """Hold a lock beside ``path``: if a Snakemake was killed, its training may still be running.

    Raises :class:`InkbridgeError` if another process holds it, or if nothing can be written there.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(path.with_suffix(".lock")))
        except BlockingIOError:
            raise InkbridgeError(
                f"{path}: another process is still training with it; wait for it, or end it, and run again"
            ) from None
        except OSError as error:
            raise unwritable(path, error) from error
        yield


def _restore(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give ``model`` its weights and ``optimiser`` its moments from the tensors of a checkpoint."""
    model.load_state_dict(_with_prefix(tensors, "model."))
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _with_prefix(tensors, "optimiser.").items():
        number, moment = name.split(".")
        state.setdefault(int(number), {})[moment] = tensor
    optimiser.load_state_dict(optimiser.state_dict() | {"state": state})


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
