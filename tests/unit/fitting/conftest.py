"""The small decoder that draws, which the tests of the stroke fit share."""

import pytest

from inkbridge.models.strokes import StrokeAutoencoder


@pytest.fixture
def model(stroke_network) -> StrokeAutoencoder:
    return stroke_network(6)
