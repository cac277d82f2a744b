"""What is brought into the studio and taken out of it, read by other programs."""

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import imageio_ffmpeg
from PIL import Image
from playwright.sync_api import expect

from tests.browser.chromium import needs_browser
from tests.browser.studio import (
    PATIENT,
    SIDE,
    Studio,
    Visitor,
    saved,
    strokes,
    until,
)

pytestmark = needs_browser

SHEET = Path(__file__).parents[2] / "resources/doodles/tree.png"


def frames_of_picture(file: Path) -> int:
    with Image.open(file) as picture:
        return picture.n_frames


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size


def frames_of_zip(file: Path) -> int:
    with zipfile.ZipFile(file) as archive:
        return len([Image.open(archive.open(name)).size for name in archive.namelist()])


def frames_of_svg(file: Path) -> int:
    animated = next(ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}animate"))
    return len(animated.attrib["values"].split(";"))


FRAMES: Mapping[str, Callable[[Path], int]] = {
    "GIF": frames_of_picture,
    "WebP": frames_of_picture,
    "APNG": frames_of_picture,
    "MP4": lambda file: imageio_ffmpeg.count_frames_and_secs(str(file))[0],
    "SVG": frames_of_svg,
    "Frames": frames_of_zip,
}
"""Format → how many frames a reader that is not inkbridge's own finds in a file."""


def test_each_format_is_taken_out_and_can_be_read(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    page.keyboard.press("Control+e")
    found = {}
    for name in [*FRAMES, "Sheet"]:
        page.get_by_role("radio", name=name, exact=True).check()
        with page.expect_download(timeout=PATIENT) as download:
            page.get_by_role("button", name="Make the file").click()
        file = download.value.path()
        found[name] = FRAMES[name](file) if name in FRAMES else size_of(file)
        assert download.value.suggested_filename.startswith("jack.")
        expect(page.get_by_role("button", name="Make the file")).to_be_enabled()
    assert found == {**dict.fromkeys(FRAMES, 2 * 4), "Sheet": found["Sheet"]}
    assert min(found["Sheet"]) >= SIDE


def test_sheet_is_shown_before_it_is_brought_in(studio: Studio, visitor: Visitor) -> None:
    page = visitor.open(studio)
    dropped = page.evaluate_handle(
        """async (bytes) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(bytes)], "tree.png", { type: "image/png" }));
            return files;
        }""",
        list(SHEET.read_bytes()),
    )
    page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    cells = page.locator(".cells li")
    expect(cells.nth(6)).to_be_visible(timeout=PATIENT)
    page.get_by_label("Columns", exact=True).fill("4")
    page.get_by_label("Columns", exact=True).press("Tab")
    page.get_by_role("button", name="Set the corners of the page").click()
    with page.expect_response(re.compile("read.*corners"), timeout=PATIENT):
        page.get_by_role("button", name="Corner of the page, lower right").press("ArrowLeft")
    expect(page.locator(".read-note")).to_have_text(re.compile(r"(were|was) read|expected"), timeout=PATIENT)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert strokes(page) == [0], "what was only shown is not in the drawing"

    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Control+o")
    chooser.value.set_files(SHEET)
    expect(page.locator(".read-note")).to_have_text("7 keyframes were read", timeout=PATIENT)
    page.locator("dialog").get_by_role("button", name="Bring in").click()
    assert page.evaluate("window.studio.drawing.keyframes.map((keyframe) => Boolean(keyframe.picture))") == [True] * 7
    page.get_by_role("button", name="Keyframe 7 of 7").click()
    until(page, "window.studio.stage.layers.ink.getContext('2d').getImageData(0, 0, 400, 400).data.some(Boolean)")
    saved(page)
    assert page.evaluate("document.querySelector('.banner').hidden")


def test_damaged_file_is_answered_by_a_sentence(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring in").click()
    chooser.value.set_files({"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator(".read-note")).to_have_class(re.compile("problem"), timeout=PATIENT)
    expect(page.locator(".read-note")).to_contain_text("broken.png")
    expect(page.locator("dialog").get_by_role("button", name="Bring in")).to_be_disabled()
    visitor.errors = [error for error in visitor.errors if "422" not in error]  # Chromium tells of refused requests
