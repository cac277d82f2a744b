"""A dataset on the device gives what one on the CPU gives: each image once in an epoch, turned, and moving pairs."""

import itertools
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from inkbridge.data.augmentation import random_warp
from inkbridge.data.shards import read_strokes
from inkbridge.models.feeds import AheadFeed, HostFeed, Share
from inkbridge.models.movements import Strokes, paint_pairs, painted_by_cpu, painted_on_gpu, warped
from inkbridge.models.resident import ResidentFeed, fits, read_all_images, read_drawings, turned
from inkbridge.strokes.bezier import Kind

ON = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.fixture
def feed(train_shards):
    """A function that makes a feed of 400 drawings."""
    return lambda size=32, pairs=4, seed=3, **share: ResidentFeed(train_shards, seed, size, pairs, ON, **share)


@pytest.fixture(scope="module")
def read(train_shards):
    return read_drawings(train_shards, ON)


def as_bytes(batches) -> list[tuple[bytes, bytes]]:
    return [tuple(np.asarray(part.cpu()).tobytes() for part in (batch.images, batch.pairs)) for batch in batches]


# --- images ----------------------------------------------------------------------------------------------


def test_dataset_fits_the_cpu(train_shards):
    assert fits(train_shards, torch.device("cpu"))


def test_images_are_those_of_the_shards(train_shards, drawings):
    np.testing.assert_array_equal(read_all_images(train_shards, ON).cpu(), drawings)


@pytest.mark.parametrize("size", [7, 100, 150, 900])
def test_each_image_has_one_turn_in_each_epoch(size, feed):
    rows = torch.cat([feed(size, 0).chosen(step) for step in range(-(-1200 // size))])[:1200].cpu().reshape(3, 400)
    for epoch in rows:
        assert sorted(epoch.tolist()) == list(range(400))
    assert not torch.equal(rows[0], rows[1])


def test_batches_depend_only_on_the_seed_and_the_step(feed):
    whole = as_bytes(feed().batches(0, 30))
    assert as_bytes(feed().batches(0, 30)) == whole
    assert as_bytes(feed().batches(17, 30)) == whole[17:], "as after an interruption"
    assert all(one != other for one, other in itertools.combinations(whole, 2))
    assert as_bytes(feed(seed=4).batches(0, 2)) != whole[:2]


@pytest.mark.parametrize("kind", ["resident", "host"])
def test_shares_are_parts_of_the_whole_batch(kind, feed, train_shards):
    def made(share: Share):
        if kind == "resident":
            return feed(share=share).batches(0, 3)
        return HostFeed(train_shards, 3, 32, 4, share).batches(0, 3)

    for batch, one, other in zip(*map(made, (Share(), Share(0, 2), Share(1, 2))), strict=True):
        for name in ("images", "pairs"):
            parts = [np.asarray(getattr(part, name)) for part in (one, other)]
            whole = np.asarray(getattr(batch, name))
            np.testing.assert_array_equal(np.stack(parts, axis=1).reshape(whole.shape), whole)


def test_batches_made_ahead_are_the_same(train_shards):
    feed = HostFeed(train_shards, 3, 32, 4)
    for one, other in zip(feed.batches(2, 6), AheadFeed(feed).batches(2, 6), strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.pairs, other.pairs)


def test_images_are_turned_to_all_eight_orientations():
    image = torch.arange(9).reshape(1, 3, 3)
    turns = torch.tensor(list(itertools.product([False, True], repeat=3))).T
    found = turned(image.repeat(8, 1, 1), turns)
    turning = [np.rot90(image[0], number) for number in range(4)]
    expected = [*turning, *(each[:, ::-1] for each in turning)]
    assert {each.numpy().tobytes() for each in found} == {np.ascontiguousarray(each).tobytes() for each in expected}


# --- moving pairs ----------------------------------------------------------------------------------------


def test_drawing_that_does_not_move_is_the_one_of_the_shard(read, drawings):
    strokes = read.take(torch.arange(40, device=ON))
    found = paint_pairs(strokes, strokes.points).cpu().numpy().astype(int)
    assert (found == found[:, :1]).all()
    # A line is drawn as a curve, because a movement may bend it.
    assert np.abs(found[:, 0] - drawings[:40]).mean() < 0.5


def test_movements_are_as_large_as_those_of_the_cpu(read, train_shards):
    count = 200
    strokes = read.take(torch.arange(count, device=ON))
    generator, rng, sets = torch.Generator(ON), np.random.default_rng(1), read_strokes(train_shards[0])
    found, expected = [], []
    for seed in range(20):
        moved = warped(strokes, generator.manual_seed(seed)) - strokes.points
        found.append(moved[strokes.drawn].cpu().numpy())
        expected.append((random_warp(rng, sets).values - sets.values)[:, :8].reshape(-1, 4, 2))
    one, other = np.concatenate(found), np.concatenate(expected)
    assert one.shape == other.shape
    np.testing.assert_allclose(one.mean(axis=(0, 1)), other.mean(axis=(0, 1)), atol=0.3)
    np.testing.assert_allclose(one.std(axis=0), other.std(axis=0), rtol=0.05)
    for quantile in (0.5, 0.9, 0.99):
        np.testing.assert_allclose(*(np.quantile(np.abs(each), quantile) for each in (one, other)), rtol=0.1)


def test_ellipses_stay_whole_and_other_strokes_may_shrink(read):
    strokes = read.take(torch.arange(300, device=ON))
    ends = warped(strokes, torch.Generator(ON).manual_seed(1))
    length = (ends[..., 3, :] - ends[..., 0, :]).norm(dim=-1) / (
        (strokes.points[..., 3, :] - strokes.points[..., 0, :]).norm(dim=-1) + 1e-6
    )
    shrunken = (length < 0.05) & strokes.drawn & (strokes.kinds != Kind.DOT)
    assert not shrunken[strokes.kinds == Kind.ELLIPSE].any()
    assert 0.02 < shrunken.sum() / strokes.drawn.sum() < 0.15


@pytest.mark.slow
@pytest.mark.needs(find_spec("triton") is not None, "triton: pip install triton", sys.platform == "linux")
def test_painter_for_gpus_paints_what_the_cpu_paints(read, monkeypatch):
    if ON.type == "cpu":
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    strokes = read.take(torch.arange(3, device=ON))
    moved = warped(strokes, torch.Generator(ON).manual_seed(1))
    strokes = Strokes(moved, strokes.widths, strokes.kinds, strokes.drawn, strokes.blurs)
    found, expected = (paint(strokes).cpu().numpy().astype(int) for paint in (painted_on_gpu, painted_by_cpu))
    assert np.abs(found - expected).mean() < 0.05 * expected.mean()
    assert abs((found - expected).mean()) < 0.01 * expected.mean(), "no lighter, no darker"
    assert np.abs(found - expected).max() < 90
