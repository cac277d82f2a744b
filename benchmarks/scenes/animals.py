"""Animals that run, flap, swim and crawl."""

import numpy as np

from benchmarks.scenes.scene import Points, Scene, Strokes
from benchmarks.scenes.shapes import arc, at, direction, limb, line, smooth, turned


def dog(body: Points, pitch: float, legs: Points, tail: float, head: float) -> Strokes:
    """Return a dog facing right. ``body``: its middle; ``legs``: upper and lower angles of four legs, back to front."""
    along = direction(90 + pitch)
    back, front = body - 11 * along, body + 11 * along
    neck = front + 7 * direction(135 + head)
    legs = legs.reshape(4, 2)
    paws = {
        f"{name} leg": limb(start, (7, upper), (7, lower))
        for name, start, (upper, lower) in zip(
            ("far hind", "near hind", "far fore", "near fore"), (back, back, front, front), legs, strict=True
        )
    }
    return paws | {
        "back": line(back, front),
        "neck": line(front, neck),
        "head": turned(line((0, 0), (8, 1), (8, 5), (1, 4), (0, 0)), -head / 2, (0, 0)) + neck - at(1, 2),
        "ear": line(neck, neck + 4 * direction(head - 150)),
        "tail": limb(back, (6, tail), (5, tail - 20)),
    }


def bird(body: Points, wings: Points, tilt: float) -> Strokes:
    """Return a bird seen from the front. ``wings``: inner and outer angle of the left wing, then of the right one."""
    shoulder = body + at(0, -4)
    beak = line((-2.5, -9), (0, -5), (2.5, -9)) + body + at(0, -3)
    return {
        "body": arc(body, (4.5, 8.5)),
        "beak": turned(beak, tilt, body),
        "left wing": limb(shoulder + at(-3, 0), (12, wings[0]), (13, wings[1])),
        "right wing": limb(shoulder + at(3, 0), (12, wings[2]), (13, wings[3])),
        "tail": line(body + at(-4, 15), body + at(0, 8), body + at(4, 15)),
    }


def fish(x: float, y: float, bend: float, mouth: float) -> Strokes:
    """Return a fish facing right, bent by ``bend`` pixels at its tail, and its mouth ``mouth`` degrees open."""
    along = np.linspace(0, 1, 25)

    def bent(points: Points) -> Points:
        behind = np.clip(14 - points[:, 0], 0, None) / 34
        return points + np.stack([np.zeros(len(points)), bend * behind**1.5], axis=1) + at(x, y)

    height = 10 * np.sin(np.pi * along) ** 0.8
    spine = 14 - 26 * along
    nose = at(14, 0)
    return {
        "belly": bent(np.stack([spine, height], axis=1)),
        "crest": bent(np.stack([spine, -height], axis=1)),
        "tail": bent(line((-12, 0), (-21, -8), (-18, 0), (-21, 8), (-12, 0))),
        "eye": bent(arc((7, -3), 1.2)),
        "lip": bent(line(nose - 5 * direction(90 + mouth / 2), nose)),
    }


def snake(phase: float, x: float, raised: float) -> Strokes:
    """Return a snake. ``phase``: degrees by which its windings have moved along it; ``raised``: height of its head."""
    along = np.linspace(0, 1, 49)
    y = 40 + 8 * np.sin(2 * np.pi * 1.6 * along - np.radians(phase)) - raised * np.clip(along - 0.7, 0, None) ** 2 * 11
    body = np.stack([x + 40 * along, y], axis=1)
    tip = body[-1]
    return {
        "body": body,
        "upper tongue": line(tip, tip + at(4, 0), tip + at(9, -4)),
        "lower tongue": line(tip + at(4, 0), tip + at(9, 4)),
    }


def caterpillar(hump: float, x: float, feelers: float) -> Strokes:
    """Return an inchworm: its rear comes nearer while its back rises."""
    rear, head = line((x, 50), (x + 38 - hump * 0.75, 50))
    middle = (rear + head) / 2
    return {
        "back": smooth(rear, middle + at(-9 + hump / 8, -hump), middle + at(9 - hump / 8, -hump), head),
        "head": arc(head + at(4, -4), 4),
        "left feeler": line(head + at(3, -8), head + at(3, -8) + 7 * direction(180 - feelers)),
        "right feeler": line(head + at(5, -8), head + at(5, -8) + 7 * direction(180 + feelers - 50)),
        "ground": line((4, 54), (60, 54)),
    }


ANIMALS = [
    Scene(
        "dog",
        "acceptance",
        dog,
        {
            "body": [(30, 36), (31, 32), (32, 35), (33, 32)],
            "pitch": [0, 6, -6, 2],
            "legs": [
                (-14, -8, 8, 4, -10, -4, 12, 8),
                (-48, -60, -30, -45, 42, 54, 28, 36),
                (24, 8, 10, -6, -20, -36, -6, -24),
                (-25, -40, -42, -50, 40, 46, 24, 30),
            ],
            "tail": [-120, -95, -150, -100],
            "head": [0, 18, -14, 10],
        },
    ),
    Scene(
        "bird",
        "development",
        bird,
        {
            "body": [(32, 32), (32, 28), (32, 34), (32, 31)],
            "wings": [(-92, -78, 92, 78), (-62, -30, 62, 30), (-100, -70, 100, 70), (-118, -30, 118, 30)],
            "tilt": [0, 12, -12, 8],
        },
    ),
    Scene(
        "fish",
        "development",
        fish,
        {"x": [28, 31, 35, 38], "y": [34, 31, 33, 30], "bend": [0, 9, -9, 8], "mouth": [10, 60, 10, 60]},
    ),
    Scene("snake", "acceptance", snake, {"phase": [0, 55, 115, 170], "x": [5, 7, 9, 11], "raised": [0, 8, 16, 4]}),
    Scene(
        "caterpillar",
        "acceptance",
        caterpillar,
        {"hump": [4, 17, 6, 15], "x": [6, 12, 12, 19], "feelers": [10, 35, 15, 30]},
    ),
]
