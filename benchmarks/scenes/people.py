"""Stick people whose limbs turn about their joints from pose to pose."""

from benchmarks.scenes.scene import Points, Scene, Strokes
from benchmarks.scenes.shapes import arc, at, direction, limb, line, turned

HEAD, TORSO, ARM, LEG = 4.5, 15.0, 8.5, 10.5
"""Radius of the head, length of the torso, and of the halves of arms and legs, in pixels of a cell of 64."""


def person(hips: Points, torso: float, arms: Points, legs: Points) -> Strokes:
    """Return a stick figure. ``torso`` is its lean to the right. ``arms`` and ``legs`` hold four angles each: upper and
    lower half of the left one, then of the right one, as seen."""
    up = direction(180 - torso)
    shoulders = hips + (TORSO - 2) * up
    return {
        "torso": line(hips, hips + TORSO * up),
        "head": arc(hips + (TORSO + HEAD) * up, HEAD, -torso, 360 - torso),
        "left arm": limb(shoulders, (ARM, arms[0]), (ARM, arms[1])),
        "right arm": limb(shoulders, (ARM, arms[2]), (ARM, arms[3])),
        "left leg": limb(hips, (LEG, legs[0]), (LEG, legs[1])),
        "right leg": limb(hips, (LEG, legs[2]), (LEG, legs[3])),
    }


def cartwheel(x: float, turn: float, legs: Points) -> Strokes:
    """Return a figure with arms and legs spread, turned as a whole, its hands or feet near the ground."""
    figure = person(at(x, 38), 0, at(-135, -140, 135, 140), legs)
    return {name: turned(points, -turn, (x, 33)) for name, points in figure.items()}


def juggler(arms: Points, first: Points, second: Points, third: Points) -> Strokes:
    """Return a figure that stands, and three balls."""
    figure = person(at(32, 40), 0, arms, at(-15, -8, 15, 8))
    balls = {"first ball": first, "second ball": second, "third ball": third}
    return figure | {name: arc(place, 2.6) for name, place in balls.items()}


def with_balloon(arms: Points, balloon: Points, sway: float) -> Strokes:
    """Return a figure and a balloon with its string."""
    figure = person(at(20, 42), 0, arms, at(-12, -6, 12, 6))
    string = line(balloon + at(0, 7), balloon + at(sway, 12), balloon + at(-sway, 17), balloon + at(sway / 2, 22))
    return figure | {"balloon": arc(balloon, (5.5, 7)), "string": string}


PEOPLE = [
    Scene(
        "walk",
        "development",
        person,
        {
            "hips": [(27, 40), (30, 39), (33, 40), (36, 39), (39, 40)],
            "torso": [4, 3, 4, 3, 4],
            "arms": [(-28, -8, 26, 48), (-4, 14, 4, 22), (26, 48, -28, -8), (4, 22, -4, 14), (-28, -8, 26, 48)],
            "legs": [(27, 20, -18, -40), (2, -2, 18, -42), (-18, -40, 27, 20), (18, -42, 2, -2), (27, 20, -18, -40)],
        },
    ),
    Scene(
        "run",
        "acceptance",
        person,
        {
            "hips": [(26, 38), (30, 36), (35, 38), (38, 36)],
            "torso": [14, 12, 14, 12],
            "arms": [(-50, 20, 40, 120), (-10, 70, 0, 80), (40, 120, -50, 20), (0, 80, -10, 70)],
            "legs": [(55, -5, -35, -75), (5, -15, 35, -70), (-35, -75, 55, -5), (35, -70, 5, -15)],
        },
    ),
    Scene(
        "dance",
        "acceptance",
        person,
        {
            "hips": [(32, 40), (30, 41), (34, 40), (32, 42)],
            "torso": [0, -10, 12, 0],
            "arms": [(-60, -150, 60, 150), (-130, -170, 80, 10), (-80, -10, 130, 170), (-100, -20, 100, 20)],
            "legs": [(-12, -8, 12, 8), (-20, -12, 50, -10), (-50, 10, 20, 12), (-42, 5, 42, -5)],
        },
    ),
    Scene(
        "jumping jack",
        "development",
        person,
        {
            "hips": [(32, 41), (32, 38), (32, 36), (32, 40)],
            "torso": [0, 0, 0, 0],
            "arms": [(-30, -20, 30, 20), (-75, -92, 75, 92), (-125, -145, 125, 145), (-150, -165, 150, 165)],
            "legs": [(-8, -6, 8, 6), (-22, -18, 22, 18), (-33, -28, 33, 28), (-14, -11, 14, 11)],
        },
    ),
    Scene(
        "greeting",
        "acceptance",
        person,
        {
            "hips": [(32, 41), (32, 41), (32, 41), (32, 41)],
            "torso": [0, 3, -3, 3],
            "arms": [(-20, -12, 20, 12), (-22, -10, 95, 165), (-22, -10, 105, 205), (-22, -10, 95, 150)],
            "legs": [(-10, -6, 10, 6)] * 4,
        },
    ),
    Scene(
        "bow",
        "development",
        person,
        {
            "hips": [(28, 40), (26, 40), (25, 41), (28, 40)],
            "torso": [0, 30, 62, 15],
            "arms": [(-12, -6, 12, 14), (-2, 6, 14, 22), (4, 10, 20, 28), (70, 95, 85, 110)],
            "legs": [(-5, -4, 6, 4), (4, -3, 8, -1), (8, -6, 12, -4), (-6, -5, 8, 4)],
        },
    ),
    Scene(
        "kick",
        "acceptance",
        person,
        {
            "hips": [(28, 40), (28, 39), (28, 38), (29, 40)],
            "torso": [4, -6, -28, 0],
            "arms": [(-30, 50, 35, 125), (-45, 25, 45, 120), (-70, -30, 30, 100), (-30, 50, 35, 125)],
            "legs": [(-14, -20, 18, 4), (-6, -10, 70, -15), (-4, -6, 104, 100), (-14, -20, 40, -10)],
        },
    ),
    Scene(
        "cartwheel",
        "development",
        cartwheel,
        {
            "x": [28, 30, 33, 36],
            "turn": [0, 26, 54, 84],
            "legs": [(-28, -24, 28, 24), (-40, -36, 38, 34), (-44, -38, 44, 40), (-36, -30, 40, 36)],
        },
    ),
    Scene(
        "arms crossed",
        "development",
        person,
        {
            "hips": [(32, 41)] * 4,
            "torso": [0, 0, 2, -2],
            "arms": [(-40, -28, 40, 28), (-28, 78, 28, -78), (-14, 100, 18, -110), (-105, -160, 60, 20)],
            "legs": [(-14, -8, 14, 8), (-14, -8, 14, 8), (-10, -6, 12, 8), (-16, -10, 16, 10)],
        },
    ),
    Scene(
        "legs crossed",
        "acceptance",
        person,
        {
            "hips": [(32, 40), (31, 40), (33, 40), (32, 40)],
            "torso": [0, 4, -4, 0],
            "arms": [(-70, -95, 70, 95), (-80, -110, 60, 85), (-60, -85, 80, 110), (-70, -95, 70, 95)],
            "legs": [(-22, -14, 22, 14), (18, 22, -4, -10), (6, 12, -20, -24), (-24, -16, 24, 16)],
        },
    ),
    Scene(
        "crouch",
        "development",
        person,
        {
            "hips": [(32, 40), (32, 46), (32, 51), (32, 38)],
            "torso": [0, 6, 10, 0],
            "arms": [(-15, -8, 15, 8), (-50, 10, 55, 30), (-30, 60, 60, 90), (-140, -160, 140, 160)],
            "legs": [(-8, -5, 8, 5), (-48, 18, 48, -18), (-84, 20, 84, -20), (-5, -5, 5, 5)],
        },
    ),
    Scene(
        "juggler",
        "acceptance",
        juggler,
        {
            "arms": [(-40, -130, 40, 100), (-30, -100, 50, 140), (-45, -140, 35, 95), (-30, -100, 50, 140)],
            "first": [(15, 28), (18, 12), (30, 6), (45, 14)],
            "second": [(31, 5), (45, 13), (50, 28), (37, 8)],
            "third": [(50, 27), (34, 7), (19, 13), (14, 28)],
        },
    ),
    Scene(
        "balloon",
        "acceptance",
        with_balloon,
        {
            "arms": [(-20, -10, 120, 150), (-25, -12, 130, 165), (-60, -140, 60, 140), (-30, -10, 60, 130)],
            "balloon": [(32.5, 12.5), (40, 8), (49, 0), (56, -36)],
            "sway": [0.0, 2.5, -2.5, 2.0],
        },
    ),
]
