"""How well animations move on scenes whose true in-betweens are known, beside a cross-fade and keyframes held.

Fits each variant to the keyframes of each scene and measures the frames of *linear* at noise std 0 and 64×64 pixels
against the truth. Writes tables in Markdown to standard output, and progress to standard error. Run it in the folder
that holds ``results``.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from benchmarks.scenes import SCENES
from benchmarks.scenes.scene import Scene
from benchmarks.variants import (
    ROOT,
    add_output,
    fitted,
    line,
    measured,
    models_of,
    parser_of,
    read_configuration,
    tell,
    warm_up,
    written,
)
from inkbridge import CELL
from inkbridge.config.settings import Configuration
from inkbridge.evaluation.animations import FloatImages, fractions
from inkbridge.evaluation.metrics import interpolation_metrics
from inkbridge.evaluation.motion_metrics import motion_metrics
from inkbridge.evaluation.tables import write_table
from inkbridge.export.montage import grid
from inkbridge.keyframes.reading import Keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend, choose_backend
from inkbridge.support.types import Frames, Images

SHARED = ROOT.parent / "shared/motion"

PARTS = ("development", "acceptance", "shared")
"""Own scenes to tune on, own scenes that are only measured, and those of the folder of ``--shared``."""

FRAMES_PER_SEGMENT = 20

COLUMNS = {
    "chamfer": ("Chamfer, px", ".2f"),
    "astray": ("astray", ".3f"),
    "knots": ("knots", ".2f"),
    "length_error": ("length error", ".3f"),
    "keyframe_mse": ("keyframe MSE", ".4f"),
    "ghosting": ("ghosting", ".2f"),
    "ink_deviation": ("ink deviation", ".3f"),
    "fragments": ("fragments", ".2f"),
    "widening": ("widening, px", ".2f"),
    "fit_seconds": ("seconds to fit", ".1f"),
    "cross_fade": ("cross-fade's Chamfer, px", ".2f"),
}
"""Column → its title and format. Lower is better for all of them; the last one says how difficult a scene is."""

_OWN = {
    "must reach": (0.33, 0.033, 0.20, 0.055, 0.0007, 0.45, 0.010, 0.05, 0.20),
    "aim for": (0.22, 0.015, 0.10, 0.040),
}

_SHARED = {
    "must reach": (0.18, 0.006, 0.10, 0.050, 0.0007, 0.45, 0.010, 0.05, 0.20),
    "aim for": (0.15, 0.002, 0.05, 0.040),
}

REQUIREMENTS = {"development": _OWN, "acceptance": _OWN, "shared": _SHARED}
"""Part → name → values in the order of ``COLUMNS``, with which the means are compared."""


@dataclass(frozen=True)
class Sheet:
    """The keyframes of a scene as drawn, and its true frames at 64×64 pixels.

    ``references``: frames of other ways to animate the scene, of those who know the truth, by name.
    """

    keyframes: Keyframes
    truth: Frames
    references: Mapping[str, Frames] = field(default_factory=dict)

    @property
    def frames_per_segment(self) -> int:
        return (len(self.truth) - 1) // (len(self.keyframes.images) - 1)


def own_sheet(scene: Scene, size: int) -> Sheet:
    """Return the sheet of a scene, drawn in cells of ``size`` pixels."""
    references = {
        "true match, straight lines": scene.straight(FRAMES_PER_SEGMENT),
        "truth by another hand": scene.redrawn(FRAMES_PER_SEGMENT),
    }
    return Sheet(Keyframes.of(scene.keyframes(size)), scene.truth(FRAMES_PER_SEGMENT), references)


def shared_sheets(folder: Path) -> dict[str, Sheet]:
    """Return name → sheet from ``truth.npz`` in a folder, and none if the file is missing."""
    file = folder / "truth.npz"
    if not file.exists():
        return {}
    with np.load(file) as arrays:
        names = sorted({key.partition("/")[0] for key in arrays})
        return {name: Sheet(Keyframes.of(arrays[f"{name}/keys"]), arrays[f"{name}/truth"]) for name in names}


def sheets_of(part: str, options: argparse.Namespace) -> dict[str, Sheet]:
    """Return name → sheet of one of ``PARTS``, of the scenes that the options ask for."""
    if part == "shared":
        sheets = shared_sheets(options.shared)
    else:
        sheets = {name: own_sheet(scene, options.size) for name, scene in SCENES.items() if scene.part == part}
    return {name: sheet for name, sheet in sheets.items() if not options.scene or name in options.scene}


def cross_fade(keyframes: FloatImages, frames_per_segment: int) -> FloatImages:
    """Return an animation ``[(K − 1)·n + 1, S, S]`` that mixes the pixels of neighbouring keyframes."""
    segment, share = _moments(len(keyframes), frames_per_segment)
    share = share[:, None, None]
    return (1 - share) * keyframes[segment] + share * keyframes[segment + 1]


def held(keyframes: FloatImages, frames_per_segment: int) -> FloatImages:
    """Return an animation ``[(K − 1)·n + 1, S, S]`` that shows the nearest keyframe at each moment."""
    segment, share = _moments(len(keyframes), frames_per_segment)
    return keyframes[segment + (share >= 0.5)]


def _moments(keyframes: int, frames_per_segment: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the segment and the time in it, in [0, 1], of each frame."""
    time = np.arange((keyframes - 1) * frames_per_segment + 1) / frames_per_segment
    segment = np.minimum(time.astype(int), keyframes - 2)
    return segment, time - segment


BASELINES: Mapping[str, Callable[[FloatImages, int], FloatImages]] = {
    "cross-fade": cross_fade,
    "nearest keyframe held": held,
}


def figures(frames: FloatImages, sheet: Sheet) -> dict[str, float]:
    """Return the metrics of an animation of a sheet, floats in [0, 1]: those of movement and of interpolation."""
    steps = sheet.frames_per_segment
    truth, keyframes = fractions(sheet.truth), fractions(sheet.keyframes.images)
    return {
        **interpolation_metrics(frames, keyframes, steps),
        **motion_metrics(frames, truth, keyframes, steps),
        "keyframe_mse": float(np.square(frames[::steps] - keyframes).mean()),
        "cross_fade": motion_metrics(cross_fade(keyframes, steps), truth, keyframes, steps)["chamfer"],
    }


def animate(model: Autoencoder, sheet: Sheet, settings: Configuration, backend: Backend) -> tuple[Frames, float]:
    """Return the frames that a fitted model draws for a sheet, and the seconds that fitting took."""
    _, doodle, seconds = fitted(model, sheet.keyframes, False, settings, backend)
    path = DoodlePath("scene", "linear", 0, sheet.frames_per_segment, False, settings.seed)
    return doodle.frames(path, CELL), seconds


def without_models(sheet: Sheet) -> dict[str, FloatImages]:
    """Return way → frames of the baselines, which know the keyframes alone, and of those that know the truth."""
    keyframes = fractions(sheet.keyframes.images)
    baselines = {way: make(keyframes, sheet.frames_per_segment) for way, make in BASELINES.items()}
    return {**baselines, **{way: fractions(frames) for way, frames in sheet.references.items()}}


def contact_sheet(sheet: Sheet, animations: Sequence[Frames]) -> Images:
    """Return one image ``uint8 [H, W]``: a row of keyframes, one of the truth, and one for each animation.

    There are four columns for each segment.
    """
    step = max(1, sheet.frames_per_segment // 4)
    drawn = np.zeros_like(sheet.truth)
    drawn[:: sheet.frames_per_segment] = sheet.keyframes.images
    return grid([images[::step] for images in (drawn, sheet.truth, *animations)], scale=2)


def markdown(table: pd.DataFrame, baselines: Mapping[str, pd.DataFrame], part: str) -> Iterator[str]:
    """Yield the lines of the table of one variant and part, and the means of the baselines.

    The tables have a row of ``figures`` for each scene: after the scenes come their mean and the worst of each column.
    """
    values = table.set_index("scene")[list(COLUMNS)]
    yield line(COLUMNS, "scene", {column: title for column, (title, _) in COLUMNS.items()})
    yield line(COLUMNS, "---", dict.fromkeys(COLUMNS, "---:"))
    for scene, row in values.iterrows():
        yield line(COLUMNS, str(scene), written(COLUMNS, row))
    yield line(COLUMNS, "**mean**", written(COLUMNS, values.mean()))
    which = values.idxmax()
    yield line(COLUMNS, "worst", {c: f"{text} ({which[c]})" for c, text in written(COLUMNS, values.max()).items()})
    for name, wanted in REQUIREMENTS[part].items():
        yield line(COLUMNS, name, written(COLUMNS, dict(zip(COLUMNS, wanted, strict=False))))
    for name, rows in baselines.items():
        yield line(COLUMNS, f"{name}, mean", written(COLUMNS, rows.drop(columns=["scene", "way"]).mean()))


def measure_part(
    part: str, models: Mapping[str, Autoencoder], settings: Configuration, backend: Backend, options: argparse.Namespace
) -> list[pd.DataFrame]:
    """Measure all models on the scenes of one part, print their tables, and return them, baselines included."""
    sheets = sheets_of(part, options)
    if not sheets:
        tell(f"{part}: no scenes to measure")
        return []
    rows = []
    for number, (name, sheet) in enumerate(sheets.items(), start=1):
        tell(f"{part}: {name}, {number} of {len(sheets)}")
        animations = {way: animate(model, sheet, settings, backend) for way, model in models.items()}
        for way, (frames, seconds) in animations.items():
            rows.append({"scene": name, "way": way, **figures(fractions(frames), sheet), "fit_seconds": seconds})
        for way, baseline in without_models(sheet).items():
            rows.append({"scene": name, "way": way, **figures(baseline, sheet)})
        if options.sheets_out:
            drawn = contact_sheet(sheet, [frames for frames, _ in animations.values()])
            write_contact_sheet(options.sheets_out / part, name, drawn)
    tables = {str(way): table for way, table in pd.DataFrame(rows).groupby("way", sort=False)}
    baselines = {way: table for way, table in tables.items() if way not in models}
    for way in models:
        print(f"`{way}`, {part} scenes:\n", *markdown(tables[way], baselines, part), "", sep="\n", flush=True)
    return [table.assign(part=part) for table in tables.values()]


def write_contact_sheet(folder: Path, name: str, image: Images) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(folder / f"{name.replace(' ', '-')}.png")


def run(options: argparse.Namespace) -> None:
    settings = read_configuration(options.config)
    models = models_of(options, settings)
    backend = choose_backend(settings.compute, settings.compute.threads)
    if settings.fitting.enabled:
        for model in models.values():
            warm_up(model, settings, backend)
    tables = [table for part in options.part for table in measure_part(part, models, settings, backend, options)]
    if options.output and tables:
        write_table(options.output, pd.concat(tables))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = parser_of(__doc__, ["strokes64"])
    add_output(parser, "scene and way")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="scenes to measure; default: all")
    parser.add_argument("--scene", nargs="+", help="measure only scenes of these names")
    parser.add_argument("--size", type=int, default=CELL, help="pixels of the cells in which own scenes are drawn")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with a truth.npz of other scenes")
    parser.add_argument("--sheets-out", type=Path, metavar="FOLDER", help="write a contact sheet of each scene there")
    measured(run, parser.parse_args(arguments))


if __name__ == "__main__":
    main()
