"""Chromium shows films of any size in their colours."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from inkbridge.export.colours import Colours
from inkbridge.export.formats import write_mp4
from tests.browser.chromium import needs_browser

pytestmark = needs_browser

COLOURS = [(16, 160, 255), (255, 40, 0), (0, 200, 60), (255, 255, 255), (120, 120, 120), (0, 0, 0)]

FIRST_PIXEL = """async (source) => {
    const film = document.createElement("video");
    await new Promise((done, fail) => {
        film.requestVideoFrameCallback(done);
        film.onerror = fail;
        film.muted = true;
        film.src = source;
        film.play();
    });
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.drawImage(film, 0, 0);
    return [...canvas.getImageData(8, 8, 1, 1).data.slice(0, 3)];
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("height", [64, 720])
def test_browser_shows_films_of_any_size_in_their_colours(height, page, tmp_path):
    for number, colour in enumerate(COLOURS):
        path = tmp_path / f"{number}.mp4"
        write_mp4(path, np.full((2, height, 64), 255, np.uint8), 40, Colours(colour, (255, 255, 255)))
        source = f"data:video/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}"
        assert np.abs(np.array(page.evaluate(FIRST_PIXEL, source)) - colour).max() <= 2, colour
