"""Jobs share the cores that there are: what they declare keeps them apart, what they use is what they declared."""

import os
import subprocess
import sys

import pytest
import torch

from inkbridge.config.settings import Compute
from inkbridge.models import device
from inkbridge.models.device import choose_backend
from inkbridge.pipeline import resources
from inkbridge.pipeline.resources import declared_gpus, declared_threads
from inkbridge.support.cores import available_cores
from inkbridge.support.errors import InkbridgeError


@pytest.fixture
def machine(monkeypatch):
    """A function that makes the machine have so many cores."""

    def with_cores(count: int) -> None:
        monkeypatch.setattr(resources, "available_cores", lambda: count)
        monkeypatch.setattr(device, "available_cores", lambda: count)

    return with_cores


@pytest.fixture(autouse=True)
def threads_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_there_is_a_core():
    assert available_cores() >= 1


@pytest.mark.parametrize(
    ("existing", "wanted", "declared"),
    [(1, 1, 1), (1, 8, 1), (2, 2, 2), (8, 8, 8), (16, 8, 8), (16, 3, 3), (2, 3, 2), (4, 1, 1)],
)
@pytest.mark.parametrize("offered_all", [True, False])
def test_a_job_declares_the_threads_it_is_to_use(existing, wanted, declared, offered_all, machine):
    machine(existing)
    assert declared_threads(wanted, existing if offered_all else None) == declared


@pytest.mark.parametrize("existing", [1, 2, 3, 4, 8, 12, 16, 64])
@pytest.mark.parametrize("wanted", [1, 2, 3, 8])
def test_trainings_at_once_never_use_more_cores_than_there_are(existing, wanted, machine):
    machine(existing)
    used = min(wanted, existing)
    for offered in range(1, 4 * existing):
        at_once = max(1, offered // declared_threads(wanted, offered))
        assert at_once * used <= existing
    for generosity in (1, 2, 5):
        at_once = generosity * existing // declared_threads(wanted, generosity * existing)
        assert at_once == existing // used, "no core is left idle that one more job could use"


@pytest.mark.parametrize("wanted", [1, 2, 8])
def test_trainings_at_once_have_no_more_threads_than_there_are_cores(wanted, machine):
    for existing in (2, 4, 16):
        machine(existing)
        for offered in (existing, 2 * existing, 4 * existing):
            declared = declared_threads(wanted, offered)
            backend = choose_backend(Compute(device="cpu", threads=wanted), declared)
            assert backend.threads * (offered // declared) <= existing, (existing, offered)


@pytest.mark.parametrize(("device", "file", "gpus"), [("cuda", False, 1), ("cpu", True, 0), ("auto", False, 0)])
def test_a_job_declares_a_gpu_where_it_uses_one(device, file, gpus, monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: file)
    assert declared_gpus(device) == gpus


def test_a_gpu_that_is_there_is_declared_without_being_asked_for(monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: path.name == "nvidiactl")
    assert declared_gpus("auto") == 1


# --- the backend -----------------------------------------------------------------------------------------


@pytest.fixture
def without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_cuda_that_is_not_there_is_an_error(without_cuda):
    with pytest.raises(InkbridgeError, match=r"compute\.device: expected a CUDA device.*found none"):
        choose_backend(Compute(device="cuda"), threads=1)


def test_the_cpu_is_chosen_where_there_is_no_gpu(without_cuda):
    assert choose_backend(Compute(), threads=1).device.type == "cpu"


@pytest.mark.parametrize("units", [{}, {"amx_bf16": True}, {"avx512_bf16": True}, {"amx_bf16": False, "avx2": True}])
def test_precision_is_chosen_by_what_the_processor_has(units, without_cuda, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    fast = units.get("amx_bf16") or units.get("avx512_bf16")
    assert choose_backend(Compute(), threads=1).precision == (torch.bfloat16 if fast else torch.float32)
    for name, precision in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        assert choose_backend(Compute(precision=name), threads=1).precision == precision


def test_torch_uses_the_threads_it_is_given_and_no_more_than_there_are(machine):
    machine(2)
    assert choose_backend(Compute(device="cpu", threads=8), threads=1).threads == torch.get_num_threads() == 1
    assert choose_backend(Compute(device="cpu", threads=8), threads=5).threads == torch.get_num_threads() == 2
    assert choose_backend(Compute(device="cpu", threads=1), threads=5).threads == torch.get_num_threads() == 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_products_are_taken_in_the_precision_and_said_so(precision):
    chosen = choose_backend(Compute(device="cpu", precision=precision), threads=1)
    with chosen.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == chosen.precision
    described = chosen.describe()
    assert described["precision"] == precision
    assert (described["device"], described["threads"]) == ("cpu", 1)
    assert described["device_name"]


def test_numpys_blas_uses_one_thread_whatever_it_was_told():
    code = (
        "import numpy; from threadpoolctl import threadpool_info; "
        "from inkbridge.support.cores import use_one_blas_thread; "
        "use_one_blas_thread(); "
        "print({pool['num_threads'] for pool in threadpool_info() if pool['user_api'] == 'blas'})"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "{1}\n"
