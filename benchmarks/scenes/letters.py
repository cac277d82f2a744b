"""Letters made of strokes that turn into one another, as one person might draw it."""

from collections.abc import Sequence

import numpy as np

from benchmarks.scenes.scene import Points, Scene, Strokes, refined
from benchmarks.scenes.shapes import at, box, line, smooth, turned


def blend(first: Points, last: Points, share: float) -> Points:
    """Return a polyline part of the way from one to another, point by point along both."""
    one, other = _even(first), _even(last)
    return (1 - share) * one + share * other


def _even(points: Points, count: int = 49) -> Points:
    """Return a polyline as ``count`` points at even distances along it."""
    fine = refined(points)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    return np.stack([np.interp(np.linspace(0, along[-1], count), along, column) for column in fine.T], axis=1)


def a_to_i(closed: float) -> Strokes:
    """Return an A whose legs close to an I: the bar gets shorter between them, and serifs grow."""
    spread = 16 * (1 - closed)
    serif = 8 * closed
    bar = spread * 28 / 44
    return {
        "left leg": line((32, 10), (32 - spread, 54)),
        "right leg": line((32, 10), (32 + spread, 54)),
        "bar": line((32 - bar, 38), (32 + bar, 38)),
        "top serif": line((32 - serif, 10), (32 + serif, 10)),
        "bottom serif": line((32 - max(serif, spread), 54), (32 - spread, 54)),
        "other serif": line((32 + spread, 54), (32 + max(serif, spread), 54)),
    }


def n_to_e(share: float) -> Strokes:
    """Return an N that becomes an E: its diagonal sinks to the lower bar, its right stem sinks into that, and two bars
    grow out of its left stem."""
    return {
        "stem": line((17, 10), (17, 54)),
        "diagonal": line((17, 10 + 44 * share), (47, 54)),
        "right stem": line((47, 54), (47, 10 + 44 * share)),
        "top bar": line((17, 10), (17 + 29 * share, 10)),
        "middle bar": line((17, 32), (17 + 23 * share, 32)),
    }


def r_to_a(share: float) -> Strokes:
    """Return an R that becomes an A: its stem leans, its bowl becomes the right side down to the bar, and the bar."""
    r_bowl = smooth((18, 10), (34, 10), (44, 16), (44, 24), (34, 32), (18, 32))
    a_bowl = line((32, 10), (42, 38), (22, 38))
    leg = blend(line((31, 32), (46, 54)), line((42, 38), (48, 54)), share)
    return {
        "stem": blend(line((18, 54), (18, 10)), line((16, 54), (32, 10)), share),
        "bowl": blend(r_bowl, a_bowl, share),
        "leg": leg,
    }


def t_to_l(share: float) -> Strokes:
    """Return a T that becomes an L: its bar slides down its stem, which moves aside."""
    x = 32 - 14 * share
    height = 11 + 43 * share
    return {"stem": line((x, 11), (x, 54)), "bar": line((14 + 4 * share, height), (50 - 4 * share, height))}


def v_to_x(share: float) -> Strokes:
    """Return a V that becomes an X: both strokes move past each other at their feet."""
    return {
        "left": line((15, 10), (32 + 17 * share, 54)),
        "right": line((49, 10), (32 - 17 * share, 54)),
    }


def d_to_p(share: float) -> Strokes:
    """Return a D whose bowl gets smaller until it is that of a P."""
    depth = 44 - 22 * share
    bowl = smooth((18, 10), (34, 10), (46 - share, 10 + depth / 2), (34, 10 + depth), (18, 10 + depth))
    return {"stem": line((18, 10), (18, 54)), "bowl": bowl}


def words(turn: float, apart: float) -> Strokes:
    """Return the letters H and O, which lean to each other and come closer."""
    h = {"left stem": line((10, 18), (10, 46)), "right stem": line((24, 18), (24, 46)), "bar": line((10, 32), (24, 32))}
    moved = {name: turned(points, -turn, (17, 46)) + at(-apart, 0) for name, points in h.items()}
    o = turned(smooth(*_ring((45, 32), 8, 14)), turn, (45, 46)) + at(apart, 0)
    return moved | {"ring": o, "line": box(4, 56, 60, 56.5)[:2]}


def _ring(centre: Sequence[float], across: float, down: float) -> list[Points]:
    angles = np.linspace(0, 2 * np.pi, 17)
    return [np.array([centre[0] + across * np.sin(angle), centre[1] + down * np.cos(angle)]) for angle in angles]


LETTERS = [
    Scene("A to I", "development", a_to_i, {"closed": [0, 1, 0]}),
    Scene("N to E", "acceptance", n_to_e, {"share": [0, 0.5, 1]}),
    Scene("R to A", "development", r_to_a, {"share": [0, 1, 0]}),
    Scene("T to L", "acceptance", t_to_l, {"share": [0, 0.25, 0.5, 0.75, 1]}),
    Scene("V to X", "development", v_to_x, {"share": [0, 1, 0.5]}),
    Scene("D to P", "acceptance", d_to_p, {"share": [0, 1, 0.4]}),
    Scene("HO", "development", words, {"turn": [0, 10, -4, 6], "apart": [0, -1, 2, 0]}),
]
