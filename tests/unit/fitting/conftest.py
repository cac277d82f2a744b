"""The small decoder that draws, and the latents, that the tests of the stroke fit share."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from inkbridge.config.settings import Fitting
from inkbridge.fitting.motion import Motion, Segments
from inkbridge.fitting.optimise import optimise_strokes
from inkbridge.models.strokes import StrokeAutoencoder
from tests.unit.fitting.shapes import turning_line


@pytest.fixture
def model(stroke_network) -> StrokeAutoencoder:
    return stroke_network(6)


@pytest.fixture
def latents() -> Tensor:
    return torch.randn(3, 8, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def motion() -> Motion:
    """Three keyframes of two strokes in a loop, the last of them blank, with bends."""
    rng = torch.Generator().manual_seed(0)
    points, bends = (scale * torch.randn(3, 2, 4, 2, generator=rng) for scale in (12, 3))
    widths, opacities = 2 + torch.rand(3, 2, generator=rng), torch.tensor([1.0, 1.0, 0.0])
    return Motion(points + 32, widths, opacities, bends, Segments.of(3, loop=True))


@pytest.fixture
def optimised(model, latents) -> Callable[..., Motion]:
    """A function that optimises the model's strokes, as they are, for a line that turns by 90°."""

    def optimise_with(seed: int = 1, **settings: float) -> Motion:
        keyframes = turning_line(0.2, 0.2 + np.pi / 2, 1.0)
        with torch.no_grad():
            strokes = model.strokes(latents).numpy()
        return optimise_strokes(
            strokes, latents, keyframes, True, Fitting(stroke_steps=30).model_copy(update=settings), seed
        )

    return optimise_with
