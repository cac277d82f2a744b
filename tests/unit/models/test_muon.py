"""The optimiser: matrices move by the same amount in all their directions, and a step depends on its inputs alone."""

import copy

import pytest
import torch
from torch import nn

from inkbridge.models.muon import MUON, Muon, orthogonalised


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def matrix(shape: tuple[int, ...], condition: float) -> torch.Tensor:
    """Return random matrices whose singular values fall from 1 to 1 / ``condition``."""
    left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    return left * torch.logspace(0, -torch.tensor(condition).log10().item(), min(shape[-2:])) @ right


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 16, 144), (2, 64, 16), (1, 256, 2048), (1, 1, 9)])
def test_singular_values_become_one(shape):
    given = matrix(shape, condition=50)
    found = orthogonalised(given)
    values = torch.linalg.svdvals(found)
    assert found.shape == given.shape
    assert values.min() > 0.4
    assert values.max() < 1.6


def test_result_is_the_nearest_orthogonal_matrix():
    given = matrix((4, 12, 30), condition=10)
    found = orthogonalised(given)
    left, _, right = torch.linalg.svd(given, full_matrices=False)
    nearest = left @ right
    assert (found * nearest).sum() > 0.9 * found.norm() * nearest.norm()


def test_length_of_a_matrix_does_not_matter():
    given = matrix((2, 8, 20), condition=10)
    torch.testing.assert_close(orthogonalised(given), orthogonalised(given * 1e-3), atol=0.01, rtol=0)


def test_nothing_stays_nothing():
    assert not orthogonalised(torch.zeros(1, 4, 5)).any()


def moved(weights: nn.Parameter, gradient: torch.Tensor, rate: float = 0.02) -> torch.Tensor:
    before = weights.detach().clone()
    weights.grad = gradient
    Muon([weights], rate, weight_decay=0.0).step()
    return weights.detach() - before


@pytest.mark.parametrize("shape", [(16, 8, 3, 3), (24, 6), (6, 24)])
def test_matrices_and_kernels_move_by_the_rate_in_all_directions(shape):
    change = moved(nn.Parameter(torch.randn(shape)), matrix((shape[0], torch.Size(shape[1:]).numel()), 20).view(shape))
    scale = 0.02 * max(1.0, shape[0] / change[0].numel()) ** 0.5
    values = torch.linalg.svdvals(change.flatten(1)) / scale
    assert values.min() > 0.4
    assert values.max() < 1.6


def test_matrices_of_the_same_shape_move_as_if_they_were_alone():
    both = [nn.Parameter(torch.randn(8, 12)) for _ in range(2)]
    alone = copy.deepcopy(both)
    for weights, twin in zip(both, alone, strict=True):
        weights.grad = torch.randn(8, 12)
        twin.grad = weights.grad.clone()
        Muon([twin], 0.02, weight_decay=0.1).step()
    Muon(both, 0.02, weight_decay=0.1).step()
    for weights, twin in zip(both, alone, strict=True):
        torch.testing.assert_close(weights, twin)


def test_biases_take_the_steps_of_adam():
    ours, theirs = nn.Parameter(torch.ones(5)), nn.Parameter(torch.ones(5))
    muon = Muon([ours], 0.02, weight_decay=0.0)
    adam = torch.optim.Adam([theirs], 0.02 * MUON.bias_rate, betas=MUON.bias_betas, eps=MUON.epsilon)
    for _ in range(10):
        ours.grad = torch.randn(5)
        theirs.grad = ours.grad.clone()
        muon.step()
        adam.step()
    torch.testing.assert_close(ours, theirs)


def test_weights_decay():
    weights = nn.Parameter(torch.ones(3, 4))
    weights.grad = torch.zeros(3, 4)
    Muon([weights], 0.5, weight_decay=0.1).step()
    torch.testing.assert_close(weights.detach(), torch.full((3, 4), 0.95))


def test_parameters_without_a_gradient_stay():
    weights = nn.Parameter(torch.ones(3, 4))
    Muon([weights], 0.5, weight_decay=0.1).step()
    assert torch.equal(weights.detach(), torch.ones(3, 4))


def test_saved_state_goes_on_as_if_nothing_had_happened():
    first = [nn.Parameter(torch.randn(6, 9)), nn.Parameter(torch.randn(6))]
    gradients = [[torch.randn(6, 9), torch.randn(6)] for _ in range(6)]

    def run(parameters, optimiser, steps):
        for step in steps:
            for weights, gradient in zip(parameters, step, strict=True):
                weights.grad = gradient.clone()
            optimiser.step()

    optimiser = Muon(first, 0.02, 0.01)
    run(first, optimiser, gradients[:3])
    second = copy.deepcopy(first)
    resumed = Muon(second, 0.02, 0.01)
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    run(first, optimiser, gradients[3:])
    run(second, resumed, gradients[3:])
    for weights, twin in zip(first, second, strict=True):
        assert torch.equal(weights, twin)
