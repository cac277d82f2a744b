"""Device, precision and threads follow the configuration, and the hardware if it says nothing."""

import pytest
import torch

from inkbridge.config.settings import Compute
from inkbridge.models.device import choose_backend
from inkbridge.support.errors import InkbridgeError

pytestmark = pytest.mark.usefixtures("machine")  # torch has its own number of threads again after each test


@pytest.fixture
def without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_missing_cuda_device_is_refused(without_cuda):
    with pytest.raises(InkbridgeError, match=r"compute\.device: expected a CUDA device.*found none"):
        choose_backend(Compute(device="cuda"), threads=1)


def test_cpu_is_chosen_without_a_gpu(without_cuda):
    assert choose_backend(Compute(), threads=1).device.type == "cpu"


@pytest.mark.parametrize("units", [{}, {"amx_bf16": True}, {"avx512_bf16": True}, {"amx_bf16": False, "avx2": True}])
def test_precision_follows_the_processor_unless_configured(units, without_cuda, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    fast = units.get("amx_bf16") or units.get("avx512_bf16")
    assert choose_backend(Compute(), threads=1).precision == (torch.bfloat16 if fast else torch.float32)
    for name, precision in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        assert choose_backend(Compute(precision=name), threads=1).precision == precision


def test_torch_uses_the_given_threads_but_no_more_than_cores(machine):
    machine(2)
    assert choose_backend(Compute(device="cpu", threads=8), threads=1).threads == torch.get_num_threads() == 1
    assert choose_backend(Compute(device="cpu", threads=8), threads=5).threads == torch.get_num_threads() == 2
    assert choose_backend(Compute(device="cpu", threads=1), threads=5).threads == torch.get_num_threads() == 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_products_are_computed_and_recorded_in_the_chosen_precision(precision):
    chosen = choose_backend(Compute(device="cpu", precision=precision), threads=1)
    with chosen.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == chosen.precision
    described = chosen.describe()
    assert described["precision"] == precision
    assert (described["device"], described["threads"]) == ("cpu", 1)
    assert described["device_name"]
