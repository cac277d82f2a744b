"""The cells of a sheet, the pictures of a folder and the frames of an animation are found, and nothing else is."""

import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes import sources
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.support.errors import InkbridgeError
from tests.unit.keyframes.sheets import read_error


def test_pixels_beyond_whole_cells_are_cropped_with_a_warning(sheet, drawings, save):
    padded = np.pad(sheet, [(0, 5), (0, 3)])
    found = read_keyframes(save(padded))
    np.testing.assert_array_equal(found.images, drawings)
    (text,) = found.warnings
    assert "3 at the right, 5 at the bottom" in text


def test_folder_is_read_like_a_sheet_in_natural_order(sheet, drawings, save, tmp_path):
    for name, image in zip(["1.png", "2.bmp", "10.png", "a2.png", "a10.png"], drawings, strict=True):
        save(image, f"folder/{name}")
    found = read_keyframes(tmp_path / "folder")
    np.testing.assert_array_equal(found.images, read_keyframes(save(sheet)).images)
    assert found.warnings == ()


def test_other_files_in_a_folder_are_ignored_with_a_warning(drawings, save, tmp_path):
    save(drawings[0], "folder/1.png")
    save(drawings[1], "folder/2.png")
    save(drawings[2], "folder/.hidden.png")
    (tmp_path / "folder" / "notes.txt").write_text("a walking man")
    (tmp_path / "folder" / "old.png").mkdir()
    found = read_keyframes(tmp_path / "folder")
    assert len(found.images) == 2
    (text,) = found.warnings
    assert ".hidden.png" in text and "notes.txt" in text and "old.png" in text


def test_animation_in_a_folder_gives_its_first_frame(drawings, save, tmp_path):
    frames = [Image.fromarray(image) for image in drawings]
    save(frames[0], "folder/1.gif", save_all=True, append_images=frames[1:])
    save(drawings[1], "folder/2.png")
    found = read_keyframes(tmp_path / "folder")
    np.testing.assert_array_equal(found.images, drawings[:2])
    assert "first frame" in found.warnings[0] and "1.gif" in found.warnings[0]


@pytest.mark.parametrize("name", ["move.gif", "move.png", "move.webp", "move.tif"])
def test_every_frame_of_an_animation_is_a_keyframe(name, drawings, save):
    frames = [Image.fromarray(image) for image in drawings]
    options = {"lossless": True} if name.endswith("webp") else {}
    found = read_keyframes(save(frames[0], name, save_all=True, append_images=frames[1:], **options))
    np.testing.assert_array_equal(found.images, drawings)


def test_sheet_smaller_than_a_cell_is_an_error(drawings, save):
    message = read_error(save(drawings[0]), cell=100)
    assert "64×64" in message and "100×100" in message


def test_cell_size_is_refused_for_folders_and_animations(drawings, save, tmp_path):
    frames = [Image.fromarray(image) for image in drawings]
    save(frames[0], "folder/1.png")
    assert "a folder" in read_error(tmp_path / "folder", cell=64)
    path = save(frames[0], "move.gif", save_all=True, append_images=frames[1:])
    assert "animated" in read_error(path, cell=64)


def test_empty_folder_is_an_error(tmp_path):
    assert "no pictures" in read_error(tmp_path)


def test_message_names_a_damaged_picture_in_a_folder(drawings, save, tmp_path):
    save(drawings[0], "folder/1.png")
    (tmp_path / "folder" / "2.png").write_text("not a picture")
    with pytest.raises(InkbridgeError, match=r"2\.png: expected a picture, found a file of another kind"):
        read_keyframes(tmp_path / "folder")


def test_too_many_cells_are_an_error(save):
    path = save(Image.new("1", (8 * 80, 8 * 80)))
    assert "expected at most 4096 cells" in read_error(path, cell=8)


def test_frames_that_are_passed_on_the_way_count(tmp_path, monkeypatch):
    """To show the last frame of an animation, all frames before it are decoded, too."""
    frames = [Image.fromarray(np.full((64, 64), 255 - number, np.uint8)) for number in range(60)]
    frames[0].save(tmp_path / "long.gif", save_all=True, append_images=frames[1:], duration=40)
    monkeypatch.setattr(sources, "MOST_PIXELS_PASSED", 64 * 64 * 59)
    with pytest.raises(InkbridgeError, match=r"long\.gif: expected at most .* up to the last one that is read"):
        list(sources.open_source(tmp_path / "long.gif", 4).pictures())


def test_too_many_pixels_together_are_an_error(drawings, save, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_PIXELS_TOGETHER", 64 * 64 * 4)
    frames = [Image.fromarray(image) for image in drawings]
    for index, frame in enumerate(frames):
        save(frame, f"folder/{index}.png")
    assert "megapixels in all" in read_error(tmp_path / "folder")
    path = save(frames[0], "move.gif", save_all=True, append_images=frames[1:])
    assert "megapixels in all" in read_error(path)
