"""Jobs side by side never use more cores than exist, declare their memory, and the longest training starts first."""

from itertools import permutations

import pytest

from inkbridge.config.settings import Compute, Configuration, Dataset, Variant
from inkbridge.models.device import choose_backend
from inkbridge.pipeline import resources
from inkbridge.pipeline.resources import declared_gpus, declared_threads, training_cost, training_priorities


def training_memory(architecture: str, batch_size: int, channels: int = 16, gpus: int = 0) -> int:
    variant = Variant(architecture=architecture, channels=channels)
    return resources.training_memory(variant, batch_size, gpus)


def animation_memory(frames: int, size: int) -> int:
    doodles, variants = {"tree": {"sheet": "tree.png"}}, {"conv64": {"architecture": "conv"}}
    settings = Configuration.read({"doodles": doodles, "variants": variants, "animation": {"size": size}})
    return resources.animation_memory(settings, "tree", frames)


pytestmark = pytest.mark.usefixtures("machine")  # torch has its own number of threads again after each test


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


@pytest.mark.parametrize("on_cluster", [False, True])
@pytest.mark.parametrize(("device", "file", "gpus"), [("cuda", False, 1), ("cpu", True, 0), ("auto", False, 0)])
def test_job_declares_a_gpu_if_it_uses_one(device, file, gpus, on_cluster, monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: file)
    assert declared_gpus(device, on_cluster) == gpus


def test_on_a_cluster_the_hardware_of_this_machine_does_not_count(machine, monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: True)
    machine(2)
    assert declared_gpus("auto", on_cluster=True) == 0
    for offered in (None, 1, 4):
        assert declared_threads(8, offered, on_cluster=True) == 8


def test_device_auto_declares_an_existing_gpu(monkeypatch):
    monkeypatch.setattr(resources.Path, "exists", lambda path: path.name == "nvidiactl")
    assert declared_gpus("auto") == 1


# --- memory, minutes ---------------------------------------------------------------------------------------

MEASURED = [
    (resources.shard_memory(64), 175),
    (resources.shard_memory(8192), 247),
    (resources.shard_memory(32768), 446),
    (training_memory("conv", 64), 825),
    (training_memory("conv", 256), 946),
    (training_memory("strokes", 64), 825),
    (training_memory("coordconv", 256), 937),
    (training_memory("conv", 64, channels=32), 896),
    (training_memory("conv", 64, channels=64), 1116),
    (resources.fit_memory(Variant(architecture="conv"), 0), 451),
    (resources.fit_memory(Variant(architecture="strokes"), 0), 684),
    (resources.evaluation_memory(512, Dataset()), 513),
    (resources.evaluation_memory(4096, Dataset()), 905),
    (resources.evaluation_memory(16384, Dataset(shard_size=16384)), 2118),
    (animation_memory(141, 256), 379),
    (animation_memory(701, 256), 452),
    (animation_memory(141, 1024), 686),
    (resources.vectors_memory(141), 106),
    (resources.vectors_memory(7001), 200),
]
"""What is declared, and the peak that was measured, in megabytes."""


@pytest.mark.parametrize(("declared", "measured"), MEASURED)
def test_declared_memory_holds_what_was_measured_and_little_more(declared: int, measured: int) -> None:
    assert measured + 300 < declared < 1.4 * (measured + 300) + 400


def test_memory_follows_the_settings() -> None:
    assert resources.shard_memory(1_000_000) > 10 * resources.shard_memory(8192)
    assert training_memory("conv", 4096) > 2 * training_memory("conv", 64)
    assert training_memory("conv", 64, gpus=1) > 2 * training_memory("conv", 64)
    assert animation_memory(2000, 1024) > 5 * animation_memory(200, 256)
    assert resources.evaluation_memory(10**6, Dataset()) == resources.evaluation_memory(8192, Dataset())


def test_long_trainings_ask_for_a_day_and_continue() -> None:
    minutes = [resources.training_minutes(Variant(architecture="conv"), images, 0) for images in (1000, 10**6, 10**9)]
    assert 30 < minutes[0] < minutes[1] < minutes[2] == resources.LONGEST_MINUTES
    assert resources.training_minutes(Variant(architecture="conv"), 10**6, 1) < minutes[1]


# --- priorities --------------------------------------------------------------------------------------------

BY_LENGTH = {
    "short": Variant(architecture="conv", budget=0.5),
    "strokes": Variant(architecture="strokes"),
    "pixels": Variant(architecture="conv"),
    "coordinates": Variant(architecture="coordconv"),
    "longer": Variant(architecture="strokes", budget=2),
    "wide": Variant(architecture="conv", channels=96),
}
"""From the shortest training to the longest."""


@pytest.mark.parametrize("names", [list(BY_LENGTH), list(BY_LENGTH)[::-1], sorted(BY_LENGTH)])
def test_the_longer_a_training_the_higher_its_priority(names: list[str]) -> None:
    priorities = training_priorities({name: BY_LENGTH[name] for name in names})
    assert sorted(priorities, key=lambda name: priorities[name]) == list(BY_LENGTH)
    assert min(priorities.values()) > 0  # before fits and GIFs, which have none


def test_trainings_of_the_same_length_have_the_same_priority() -> None:
    twins = {"one": Variant(architecture="conv"), "other": Variant(architecture="conv", latent_dim=32)}
    assert set(training_priorities(twins).values()) == {1}


def test_priorities_do_not_depend_on_the_order_of_the_configuration() -> None:
    names = ("short", "strokes", "wide")
    found = [training_priorities({name: BY_LENGTH[name] for name in order}) for order in permutations(names)]
    assert all(one == found[0] for one in found)


def test_the_cost_is_a_multiple_of_the_default_training() -> None:
    assert training_cost(Variant(architecture="conv")) == 1
    assert training_cost(Variant(architecture="conv", budget=3, channels=32)) == 12
