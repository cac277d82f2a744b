"""Learned features against hand-made ones, for the match of two drawings: an experiment.

Makes moving pairs of drawings whose true correspondence is known (random puppets, and sketches of the training data
after random movements), trains a small network on them, and matches with its features: instead of the hand-made ones,
added to them, or beside them, whichever match has less energy. Compares the movement that the match alone gives,
without the painter and the decoder, on held-out puppets, on scenes of the project's own, and on those of a folder.
Writes tables in Markdown to standard output, and progress to standard error.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from safetensors.torch import load_file, save_file

from benchmarks.learning.examples import puppet_examples, sketch_examples
from benchmarks.learning.matching import (
    Costs,
    Matcher,
    added,
    best_of,
    figures,
    hand_made,
    learned,
    matcher,
    nearest_are_true,
    none,
)
from benchmarks.learning.network import FeatureNetwork, train
from benchmarks.learning.puppets import puppet_scene
from benchmarks.motion import SHARED, shared_sheets
from benchmarks.scenes import scenes_of
from benchmarks.scenes.scene import Scene
from benchmarks.variants import line, tell, written
from inkbridge.support.types import Frames, Images

PARTS = ("puppets", "development", "acceptance", "shared")
"""Held-out puppets, own scenes to tune on, own scenes that are only measured, and those of ``--shared``."""

FRAMES_PER_SEGMENT = 20

COLUMNS = {
    "nearest": ("most similar sample is true", ".3f"),
    "matched": ("match is true", ".3f"),
    "chamfer": ("Chamfer, px", ".3f"),
    "astray": ("astray", ".4f"),
    "knots": ("knots", ".2f"),
    "length_error": ("length error", ".3f"),
    "seconds": ("seconds a pair", ".2f"),
}
"""Column → its title and format: parts of the samples within 2 px of the true match, and metrics of the movement."""


class Sheet(NamedTuple):
    """Keyframes and true frames, and the scene that they are of, if it is known."""

    keyframes: Images
    truth: Frames
    scene: Scene | None


WAYS = ("hand-made", "learned", "both, added", "none", "both, the match of less energy")
"""The ways to match that are compared."""


class Way(NamedTuple):
    """A way to match, and the costs that it adds or replaces, if it is one of costs."""

    matcher: Matcher
    costs: Costs | None


def ways_of(network: FeatureNetwork, weight: float) -> dict[str, Way]:
    """Return name → way to match."""
    replaced = learned(network, weight)
    costs = dict(zip(WAYS, (hand_made, replaced, added(hand_made, replaced), none), strict=False))
    ways = {name: Way(matcher(one), one) for name, one in costs.items()}
    return {**ways, WAYS[-1]: Way(best_of(matcher(hand_made), matcher(replaced)), None)}


def sheets_of(part: str, options: argparse.Namespace) -> dict[str, Sheet]:
    """Return name → sheet of one of ``PARTS``."""
    if part == "shared":
        found = shared_sheets(options.shared)
        return {name: Sheet(sheet.keyframes.images, sheet.truth, None) for name, sheet in found.items()}
    if part == "puppets":
        names = [f"held-out {number}" for number in range(options.held_out)]
        scenes = {name: puppet_scene(options.seed, name, 3) for name in names}
    else:
        scenes = scenes_of("acceptance" if part == "acceptance" else "development")
    return {name: Sheet(one.keyframes(), one.truth(FRAMES_PER_SEGMENT), one) for name, one in scenes.items()}


def trained(options: argparse.Namespace) -> FeatureNetwork:
    """Return the network of ``options.network`` if that file exists; train one otherwise, and write it there."""
    if options.network and options.network.exists():
        network = FeatureNetwork(not options.alone)
        network.load_state_dict(load_file(options.network))
        return network.eval()
    examples = [*puppet_examples(options.seed, options.puppets), *sketch_examples(options.seed, options.sketches)]
    tell(f"{len(examples)} examples")
    started = time.perf_counter()
    network = train(examples, options.steps, options.seed, not options.alone, tell=tell)
    size = sum(values.numel() for values in network.parameters())
    tell(f"trained {size} weights for {time.perf_counter() - started:.0f} s")
    if options.network:
        save_file(network.state_dict(), options.network)
    return network


def measured(sheets: Mapping[str, Sheet], ways: Mapping[str, Way]) -> pd.DataFrame:
    """Return a row for each way and sheet, with the columns ``way``, ``scene`` and those of ``COLUMNS``."""
    rows = []
    for number, (name, sheet) in enumerate(sheets.items(), start=1):
        tell(f"{name}, {number} of {len(sheets)}")
        for way, (match, costs) in ways.items():
            row: dict[str, float | str] = {"way": way, "scene": name}
            if costs is not None and costs is not none and sheet.scene is not None:
                row["nearest"] = nearest_are_true(costs, sheet.scene)
            started = time.perf_counter()
            row |= figures(match, sheet.keyframes, sheet.truth, sheet.scene)
            row["seconds"] = (time.perf_counter() - started) / (len(sheet.keyframes) - 1)
            rows.append(row)
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of a table of means over scenes."""
    yield line(COLUMNS, "features", {column: title for column, (title, _) in COLUMNS.items()})
    yield line(COLUMNS, "---", dict.fromkeys(COLUMNS, "---:"))
    for way, rows in table.groupby("way", sort=False):
        yield line(COLUMNS, str(way), written(COLUMNS, rows.drop(columns=["way", "scene"]).mean()))


def run(options: argparse.Namespace) -> None:
    ways = ways_of(trained(options), options.weight)
    ways = {name: way for name, way in ways.items() if name in options.way}
    measured({"warm-up": sheets_of("puppets", argparse.Namespace(held_out=1, seed=options.seed))["held-out 0"]}, ways)
    tables = []
    for part in options.part:
        if sheets := sheets_of(part, options):
            table = measured(sheets, ways)
            tables.append(table.assign(part=part))
            print(
                f"{part}, {len(sheets)} scenes, weight {options.weight:g}:\n",
                *markdown(table),
                "",
                sep="\n",
                flush=True,
            )
    if options.output:
        pd.concat(tables).to_csv(options.output, index=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="decides about the examples and the training")
    parser.add_argument("--puppets", type=int, default=300, help="puppets to train on, six pairs each")
    parser.add_argument("--sketches", type=int, default=600, help="moving sketches to train on")
    parser.add_argument("--steps", type=int, default=3000, help="steps of the training, 8 pairs each")
    parser.add_argument("--alone", action="store_true", help="no attention between the two drawings")
    parser.add_argument("--weight", type=float, default=0.6, help="what unlike learned features cost")
    parser.add_argument("--held-out", type=int, default=25, help="puppets to measure on")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=["puppets", "development", "shared"])
    parser.add_argument("--way", nargs="+", choices=WAYS, default=WAYS, help="ways to match; default: all")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with a truth.npz of other scenes")
    parser.add_argument("--network", type=Path, metavar="FILE", help="read the network there, or write it there")
    parser.add_argument("--output", metavar="FILE.csv", help="write all values there, a row for each scene and way")
    torch.set_num_threads(1)
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
