"""The learning rate over a training."""

from math import cos, pi


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return the learning rate of ``step``, counted from 0, as a part of the peak: it rises linearly over ``warmup`` (a
    part of ``steps``), then falls to zero along half a cosine."""
    rising = warmup * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1 + cos(pi * (step - rising) / (steps - rising)))
