"""A random stream depends on its seed and names, and on nothing else."""

import pytest
import torch

from inkbridge.support.seeds import random_stream, torch_seed


def test_stream_depends_on_its_names_and_not_on_the_order_of_calls():
    first = random_stream(3, "shard", "train", 7).random(4)
    random_stream(3, "bridge").random(100)
    assert (random_stream(3, "shard", "train", 7).random(4) == first).all()


def test_different_seeds_and_names_give_different_streams():
    asked = [(3, "shard", "train", 7), (4, "shard", "train", 7), (3, "shard", "test", 7), (3, "shard", "train", 8)]
    asked += [(3, "shard", "train"), (3, "shardtrain", 7), (3, "train", "shard", 7)]
    assert len({random_stream(*names).random() for names in asked}) == len(asked)


def test_stream_is_the_same_in_every_process_and_version():
    # If this value changed, so would every data set, network and animation of a seed.
    assert random_stream(2018, "shard", "train", 0).integers(1 << 30) == 235680880


@pytest.mark.parametrize("seed", [0, 2018, 2**63 - 1])
def test_torch_accepts_the_seeds(seed):
    value = torch_seed(seed, "weights")
    assert 0 <= value < 2**63
    torch.Generator().manual_seed(value)
