"""Random streams with names: one seed in the configuration gives an independent stream for each use."""

import hashlib

import numpy as np

LARGEST_SEED = 2**63 - 1


def seed_sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """Return the seed sequence that belongs to ``names`` under ``seed``.

    The names are hashed. So a stream depends on its use and never on the order in which streams are made, and one shard
    or one GIF can be made again alone.
    """
    digest = hashlib.blake2b("\0".join(map(str, names)).encode(), digest_size=16).digest()
    return np.random.SeedSequence([seed, int.from_bytes(digest, "little")])


def random_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator for the stream ``names`` of ``seed``."""
    return np.random.default_rng(seed_sequence(seed, *names))


def torch_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit integer for ``torch.manual_seed``, drawn from the stream ``names`` of ``seed``."""
    return int(seed_sequence(seed, *names).generate_state(1, np.uint64)[0] >> 1)
