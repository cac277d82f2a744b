"""Things that turn, open, roll, swing, blink, grow, and come together."""

import numpy as np

from benchmarks.scenes.scene import Points, Strokes
from benchmarks.scenes.shapes import arc, at, box, direction, limb, line, smooth, turned


def gate(angle: float) -> Strokes:
    """Return a gate at its post, open by ``angle`` degrees towards the viewer."""
    across, towards = 40 * np.cos(np.radians(angle)), 8 * np.sin(np.radians(angle))
    free = 14 + across
    return {
        "post": line((14, 8), (14, 58)),
        "leaf": line((14, 20), (free, 20 - towards), (free, 45 + towards), (14, 45)),
        "brace": line((14, 45), (free, 20 - towards)),
        "ground": line((5, 58), (60, 58)),
    }


def wheel(x: float, turn: float) -> Strokes:
    """Return a wheel with spokes on the ground."""
    hub = at(x, 36)
    spokes = {f"spoke {n}": line(hub, hub + 15 * direction(n * 120 - turn)) for n in range(3)}
    return spokes | {"rim": arc(hub, 15.0, -turn, 360 - turn), "ground": line((3, 53), (61, 53))}


def windmill(turn: float) -> Strokes:
    """Return a windmill with four sails of two lines each."""
    hub = at(32, 24)
    sails = {}
    for number in range(4):
        angle = turn + 90 * number
        tip = hub + 19 * direction(angle)
        sails[f"sail {number}"] = line(
            hub, tip, tip + 5 * direction(angle + 90), hub + 8 * direction(angle) + 5 * direction(angle + 90)
        )
    return sails | {"tower": line((27, 26), (22, 58), (42, 58), (37, 26))}


def scissors(angle: float, y: float) -> Strokes:
    """Return scissors, open by ``angle`` degrees, that cut from the left."""
    pivot = at(32, y)
    halves = {}
    for side, sign in (("upper", 1), ("lower", -1)):
        turn = sign * angle / 2
        halves[f"{side} blade"] = turned(line((9, 0), (-24, 0)), turn, (0, 0)) + pivot
        halves[f"{side} handle"] = turned(arc((15.5, 0), (6.5, 5), -90, 270), turn, (0, 0)) + pivot
    return halves


def face(eyes: float, mouth: float, smile: float, look: float) -> Strokes:
    """Return a face. ``eyes``: half their height; ``mouth``: half of its own; ``smile``: how far its corners rise."""
    corners = arc((32, 43), (9, mouth), -90, 270)
    corners[:, 1] -= smile * ((corners[:, 0] - 32) / 9) ** 2
    return {
        "outline": arc((32, 32), 25),
        "left eye": arc((23 + look, 25), (4, eyes), -90, 270),
        "right eye": arc((41 + look, 25), (4, eyes), -90, 270),
        "mouth": corners,
        "nose": line((32 + look, 29), (34 + 1.5 * look, 35), (31 + look, 35)),
    }


def book(cover: float, page: float) -> Strokes:
    """Return a book seen from below its spine: both covers open by ``cover``, and a page turned to ``page`` degrees."""
    spine = at(32, 52)
    sides = {}
    for side, sign in (("left", -1), ("right", 1)):
        edge = direction(180 - sign * cover)
        outer, depth = spine + 25 * edge, at(0, -9)
        sides[f"{side} cover"] = line(spine, outer, outer + depth, spine + depth)
    edge = spine + 20 * direction(180 - page)
    return sides | {
        "spine": line(spine, spine + at(0, -9)),
        "page": smooth(spine, (spine + edge) / 2 + at(0, -3), edge),
    }


def flower(fan: float, size: float, leaf: float) -> Strokes:
    """Return a flower whose five petals open, and whose leaves come off the stem."""
    heart = at(32, 26)
    petals = {}
    for number in range(5):
        angle = 180 - fan * (number - 2)
        petal = arc((0, size / 2), (size / 4.5, size / 2), 180, -180)
        petals[f"petal {number}"] = turned(petal, angle, (0, 0)) + heart
    return petals | {
        "stem": smooth(heart, (33, 40), (32, 58)),
        "left leaf": smooth((32, 52), (32, 52) + 7 * direction(180 + leaf), (32, 52) + 14 * direction(170 + leaf)),
        "right leaf": smooth((33, 46), (33, 46) + 6 * direction(180 - leaf), (33, 46) + 12 * direction(190 - leaf)),
    }


def pendulum(angle: float) -> Strokes:
    """Return a pendulum that hangs from a beam."""
    end = (32, 8) + 34 * direction(angle)
    return {"beam": line((14, 8), (50, 8)), "rod": line((32, 8), end), "bob": arc(end + 7 * direction(angle), 7)}


def lamp(lower: float, upper: float, shade: float) -> Strokes:
    """Return a desk lamp with two arms and a shade."""
    arms = limb((30, 54), (20, lower), (19, upper))
    cone = turned(line((-3, 0), (3, 0), (8, 10), (-8, 10), (-3, 0)), shade, (0, 0)) + arms[-1]
    return {"base": line((20, 58), (22, 54), (38, 54), (40, 58), (20, 58)), "arms": arms, "shade": cone}


def fan(spread: float, tilt: float) -> Strokes:
    """Return a folding fan with four ribs and two bands of paper."""
    grip = at(32, 54)
    angles = 180 + tilt + spread * np.linspace(-0.5, 0.5, 4)
    ribs = {f"rib {n}": line(grip, grip + 40 * direction(angle)) for n, angle in enumerate(angles)}
    bands = {f"band {r}": arc(grip, float(r), angles[0], angles[-1]) for r in (25, 40)}
    return ribs | bands


def spring(length: float, sway: float) -> Strokes:
    """Return a spring that hangs from a ceiling, with a weight."""
    along = np.linspace(0, 1, 12)
    x = 32 + 8 * np.where(np.arange(12) % 2, 1, -1) * np.where((along > 0) & (along < 1), 1, 0) + sway * along
    coil = np.stack([x, 7 + length * along], axis=1)
    weight = box(-7, 0, 7, 11) + coil[-1]
    return {"ceiling": line((14, 7), (50, 7)), "coil": coil, "weight": weight}


def boat(pitch: float, lift: float, wave: float) -> Strokes:
    """Return a sailing boat on waves that pass under it."""
    about = (32, 46)
    hull = line((14, 40), (50, 40), (43, 48), (21, 48), (14, 40))
    rig = {"hull": hull, "mast": line((31, 40), (31, 10)), "sail": line((33, 12), (48, 35), (33, 35), (33, 12))}
    places = np.linspace(2, 62, 49)
    water = np.stack([places, 58 + 2.5 * np.sin(places / 5.5 - np.radians(wave))], axis=1)
    return {name: turned(points, pitch, about) - at(0, lift) for name, points in rig.items()} | {"water": water}


def rocket(y: float, flame: float, lean: float) -> Strokes:
    """Return a rocket that takes off; its flame grows out of it."""
    body = {
        "body": smooth((-6, 12), (-6, 0), (0, -13), (6, 0), (6, 12)),
        "bottom": line((-6, 12), (6, 12)),
        "window": arc((0, 0), 2.5),
        "left fin": line((-6, 4), (-12, 14), (-6, 12)),
        "right fin": line((6, 4), (12, 14), (6, 12)),
        "flame": line((-4, 12), (-2, 12 + 0.6 * flame), (0, 12 + flame), (2, 12 + 0.6 * flame), (4, 12)),
    }
    return {name: turned(points, lean, (0, 0)) + at(32, y) for name, points in body.items()} | {
        "ground": line((8, 60), (56, 60))
    }


def shapes_apart(square: Points, triangle: Points, ring: Points, turn: float) -> Strokes:
    """Return three separate shapes that move, and two of which turn."""
    return {
        "square": turned(box(-7, -7, 7, 7), turn, (0, 0)) + square,
        "triangle": turned(line((0, -9), (8, 6), (-8, 6), (0, -9)), -turn, (0, 0)) + triangle,
        "ring": arc(ring, 7),
    }


def balls(heights: Points) -> Strokes:
    """Return three balls that bounce, and are flatter near the ground."""
    rings = {}
    for number, height in enumerate(heights):
        squash = np.clip((8 - height) / 6, 0, 1)
        rings[f"ball {number}"] = arc((13 + 19 * number, 50 - height), (6 + squash, 6 - squash))
    return rings | {"ground": line((3, 58), (61, 58))}


def sun(turn: float, ray: float, rise: float) -> Strokes:
    """Return a sun with eight rays, which turns and rises."""
    middle = at(32, 34 - rise)
    rays = {}
    for number in range(8):
        angle = 45 * number - turn
        length = ray if number % 2 else 12 - ray / 1.5
        rays[f"ray {number}"] = line(middle + 15 * direction(angle), middle + (15 + length) * direction(angle))
    return rays | {"disc": arc(middle, 9.5)}


def seedling(stem: float, first: float, second: float, bud: float) -> Strokes:
    """Return a plant that grows a stem, leaves, and a bud. A part without length is absent."""
    top = at(32, 58 - stem)
    parts = {"stem": line((32, 58), top), "ground": line((16, 58), (48, 58))}
    for name, height, size, side in (("left leaf", 14, first, -1), ("right leaf", 22, second, 1)):
        if size > 0.5:
            root = at(32, 58 - min(height, stem))
            ring = turned(arc((0, size / 2), (size / 4, size / 2), 180, -180), 180 - side * 55, (0, 0))
            parts[name] = ring + root
    if bud > 0.5:
        parts["bud"] = arc(top - at(0, bud), (0.8 * bud, bud), 0, 360)
    return parts


def rain(falls: Points, drift: float) -> Strokes:
    """Return a cloud and drops that come out of it, fall, and end on the ground. ``falls``: places of drops, 0 to 1."""
    cloud = smooth((14, 22), (13, 14), (22, 14), (30, 7), (40, 13), (50, 13), (51, 22))
    parts = {
        "cloud": cloud + at(drift, 0),
        "bottom": line((14, 22), (51, 22)) + at(drift, 0),
        "ground": line((6, 58), (58, 58)),
    }
    for number, fall in enumerate(falls):
        x, top = 19 + 9 * number, 22 + 42 * fall - 6
        drop = line((x, np.clip(top, 22, 58)), (x, np.clip(top + 7, 22, 58)))
        if drop[1, 1] - drop[0, 1] > 0.5:
            parts[f"drop {number}"] = drop
    return parts


def bubbles(sizes: Points, rise: float) -> Strokes:
    """Return bubbles that appear, grow, rise, and disappear above a bottle."""
    places = ((22, 30), (36, 24), (46, 36), (30, 12))
    rings = {
        f"bubble {n}": arc(at(*place) - at(0, rise), float(size))
        for n, (place, size) in enumerate(zip(places, sizes, strict=True))
        if size > 1
    }
    return rings | {"bottle": line((26, 58), (26, 48), (30, 45), (30, 42), (36, 42), (36, 45), (40, 48), (40, 58))}


def umbrella(angle: float, tilt: float) -> Strokes:
    """Return an umbrella whose ribs open."""
    top = at(32, 10)
    ends = [top + 24 * direction(share * angle) for share in (-1, -0.45, 0.45, 1)]
    ribs = {f"rib {n}": smooth(top, (top + end) / 2 + at(0, -angle / 40), end) for n, end in enumerate(ends[::3])}
    hem = line(*ends)
    handle = smooth((32, 10), (32, 30), (32, 50), (35, 55), (39, 51))
    parts = ribs | {"hem": hem, "handle": handle, "tip": line((32, 10), (32, 6))}
    return {name: turned(points, tilt, (32, 36)) for name, points in parts.items()}


def car(x: float, turn: float, bump: float) -> Strokes:
    """Return a car on two wheels with one spoke each."""
    wheels = {}
    for name, offset in (("rear", -11), ("front", 11)):
        hub = at(x + offset, 47)
        wheels[f"{name} wheel"] = arc(hub, 6.0, -turn, 360 - turn)
        wheels[f"{name} spoke"] = line(hub - 6 * direction(-turn), hub + 6 * direction(-turn))
    body = line((-20, 8), (-20, 0), (-11, -2), (-7, -11), (7, -11), (11, -2), (20, 1), (20, 8), (-20, 8))
    frame = turned(body, bump, (0, 0)) + at(x, 27)
    for name, offset in (("rear", -11), ("front", 11)):
        wheels[f"{name} strut"] = line(turned(at(offset, 8), bump, (0, 0)) + at(x, 27), (x + offset, 41))
    return wheels | {"body": frame, "road": line((3, 55), (61, 55))}


def crane(boom: float, rope: float, grab: float) -> Strokes:
    """Return a crane: its boom turns, its rope gets longer, and its grab opens."""
    tip = (14, 50) + 44 * direction(boom)
    hook = tip + at(0, rope)
    return {
        "base": box(6, 50, 22, 58),
        "boom": line((14, 50), tip),
        "rope": line(tip, hook),
        "left jaw": limb(hook, (6, -grab), (5, grab / 2)),
        "right jaw": limb(hook, (6, grab), (5, -grab / 2)),
    }
