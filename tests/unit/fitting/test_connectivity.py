"""The gaps between strokes are those of a minimum spanning tree, without the widest that are allowed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from torch import Tensor

from inkbridge.fitting.connectivity import _spanning_tree, loose_pieces
from inkbridge.fitting.tuning import STROKE_FIT
from tests.unit.fitting.shapes import line

WIDTH, OVERLAP = 3.0, STROKE_FIT.overlap


def widths(points: Tensor) -> Tensor:
    return torch.full(points.shape[:2], WIDTH)


def parallel(*heights: float) -> Tensor:
    """Return level lines ``[1, N, 4, 2]``, one below the other."""
    return torch.stack([line((10, height), (50, height)) for height in heights])[None]


@pytest.mark.parametrize("allowed", [1, 2])
def test_strokes_that_cross_or_touch_are_one_piece(allowed):
    crossing = torch.stack([line((10, 30), (50, 30)), line((30, 10), (30, 50)), line((30, 50), (45, 60))])[None]
    assert loose_pieces(crossing, widths(crossing), [allowed]) == 0


def test_gap_is_measured_between_the_edges_of_two_pieces():
    apart = parallel(20, 32)
    assert float(loose_pieces(apart, widths(apart), [1])) == pytest.approx(12 - WIDTH + OVERLAP, abs=1e-4)
    assert loose_pieces(apart, widths(apart), [2]) == 0
    corner = torch.stack([line((10, 20), (50, 20)), line((50, 32), (60, 60))])[None]
    assert float(loose_pieces(corner, widths(corner), [1])) == pytest.approx(12 - WIDTH + OVERLAP, abs=1e-4)
    wide = widths(apart) + torch.tensor([2.0, 4.0])
    assert float(loose_pieces(apart, wide, [1])) == pytest.approx(12 - WIDTH - 3 + OVERLAP, abs=1e-4)


def test_tuning_says_how_far_strokes_must_overlap():
    apart, touching = parallel(20, 32), replace(STROKE_FIT, overlap=0.0)
    assert float(loose_pieces(apart, widths(apart), [1], touching)) == pytest.approx(12 - WIDTH, abs=1e-4)
    just_apart = parallel(20, 20 + WIDTH + 0.01)
    assert 0 < float(loose_pieces(just_apart, widths(just_apart), [1], touching)) < 0.1


def test_widest_gaps_may_stay_if_more_pieces_are_allowed():
    three = parallel(8, 20, 50)
    near, far = 12 - WIDTH + OVERLAP, 30 - WIDTH + OVERLAP
    found = [float(loose_pieces(three, widths(three), [allowed])) for allowed in (0, 1, 2, 3, 9)]
    assert found == pytest.approx([near + far, near + far, near, 0, 0], abs=1e-4)


def test_gaps_are_averaged_over_drawings_with_their_own_numbers_of_pieces():
    together = torch.cat([parallel(20, 32), parallel(20, 32), parallel(20, 22)])
    found = float(loose_pieces(together, widths(together), np.array([1, 2, 1])))
    assert found == pytest.approx((12 - WIDTH + OVERLAP) / 3, abs=1e-4)


def test_gradient_pulls_pieces_together_and_widens_them():
    apart, wide = parallel(20, 32).requires_grad_(), torch.full((1, 2), WIDTH, requires_grad=True)
    loose_pieces(apart, wide, [1]).backward()
    assert apart.grad is not None
    assert wide.grad is not None
    pull = apart.grad.sum(dim=2)[0]
    torch.testing.assert_close(pull, torch.tensor([[0.0, -1.0], [0.0, 1.0]]), rtol=0, atol=1e-3)
    torch.testing.assert_close(wide.grad, torch.full((1, 2), -0.5))


def test_joined_strokes_have_no_gradient():
    for points in (parallel(20), parallel(20, 22)):
        points.requires_grad_()
        loose_pieces(points, widths(points), [1]).backward()
        assert points.grad is not None
        assert points.grad.abs().max() == 0


@pytest.mark.parametrize("number", [1, 2, 3, 10, 40])
def test_spanning_tree_has_the_least_total_length(number):
    rng = np.random.default_rng(number)
    gaps = rng.uniform(0.1, 20, (number, number)).astype(np.float32)
    gaps = np.minimum(gaps, gaps.T)
    edges = _spanning_tree(gaps)
    assert edges.shape == (number - 1, 2)
    assert len({frozenset(edge) for edge in edges.tolist()}) == number - 1
    reached = {0}
    for one, other in edges.tolist():
        assert one in reached
        reached.add(other)
    assert len(reached) == number
    expected = minimum_spanning_tree(np.triu(gaps, k=1)).sum()
    assert gaps[edges[:, 0], edges[:, 1]].sum() == pytest.approx(expected, rel=1e-5)


def test_spanning_tree_takes_negative_gaps():
    gaps = np.float32([[0, -2, 5], [-2, 0, -1], [5, -1, 0]])
    assert _spanning_tree(gaps).tolist() == [[0, 1], [1, 2]]
