"""The learning rate over a training."""

from math import cos, pi


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return the part of the peak learning rate that ``step`` has: a linear warm-up, then half a cosine to zero."""
    rising = warmup * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1 + cos(pi * (step - rising) / (steps - rising)))
