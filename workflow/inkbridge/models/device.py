"""The device that torch computes on, its precision and its threads."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from inkbridge.config.settings import Compute
from inkbridge.models.claims import claim_gpus
from inkbridge.support.cores import available_cores
from inkbridge.support.errors import InkbridgeError


@dataclass(frozen=True)
class Backend:
    """What torch computes on. The record of every model holds it, because results differ between devices."""

    device: torch.device
    precision: torch.dtype
    threads: int
    resident: bool = False
    """Whether the training set lies on the device, if it fits, and is shuffled, turned and moved there."""
    devices: int = 1
    """Number of devices that train one network together, each with a process of its own."""
    compile: bool = False
    """Whether torch compiles networks for training."""

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which matrix products and convolutions run in the backend's precision."""
        reduced = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision, enabled=reduced)

    def describe(self) -> dict[str, str | int]:
        """Return the backend as text and numbers, for records and tables."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else _processor()
        precision = str(self.precision).removeprefix("torch.")
        return {
            "device": self.device.type,
            "device_name": name,
            "precision": precision,
            "threads": self.threads,
            "torch": torch.__version__,
            **({"devices": self.devices} if self.devices > 1 else {}),
            **({"compiled": 1} if self.compile else {}),
        }


def choose_backend(settings: Compute, threads: int) -> Backend:
    """Return what ``settings`` ask for, with at most ``threads`` threads and at most one for each core.

    Also sets torch's number of threads for the process. Raises :class:`InkbridgeError` if ``settings`` ask for CUDA
    and there is no CUDA device, or for more devices than there are.
    """
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device == "cuda" and not torch.cuda.is_available():
        raise InkbridgeError("compute.device: expected a CUDA device, as configured, found none; set it to auto or cpu")
    if device == "cuda":
        claim_gpus(settings.devices)
    if device == "cuda" and settings.devices > torch.cuda.device_count():
        raise InkbridgeError(
            f"compute.devices: expected at most {torch.cuda.device_count()}, the number of GPUs of this machine, found "
            f"{settings.devices}; lower it"
        )
    used = min(settings.threads, threads, available_cores())
    precision, resident = _precision(settings, device), device == "cuda"
    chosen = Backend(torch.device(device), precision, used, resident, settings.devices, settings.compile)
    set_up(chosen)
    return chosen


def set_up(backend: Backend) -> None:
    """Set torch's number of threads for this process, and let CUDA repeat itself."""
    torch.set_num_threads(backend.threads)
    if backend.device.type == "cuda":
        if backend.device.index is not None:
            torch.cuda.set_device(backend.device)
        _repeatable_on_cuda()


def _repeatable_on_cuda() -> None:
    """Make CUDA repeatable, and float32 products exact. Neither is the default."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


def _precision(settings: Compute, device: str) -> torch.dtype:
    if settings.precision != "auto":
        return torch.float32 if settings.precision == "float32" else torch.bfloat16
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    units = torch.cpu.get_capabilities()
    return torch.bfloat16 if units.get("amx_bf16") or units.get("avx512_bf16") else torch.float32


def _processor() -> str:
    name = torch.cpu.get_capabilities().get("cpu_name")
    return str(name) if name else os.uname().machine
