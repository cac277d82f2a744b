"""Lines and curves from which scenes are drawn. Angles are in degrees from straight down, positive to the right."""

from collections.abc import Sequence

import numpy as np

from benchmarks.scenes.scene import Points

Place = Points | Sequence[float]
"""A point (x, y)."""

ROUND = 48
"""Chords of a full circle: as many are round at 256 pixels."""


def at(*coordinates: float) -> Points:
    """Return numbers as an array: a point, a displacement, or the angles of limbs."""
    return np.array(coordinates, np.float64)


def direction(angle: float) -> Points:
    """Return the unit vector of an angle: 0 is down, 90 right, 180 up, −90 left."""
    return np.array([np.sin(np.radians(angle)), np.cos(np.radians(angle))])


def line(*points: Place) -> Points:
    """Return a polyline through points."""
    return np.array(points, np.float64)


def limb(start: Place, *parts: tuple[float, float]) -> Points:
    """Return a chain of straight parts from ``start``, each given by its length and its angle."""
    steps = [length * direction(angle) for length, angle in parts]
    return np.asarray(start, np.float64) + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def arc(centre: Place, radii: float | tuple[float, float], first: float = 0.0, last: float = 360.0) -> Points:
    """Return an arc of an ellipse, from one angle to another; without angles, a closed ellipse."""
    angles = np.linspace(first, last, ROUND + 1)
    return np.asarray(centre, np.float64) + np.stack([direction(angle) for angle in angles]) * radii


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """Return a closed rectangle."""
    return line((left, top), (right, top), (right, bottom), (left, bottom), (left, top))


def turned(points: Points, angle: float, about: Place) -> Points:
    """Return points turned about a place, anticlockwise as seen, as angles grow from down to the right."""
    across, along = direction(angle)
    matrix = np.array([[along, -across], [across, along]])
    return (points - about) @ matrix + about


def smooth(*points: Place) -> Points:
    """Return a curve through points (Catmull–Rom; Catmull & Rom 1974)."""
    given = np.array(points, np.float64)
    padded = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    share = np.linspace(0, 1, 9)[:-1, None]
    pieces = [
        0.5 * (2 * b + (c - a) * share + (2 * a - 5 * b + 4 * c - d) * share**2 + (3 * b - a - 3 * c + d) * share**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*pieces, given[-1:]])
