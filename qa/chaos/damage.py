"""Damaged files: bits flipped, truncated, of another configuration, malicious."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inkbridge.config.settings import Variant
from inkbridge.data.shards import ShardKey, check_shard, write_shard
from inkbridge.models.storage import build, load_model, save_model
from inkbridge.support.arrays import read_about, read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from qa.chaos.runs import Run
from qa.chaos.tally import Tally

SHARD: dict[str, Any] = {"seed": 5, "recipes": {"post": 0.4, "sketch": 0.6}, "size": 150}
TINY = Variant(architecture="conv", latent_dim=8, channels=8)

_ADVICE = ("rm ", "snakemake")
"""Parts of the advice to remove a damaged file and to make it again."""

_NOT_DAMAGED = ("folder", "nothing")
"""Malicious cases in which there is no damaged file that could be removed."""


def flip_shards(folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Flip bits of a shard: in the first and last byte of each part, then anywhere."""
    path = folder / "train" / "0.h5"
    write_shard(path, ShardKey(**SHARD, split="train", index=0))
    check_shard(path, SHARD)
    size = path.stat().st_size
    parts = {
        "digest": (0, 512),
        "superblock": (512, 608),
        "data and tables": (608, size - 64),
        "end": (size - 64, size),
    }
    return _damage("a byte of a shard flipped, or cut off", path, lambda: check_shard(path, SHARD), parts, count, rng)


def flip_models(folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Flip bits of a model's file; checkpoints and fits have the same format."""
    path = folder / "model.safetensors"
    save_model(path, build(TINY), TINY, {"seed": 5})
    load_model(path, TINY)
    size, header = path.stat().st_size, 8 + int.from_bytes(path.read_bytes()[:8], "little")
    parts = {"length": (0, 8), "header": (8, header), "weights": (header, size - 8), "end": (size - 8, size)}
    tally = _damage(
        "a byte of a model or checkpoint flipped, or cut off", path, lambda: load_model(path, TINY), parts, count, rng
    )
    path.write_bytes(path.read_bytes()[: header + 1])
    tally.expect(_is_refused(lambda: read_about(path), path), "a record was read from a truncated file")
    return tally


def _damage(
    fault: str, path: Path, read: Callable[[], object], parts: dict[str, tuple[int, int]], count: int, rng: Any
) -> Tally:
    tally, whole = Tally(fault), path.read_bytes()
    places = [(part, place) for part, (first, last) in parts.items() for place in (first, last - 1)]
    names = list(parts)
    for number in range(count - len(places)):
        part = names[number % len(names)]
        places.append((part, int(rng.integers(*parts[part]))))
    for part, place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        tally.inject(part)
        if not _is_refused(read, path):
            tally.lose(f"byte {place} ({part}) flipped, and read without an error")
    for kept in {0, 1, 7, 8, 511, 512, len(whole) - 1, *rng.integers(0, len(whole), max(1, count // 20)).tolist()}:
        path.write_bytes(whole[:kept])
        tally.inject("cut off")
        if not _is_refused(read, path):
            tally.lose(f"cut off after {kept} bytes, and read without an error")
    path.write_bytes(whole)
    read()
    return tally


def _is_refused(read: Callable[[], object], path: Path) -> bool:
    """Return whether ``read`` raises an InkbridgeError that names ``path`` and advises to make the file again."""
    return _is_reported(read, path, *_ADVICE)


def _is_reported(read: Callable[[], object], path: Path, *words: str) -> bool:
    """Return whether ``read`` raises an InkbridgeError that names ``path`` and has all ``words``."""
    try:
        read()
    except Exception as error:
        return isinstance(error, InkbridgeError) and all(part in str(error) for part in (str(path), *words))
    return False


# --- files that pretend ------------------------------------------------------------------------------------


class _Code:
    """An object that runs a command when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return os.mkdir, (str(self.trace),)


def pretend(folder: Path) -> Tally:
    """Replace a model with files that would run code, or that belong to another variant."""
    tally, trace = Tally("a model or checkpoint that would run code, or is of another variant"), folder / "executed"
    path = folder / "model.safetensors"
    code = _Code(trace)
    header = json.dumps({"__metadata__": {"about": pickle.dumps(code, 0).decode()}}).encode()
    malicious: dict[str, Callable[[], object]] = {
        "pickle": lambda: path.write_bytes(pickle.dumps(code)),
        "torch": lambda: torch.save({"weights": code}, path),
        "NumPy": lambda: _save_array(path, np.array([code], dtype=object)),
        "pickle in the record": lambda: path.write_bytes(len(header).to_bytes(8, "little") + header),
        "header without end": lambda: path.write_bytes((1 << 62).to_bytes(8, "little") + b"{"),
        "nested record": lambda: path.write_bytes((1 << 20).to_bytes(8, "little") + b"[" * (1 << 20)),
        "folder": path.mkdir,
        "nothing": lambda: None,
    }
    for name, put in malicious.items():
        put()
        tally.inject(name)
        advice = () if name in _NOT_DAMAGED else _ADVICE
        if not _is_reported(lambda: load_model(path, TINY), path, *advice):
            tally.lose(f"{name}: not refused")
        if trace.exists():
            tally.lose(f"{name}: code was executed")
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    for change in ({"latent_dim": 9}, {"channels": 16}, {"architecture": "coordconv"}):
        other = TINY.model_copy(update=change)
        save_model(path, build(other), other, {"seed": 5})
        tally.inject("another variant")
        if not _is_reported(lambda: load_model(path, TINY), path, "another variant"):
            tally.lose(f"{change}: not refused")
    stored = read_arrays(path)
    write_arrays(path, stored.arrays, {**stored.about, "variant": TINY.model_dump()})
    tally.inject("another variant")
    if not _is_reported(lambda: load_model(path, TINY), path, "do not fit"):
        tally.lose("weights of another variant under its name: not refused")
    return tally


def _save_array(path: Path, array: np.ndarray[Any, Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array)


# --- in a run ----------------------------------------------------------------------------------------------


def damage_a_run(finished: Path, folder: Path, rng: np.random.Generator) -> Tally:
    """Damage shards and models of a finished run and let Snakemake train or fit with them: each is refused."""
    tally = Tally("a run with a damaged shard or model")
    shard, model = Path("results/dataset/train/1.h5"), Path("results/models/conv64/model.safetensors")
    fit = "results/fits/conv64/tree.safetensors"
    for damage in (_flip, _truncate):
        for victim, target, rule in ((shard, str(model), "train"), (model, fit, "fit")):
            copy = folder / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(finished, copy, symlinks=True)
            damage(copy / victim, rng)
            run = Run(copy, target, options=("--forcerun", rule, "--allowed-rules", rule))
            tally.expect(
                run.wait() != 0 and str(victim) in run.text and "rm results/" in run.text,
                f"{victim} {damage.__name__[1:]}: {run.text[-1500:]}",
            )
            if (copy / target).exists():
                tally.lose(f"{victim}: {target} was made nevertheless")
    shutil.rmtree(copy)
    return tally


def _flip(path: Path, rng: np.random.Generator) -> None:
    data = bytearray(path.read_bytes())
    data[rng.integers(len(data))] ^= 1 << rng.integers(8)
    path.write_bytes(data)


def _truncate(path: Path, rng: np.random.Generator) -> None:
    os.truncate(path, int(rng.integers(path.stat().st_size)))
