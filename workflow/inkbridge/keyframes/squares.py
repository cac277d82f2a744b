"""Squared and ruled paper: its lines go from edge to edge in equal steps, even where they are too pale to be
found."""

from dataclasses import replace

import numpy as np

from inkbridge.keyframes.lines import Axis, Ruling

FEWEST = 6
"""Lines of one direction from which their steps are measured, at least."""

MOST_OFF = 0.06
"""Part of a step by which a line may be off its place, or two pixels."""

LEAST_FITTING = 0.7
"""Part of the lines that fit equal steps, at least."""


def completed(rulings: list[Ruling], shape: tuple[int, ...]) -> list[Ruling]:
    """Return pale lines of a page ``[H, W]``, and those that equal steps between them call for: all of them from edge
    to edge. Lines that do not fit stay as they are."""
    level = [one for one in rulings if one.axis == "level"]
    upright = [one for one in rulings if one.axis == "upright"]
    return _along("level", level, shape[1], shape[0]) + _along("upright", upright, shape[0], shape[1])


def _along(axis: Axis, rulings: list[Ruling], length: int, across: int) -> list[Ruling]:
    if len(rulings) < FEWEST:
        return rulings
    middle = length / 2
    ordered = sorted(rulings, key=lambda one: one.place + one.slope * middle)
    places = np.array([one.place + one.slope * middle for one in ordered])
    step = float(np.median(np.diff(places)))
    numbers = np.rint(np.concatenate([[0.0], np.cumsum(np.diff(places))]) / max(step, 1.0)).astype(int)
    # The page may be tilted a little: the steps may grow.
    fit = np.polyfit(numbers, places, 2)
    slopes = np.polyfit(numbers, [one.slope for one in ordered], 1)
    fits = np.abs(np.polyval(fit, numbers) - places) <= max(2.0, MOST_OFF * step)
    if step < 4 or fits.mean() < LEAST_FITTING or len(np.unique(numbers)) < FEWEST:
        return rulings
    found = [
        replace(one, start=0.0, end=float(length)) if good else one for one, good in zip(ordered, fits, strict=True)
    ]
    thickness, tone = (float(np.median([getattr(one, name) for one in ordered])) for name in ("thickness", "tone"))
    known = set(numbers[fits].tolist())
    for number in range(int(numbers[0] - places[0] / step) - 1, int(numbers[-1] + (across - places[-1]) / step) + 2):
        place, slope = float(np.polyval(fit, number)), float(np.polyval(slopes, number))
        if number not in known and -step / 2 < place < across + step / 2:
            found.append(Ruling(axis, 0.0, float(length), place - slope * middle, slope, thickness, tone, 0.0))
    return found
