"""Jobs that run side by side declare threads so that they never use more cores than exist."""

import pytest
import torch

from inkbridge.config.settings import Compute
from inkbridge.models import device
from inkbridge.models.device import choose_backend
from inkbridge.pipeline import resources
from inkbridge.pipeline.resources import declared_gpus, declared_threads


@pytest.fixture
def machine(monkeypatch):
    """A function that gives the machine a number of cores."""

    def with_cores(count: int) -> None:
        monkeypatch.setattr(resources, "available_cores", lambda: count)
        monkeypatch.setattr(device, "available_cores", lambda: count)

    return with_cores


@pytest.fixture(autouse=True)
def threads_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("existing", "wanted", "declared"),
    [(1, 1, 1), (1, 8, 1), (2, 2, 2), (8, 8, 8), (16, 8, 8), (16, 3, 3), (2, 3, 2), (4, 1, 1)],
)
@pytest.mark.parametrize("offered_all", [True, False])
def test_job_declares_the_threads_that_it_uses(existing, wanted, declared, offered_all, machine):
    machine(existing)
    assert declared_threads(wanted, existing if offered_all else None) == declared


@pytest.mark.parametrize("existing", [1, 2, 3, 4, 8, 12, 16, 64])
@pytest.mark.parametrize("wanted", [1, 2, 3, 8])
def test_parallel_trainings_never_use_more_cores_than_exist(existing, wanted, machine):
    machine(existing)
    used = min(wanted, existing)
    for offered in range(1, 4 * existing):
        at_once = max(1, offered // declared_threads(wanted, offered))
        assert at_once * used <= existing
    for generosity in (1, 2, 5):
        at_once = generosity * existing // declared_threads(wanted, generosity * existing)
        assert at_once == existing // used, "no core is left idle that one more job could use"


@pytest.mark.parametrize("wanted", [1, 2, 8])
def test_parallel_trainings_never_have_more_threads_than_cores(wanted, machine):
    for existing in (2, 4, 16):
        machine(existing)
        for offered in (existing, 2 * existing, 4 * existing):
            declared = declared_threads(wanted, offered)
            backend = choose_backend(Compute(device="cpu", threads=wanted), declared)
            assert backend.threads * (offered // declared) <= existing, (existing, offered)


@pytest.mark.parametrize(("device", "file", "gpus"), [("cuda", False, 1), ("cpu", True, 0), ("auto", False, 0)])
def test_job_declares_a_gpu_if_it_uses_one(device, file, gpus, monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: file)
    assert declared_gpus(device) == gpus


def test_device_auto_declares_an_existing_gpu(monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: path.name == "nvidiactl")
    assert declared_gpus("auto") == 1
