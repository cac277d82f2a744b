"""Every kind of file that inkbridge makes carries its record."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from inkbridge import __version__
from inkbridge.config.settings import Training, Variant
from inkbridge.data.shards import ShardKey, check_shard, shard_attributes, write_shard
from inkbridge.evaluation.plots import write_plot
from inkbridge.evaluation.tables import write_table
from inkbridge.export.colours import WHITE_ON_BLACK
from inkbridge.export.formats import WRITERS
from inkbridge.export.vectors import write_stroke_table, write_svg
from inkbridge.keyframes.reading import Keyframes
from inkbridge.keyframes.storage import write_keyframes
from inkbridge.models.device import Backend
from inkbridge.models.training import Data, train
from inkbridge.support.arrays import write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import distinct_records, find_provenance, read_provenance
from inkbridge.support.provenance.record import Provenance, result_record
from inkbridge.web.pages import render
from inkbridge.web.sprites import SpriteLayout, write_sprite

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 16, 16), dtype=np.uint8)


STROKES = np.full((4, 2, 10), 0.5, np.float32)


def page(path: Path, made: Provenance) -> None:
    path.write_text(
        render("page.html.jinja", provenance=made) + '<script type="application/json" id="other">{}</script>'
    )


def plot(path: Path, made: Provenance) -> None:
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    write_plot(path, figure, made)


PLACES: dict[str, Callable[[Path, Provenance], None]] = {
    "a.gif": lambda path, made: WRITERS[".gif"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.webp": lambda path, made: WRITERS[".webp"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.png": lambda path, made: WRITERS[".png"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.apng": lambda path, made: WRITERS[".apng"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.mp4": lambda path, made: WRITERS[".mp4"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "frames": lambda path, made: WRITERS[""](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.svg": lambda path, made: write_svg(path, STROKES, 30, provenance=made),
    "strokes.h5": lambda path, made: write_stroke_table(path, STROKES, 30, {"variant": "x"}, made),
    "shard.h5": lambda path, made: write_shard(path, ShardKey(1, {"sketch": 1.0}, 16, "train", 0), made),
    "model.safetensors": lambda path, made: write_arrays(path, {"a": np.zeros(3)}, {"provenance": made}),
    "keyframes.npy": lambda path, made: write_keyframes(path, Keyframes(FRAMES, FRAMES, (), "dark"), made),
    "table.csv": lambda path, made: write_table(str(path), pd.DataFrame({"a": [1.5]}), made),
    "strip.png": lambda path, made: write_png(path, FRAMES[0], made),
    "sprite.webp": lambda path, made: write_sprite(path, FRAMES, SpriteLayout(4, 2, 16), made),
    "plot.png": plot,
    "page.html": page,
}


@pytest.mark.parametrize("name", PLACES)
def test_file_carries_its_record(name: str, made: Provenance, tmp_path: Path) -> None:
    PLACES[name](tmp_path / name, made)
    assert read_provenance(tmp_path / name) == made


@pytest.mark.parametrize("name", PLACES)
def test_same_record_gives_the_same_bytes(name: str, made: Provenance, tmp_path: Path) -> None:
    contents = []
    for place in (tmp_path / "one", tmp_path / "other"):
        place.mkdir()
        PLACES[name](place / name, made)
        contents.append({file.relative_to(place): file.read_bytes() for file in place.rglob("*") if file.is_file()})
    assert contents[0] == contents[1] != {}


@pytest.mark.parametrize("name", sorted({*PLACES} - {"page.html", "sprite.webp", "plot.png"}))
def test_file_without_a_record_is_named_in_the_error(name: str, tmp_path: Path) -> None:
    PLACES[name](tmp_path / name, None)  # type: ignore[arg-type]
    with pytest.raises(InkbridgeError, match=rf"{name}: carries no record"):
        read_provenance(tmp_path / name)


def test_record_does_not_change_what_readers_find(made: Provenance, tmp_path: Path) -> None:
    for name, write in PLACES.items():
        write(tmp_path / name, made)
    assert np.array_equal(np.load(tmp_path / "keyframes.npy"), FRAMES)
    assert np.array_equal(np.load(tmp_path / "keyframes.npy", mmap_mode="r"), FRAMES)
    assert pd.read_csv(tmp_path / "table.csv").to_dict("list") == {"a": [1.5]}
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
    with h5py.File(tmp_path / "strokes.h5") as table:
        assert np.array_equal(table["strokes"], STROKES)


def test_record_does_not_change_the_attributes_of_a_shard(made: Provenance, tmp_path: Path) -> None:
    key = ShardKey(1, {"sketch": 1.0}, 16, "train", 0)
    path = tmp_path / "train/0.h5"
    write_shard(path, key, made)
    check_shard(path, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})
    assert shard_attributes(path) == {**key.attributes(), "version": __version__}


def test_checkpoint_carries_its_record_and_another_commit_resumes_from_it(
    made: Provenance, tiny: Variant, backend: Backend, train_shards: list[Path], tmp_path: Path
) -> None:
    settings = Training(images=64, batch_size=32, validation_every=64)
    checkpoint = tmp_path / "checkpoint.safetensors"
    data = Data(train_shards, train_shards[:1], seed=0)
    train(tiny, settings, data, backend, checkpoint, provenance=made)
    assert read_provenance(checkpoint) == made
    before = checkpoint.read_bytes()
    train(tiny, settings, data, backend, checkpoint, provenance={**made, "commit": "newer"})
    assert checkpoint.read_bytes() == before  # there was nothing left to train


def test_transparent_gif_carries_its_record(made: Provenance, tmp_path: Path) -> None:
    from inkbridge.export.colours import Colours
    from inkbridge.export.formats import write_gif

    write_gif(tmp_path / "a.gif", FRAMES, 30, Colours.parse("red,transparent"), made)
    assert read_provenance(tmp_path / "a.gif") == made


def test_equal_records_of_many_files_are_kept_once(run: Provenance, tmp_path: Path) -> None:
    for index, commit in enumerate(["old", "new", "new", "new"]):
        made = result_record({**run, "commit": commit}, "rule shard", {"index": str(index)})
        write_shard(tmp_path / f"{index}.h5", ShardKey(1, {"sketch": 1.0}, 16, "train", 0), made)
    found = distinct_records("shards", sorted(tmp_path.iterdir()))
    assert {name: record["commit"] for name, record in found.items()} == {"shards 1": "old", "shards 2": "new"}
    assert list(distinct_records("shards", [tmp_path / "1.h5", tmp_path / "2.h5"])) == ["shards"]


def damaged(path: Path) -> Path:
    path.write_bytes(b"\x00\x01 no such file \xff" * 40)
    return path


@pytest.mark.parametrize(
    "suffix", [".h5", ".safetensors", ".npy", ".gif", ".webp", ".png", ".mp4", ".svg", ".html", ".json"]
)
def test_damaged_file_is_named_in_the_error(suffix: str, tmp_path: Path) -> None:
    path = damaged(tmp_path / f"odd{suffix}")
    with pytest.raises(InkbridgeError, match=rf"odd\{suffix}: expected"):
        read_provenance(path)


def test_film_with_an_endless_table_of_times_is_called_damaged(made: Provenance, tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    WRITERS[".mp4"](path, FRAMES, 30, WHITE_ON_BLACK, made)
    content = bytearray(path.read_bytes())
    table = content.index(b"stts")
    content[table + 8 : table + 12] = b"\x7f\xff\xff\xf0"  # so many entries, for which FFmpeg finds no memory
    path.write_bytes(content)
    with pytest.raises(InkbridgeError, match=r"odd\.mp4: expected a \.mp4 file"):
        read_provenance(path)


def test_other_kinds_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InkbridgeError, match=r"a\.docx: expected a result of inkbridge"):
        read_provenance(damaged(tmp_path / "a.docx"))
    with pytest.raises(InkbridgeError, match=r"none\.gif: expected a file"):
        read_provenance(tmp_path / "none.gif")
    with pytest.raises(InkbridgeError, match="expected a file"):
        read_provenance(tmp_path)


def test_comment_by_another_program_is_not_a_record(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.gif", comment=b'{"software": "another"}')
    with pytest.raises(InkbridgeError, match="carries no record"):
        read_provenance(tmp_path / "a.gif")
    Image.new("L", (8, 8)).save(tmp_path / "a.gif", comment=b"made with love")
    with pytest.raises(InkbridgeError, match="carries no record"):
        read_provenance(tmp_path / "a.gif")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ENOMEM])
def test_unreadable_file_is_not_taken_for_a_file_without_a_record(
    number: int, made: Provenance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_png(tmp_path / "a.png", FRAMES[0], made)

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), "a.png")

    monkeypatch.setattr(Image, "open", refuse)
    for read in (find_provenance, read_provenance):
        with pytest.raises(OSError, match=re.escape(os.strerror(number))):
            read(tmp_path / "a.png")


def test_files_of_other_kinds_or_without_a_record_have_no_provenance(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", FRAMES[0])
    (tmp_path / "a.txt").write_text("a note")
    assert find_provenance(tmp_path / "a.png") is None
    assert find_provenance(tmp_path / "a.txt") is None
    with pytest.raises(InkbridgeError, match=r"odd\.png: expected a \.png file"):
        find_provenance(damaged(tmp_path / "odd.png"))
