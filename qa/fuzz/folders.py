"""Folders and paths that are odd, and pairs of drawings: pictures in order, or one clear error."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge.keyframes.reading import read_drawings
from inkbridge.support.types import Images
from qa.fuzz.damage import damaged
from qa.fuzz.drawings import random_drawings
from qa.fuzz.formats import LOSSLESS, save
from qa.fuzz.sandbox import Input
from qa.fuzz.sheets import TOO_LITTLE, choose, fitted, picture_of, reading, stored
from qa.fuzz.verdicts import Truth, judge_reading

ODD_NAMES = (
    b"-rf", b"a\nb", b"\xff\xfe", b"\x1b[31mred", b"\xe2\x80\xae gnp", b"%s%n{}", b"$(touch x)", b"..", b"...", b"~",
    b"con", b" ", b"\\..\\x", b"a" * 240, b"\xc3\xa9" * 100, b"'", b"*", b"&;|",
)  # fmt: skip

FORMATS = ("PNG", "BMP", "TIFF", "QOI", "TGA")


def pictures(rng: np.random.Generator, folder: Path) -> Input:
    """A folder of numbered pictures, and many files that are no pictures."""
    drawings = random_drawings(rng, 2, 12)
    place = folder / os.fsdecode(choose(rng, b"drawings", *ODD_NAMES[:12], *ODD_NAMES[13:]).replace(b"..", b"x."))
    place.mkdir()
    prefix = choose(rng, "", "frame ", "-", "a_b-", "Bild", "図", "v2.", "\n", "%d")
    width = choose(rng, 1, 1, 4)
    saving = choose(rng, *[one for one in LOSSLESS if one.format in FORMATS and {"L", "RGB"} & set(one.modes)])
    mode = choose(rng, *[mode for mode in saving.modes if mode in ("L", "RGB")])
    dark = bool(rng.random() < 0.5)
    for number, drawing in enumerate(drawings, start=1):
        tones = drawing.painted(64)
        picture = Image.fromarray(255 - tones if dark else tones).convert(mode)
        suffix = saving.suffix.upper() if rng.random() < 0.2 else saving.suffix
        save(picture, place / f"{prefix}{number:0{width}}{suffix}", saving)
    decoys = _add_decoys(place, rng)
    truth = np.stack([drawing.painted(64) for drawing in drawings])
    expected = Truth(truth, warnings=("not pictures, ignored",) if decoys else ())
    return reading(place, f"{len(drawings)} {saving.format} in {place.name!r}, beside {decoys}", expected)


def _add_decoys(place: Path, rng: np.random.Generator) -> list[str]:
    """Add files that are no pictures; return their kinds."""
    kinds: dict[str, Callable[[Path], object]] = {
        "folder": lambda path: path.mkdir(),
        "pipe": lambda path: os.mkfifo(path),
        "link to nowhere": lambda path: path.symlink_to("nowhere"),
        "link to itself": lambda path: path.symlink_to(path),
        "link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
        "link to a folder": lambda path: path.symlink_to("/"),
        "text": lambda path: path.with_suffix(".txt").write_text("x"),
        "hidden": lambda path: path.with_name(".1.png").write_bytes(b"x"),
        "postscript": lambda path: path.with_suffix(".eps").write_bytes(b"%!PS-Adobe-3.0\n"),
        "no suffix": lambda path: path.with_suffix("").write_bytes(b"\x89PNG"),
    }
    chosen = [choose(rng, *kinds) for _ in range(int(rng.integers(0, 4)))]
    for index, kind in enumerate(chosen):
        name = choose(rng, b"0", *(name for name in ODD_NAMES if not name.startswith(b".") and len(name) < 200))
        kinds[kind](place / os.fsdecode(name + b"%d.png" % index))
    return chosen


def broken_folders(rng: np.random.Generator, folder: Path) -> Input:
    """Folders without a picture, with a damaged one, or with too many: the error names what is wrong."""
    place = folder / "drawings"
    place.mkdir()
    kind = choose(rng, "empty", "no pictures", "one", "an empty file", "many", "blank", "deep", "damaged")
    tones = random_drawings(rng, 1, 1)[0].painted(64)
    expected: str | None = TOO_LITTLE
    if kind in ("empty", "no pictures"):
        if kind == "no pictures":
            _add_decoys(place, rng)
        return reading(place, kind, "no pictures in this folder")
    if kind == "an empty file":
        (place / os.fsdecode(choose(rng, b"1", *ODD_NAMES[:7]) + b".png")).touch()
        expected = "found a file of another kind"
    if kind == "damaged":
        damaged(rng, place)
        Image.fromarray(tones).save(place / "2.png")
        expected = None
    if kind == "many":
        for number in range(4097):
            (place / f"{number}.png").touch()
        expected = "at most 4096 pictures"
    if kind == "deep":
        deep = place
        for _ in range(40):
            deep = deep / ("d" * 60)
            deep.mkdir()
        expected = "no pictures in this folder"
    if kind in ("one", "an empty file"):
        Image.fromarray(tones).save(place / "one.png")
    if kind == "blank":
        for number in range(3):
            Image.new("L", (64, 64), 255).save(place / f"{number}.png")
    return reading(place, kind, expected)


def paths(rng: np.random.Generator, folder: Path) -> Input:
    """Odd paths: those that lead to a sheet are read, the others refused."""
    drawings = random_drawings(rng, 2, 4)
    tones = np.hstack([one.painted(64) for one in drawings])
    truth = Truth(np.stack([one.painted(64) for one in drawings]))
    sheet, name = folder / "sheet.png", os.fsdecode(choose(rng, *ODD_NAMES).replace(b"..", b"x."))
    Image.fromarray(tones).save(sheet)
    link = folder / "link.png"

    def rename_inside() -> None:
        os.chdir(folder)
        sheet.rename("-x.png")

    ways: dict[str, tuple[Callable[[], object], Path, Truth | str]] = {
        "up and down": (lambda: None, folder / ".." / "input" / "." / "sheet.png", truth),
        "relative": (lambda: os.chdir(folder), Path("sheet.png"), truth),
        "leading dash": (rename_inside, Path("-x.png"), truth),
        "odd name": (lambda: sheet.rename(folder / name), folder / name, truth),
        "link": (lambda: link.symlink_to(sheet), link, truth),
        "link to nowhere": (lambda: link.symlink_to("nowhere"), link, "no such file or folder"),
        "link to itself": (lambda: link.symlink_to(link), link, "no such file or folder"),
        "missing": (lambda: None, folder / name / "missing.png", "no such file or folder"),
        "below a file": (lambda: None, sheet / "x.png", "no such file or folder"),
        "too long": (lambda: None, folder / ("x" * int(rng.integers(256, 10_000))), "no such file or folder"),
        "too deep": (lambda: None, folder / ("x/" * 5000), "no such file or folder"),
        "zero byte": (lambda: None, folder / "a\0b.png", "no such file or folder"),
        "half a letter": (lambda: None, folder / "\ud800.png", "no such file or folder"),
        "pipe": (lambda: os.mkfifo(link), link, "neither a file nor a folder"),
        "device": (lambda: None, Path("/dev/zero"), "neither a file nor a folder"),
        "link to a device": (lambda: link.symlink_to("/dev/urandom"), link, "neither a file nor a folder"),
        "text of the system": (lambda: None, Path("/proc/self/status"), "found a file of another kind"),
        "empty": (lambda: link.touch(), link, "found a file of another kind"),
        "nothing": (lambda: None, Path(), "no pictures in this folder"),
    }
    kind = choose(rng, *ways)
    make, path, expected = ways[kind]
    make()
    return reading(path, f"{kind}: {str(path)[:80]!r}", expected)


def settings(rng: np.random.Generator, folder: Path) -> Input:
    """Settings that are out of range, or do not suit the sheet."""
    drawings = random_drawings(rng, 3, 3)
    tones = [one.painted(64) for one in drawings]
    path = folder / "sheet.png"
    Image.fromarray(np.hstack(tones)).save(path)
    moving = folder / "moving.gif"
    pages = [Image.fromarray(one) for one in tones]
    pages[0].save(moving, save_all=True, append_images=pages[1:])
    number = choose(rng, -(2**63), -1, 0, 1, 7, 2**31, 2**63, 10**30)
    cases = [
        (path, {"cell": number}, "expected at least one cell" if number > 7 else "`cell` of at least 8"),
        (path, {"frames": number}, f"number of keyframes {'asked for' if number > 1 else 'of at least 2'}"),
        (moving, {"cell": 64}, "leave it out"),
        (folder, {"cell": 64}, "leave it out"),
        (moving, {"frames": 3}, Truth(np.stack(tones))),
        (path, {"ink": "light"}, Truth(np.stack(tones))),
        (path, {"frames": 2, "cell": 64}, Truth(np.stack(tones[:2]))),
    ]
    chosen, options, expected = choose(rng, *cases)
    return reading(chosen, chosen.name, expected, **options)


def pairs(rng: np.random.Generator, folder: Path) -> Input:
    """Two to four pictures of different sizes and papers; one may be damaged."""
    files, truth = [], list[Images]()
    for index, drawing in enumerate(random_drawings(rng, 2, 4)):
        mode = choose(rng, "L", "RGB", "1")
        tones = stored(drawing.painted(choose(rng, 64, 128, 200)), mode)
        picture, _ = picture_of(tones, mode, rng)
        files.append(folder / f"{index}.png")
        picture.save(files[-1])
        truth.append(fitted(tones))
    path, expected = folder, Truth(np.stack(truth), 8)
    text = f"{len(files)} pictures"
    if rng.random() < 0.3:
        broken = damaged(rng, folder)
        path = next(file for file in folder.iterdir() if file.name.startswith("damaged"))
        files[1], text = path, broken.text
        return Input(text, lambda: read_drawings(files), judge_reading(path, None))
    return Input(text, lambda: read_drawings(files), judge_reading(path, expected))


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "folders": pictures,
    "broken folders": broken_folders,
    "paths": paths,
    "settings": settings,
    "pairs": pairs,
}
