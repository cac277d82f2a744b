"""A motion passes through its keyframes."""

import numpy as np
import torch


def test_motion_passes_through_its_keyframes_and_bends_between_them(motion):
    start = motion.at_keyframes()
    end = [values.roll(-1, dims=0) for values in start]
    halfway = [(one + other) / 2 for one, other in zip(start, end, strict=True)]
    halfway[0] = halfway[0] + motion.bends
    for moment, expected in ((0.0, start), (1.0, end), (0.5, halfway)):
        found = motion.at(np.arange(3), torch.full((3,), moment))
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)
