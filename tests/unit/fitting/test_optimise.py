"""Optimised strokes keep their ink between keyframes, and are the same for the same seed."""

import numpy as np
import torch

from inkbridge.config.settings import Fitting
from inkbridge.fitting.optimise import optimise_strokes
from tests.unit.fitting.shapes import ink_of, lines, turning_line


def test_optimised_strokes_depend_only_on_the_seed(optimised):
    one, again, other = optimised(), optimised(), optimised(seed=2)
    assert torch.equal(one.points, again.points)
    assert torch.equal(one.bends, again.bends)
    assert not torch.equal(one.points, other.points)


def test_ink_term_keeps_a_turning_line_from_shrinking(latents):
    strokes, keyframes = lines(0.2, 2.0), turning_line(0.2, 2.0)

    def lost(weight: float) -> float:
        """Return the part of the ink that is missing halfway."""
        settings = Fitting(stroke_steps=80, ink_weight=weight)
        motion = optimise_strokes(strokes, latents[:2], keyframes, False, settings, seed=1)
        start, halfway, end = (
            ink_of(*motion.at(np.zeros(1, np.int64), torch.full((1,), moment))) for moment in (0.0, 0.5, 1.0)
        )
        return 1 - float(halfway / ((start + end) / 2))

    assert lost(0.0) > 0.25, "the straight way of a line's ends leads through its middle"
    assert lost(1.0) < 0.1
