"""The values that the parameters of things take at keyframes."""

from benchmarks.scenes import things
from benchmarks.scenes.scene import Scene

THINGS = [
    Scene("gate", "development", things.gate, {"angle": [10, 40, 62, 30]}),
    Scene("wheel", "acceptance", things.wheel, {"x": [20, 26, 33, 40], "turn": [10, 33, 60, 87]}),
    Scene("windmill", "development", things.windmill, {"turn": [10, 40, 68, 100]}),
    Scene("scissors", "acceptance", things.scissors, {"angle": [36, 70, 46, 84], "y": [32, 31, 34, 32]}),
    Scene(
        "face",
        "development",
        things.face,
        {"eyes": [4, 0.3, 4, 2.5], "mouth": [0.4, 2, 7, 1], "smile": [4, 2, 0, -3], "look": [-2, 0, 2, 3]},
    ),
    Scene("book", "acceptance", things.book, {"cover": [14, 40, 64, 84], "page": [-8, -30, -50, 55]}),
    Scene(
        "flower",
        "development",
        things.flower,
        {"fan": [8, 30, 52, 66], "size": [13, 15, 17, 17], "leaf": [15, 35, 60, 80]},
    ),
    Scene("pendulum", "acceptance", things.pendulum, {"angle": [-34, -14, 10, 32]}),
    Scene(
        "lamp",
        "acceptance",
        things.lamp,
        {"lower": [205, 190, 172, 185], "upper": [120, 142, 128, 105], "shade": [30, 52, 20, -5]},
    ),
    Scene("fan", "development", things.fan, {"spread": [56, 80, 112, 84], "tilt": [0, 0, 0, 20]}),
    Scene("spring", "development", things.spring, {"length": [18, 38, 24, 34], "sway": [0, 3, -3, 2]}),
    Scene(
        "boat",
        "acceptance",
        things.boat,
        {"pitch": [0, 13, -13, 8], "lift": [0, 3, -1, 2], "wave": [0, 90, 170, 250]},
    ),
    Scene(
        "rocket", "development", things.rocket, {"y": [44, 40, 28, 14], "flame": [1, 10, 15, 18], "lean": [0, 0, 4, -8]}
    ),
    Scene(
        "shapes",
        "acceptance",
        things.shapes_apart,
        {
            "square": [(14, 15), (18, 19), (24, 25), (18, 31)],
            "triangle": [(49, 16), (46, 20), (40, 26), (44, 20)],
            "ring": [(32, 52), (32, 47), (33, 42), (36, 48)],
            "turn": [0, 20, 42, 60],
        },
    ),
    Scene(
        "balls",
        "development",
        things.balls,
        {"heights": [(30, 2, 14), (22, 8, 6), (12, 16, 2), (2, 22, 8)]},
    ),
    Scene("sun", "acceptance", things.sun, {"turn": [0, 18, 36, 54], "ray": [4, 10, 4, 9], "rise": [-3, 0, 2, 4]}),
    Scene(
        "seedling",
        "development",
        things.seedling,
        {"stem": [4, 18, 32, 38], "first": [0, 6, 14, 16], "second": [0, 0, 8, 16], "bud": [0, 0, 1, 6]},
    ),
    Scene(
        "rain",
        "acceptance",
        things.rain,
        {
            "falls": [(0, 0.3, 0.6, 0.1), (0.35, 0.65, 0.95, 0.45), (0.7, 1, 1, 0.8), (1, 1, 1, 1)],
            "drift": [0, 2, 4, 6],
        },
    ),
    Scene(
        "bubbles",
        "development",
        things.bubbles,
        {"sizes": [(3, 3, 0, 0), (4, 5, 0, 3), (6, 3, 4, 5), (6, 0, 6, 6)], "rise": [0, 3, 7, 11]},
    ),
    Scene("umbrella", "acceptance", things.umbrella, {"angle": [26, 46, 66, 82], "tilt": [0, 0, 0, 14]}),
    Scene("car", "development", things.car, {"x": [24, 29, 35, 41], "turn": [0, 50, 105, 160], "bump": [0, 4, -4, 2]}),
    Scene(
        "crane",
        "acceptance",
        things.crane,
        {"boom": [130, 140, 128, 146], "rope": [10, 16, 12, 20], "grab": [20, 60, 60, 15]},
    ),
]
