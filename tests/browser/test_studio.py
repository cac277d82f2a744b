"""The studio as people use it: drawn on in a real browser, with the server and the worker behind it."""

import base64
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from inkbridge.drawings.files import drawing_of as parsed
from inkbridge.drawings.painting import paint
from tests.browser.chromium import needs_browser
from tests.browser.studio import (
    JACK,
    PATIENT,
    SIDE,
    Studio,
    Visitor,
    drag,
    draw,
    drawing_of,
    plays,
    saved,
    sheet,
    strokes,
    until,
)

pytestmark = needs_browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def undo_all(page: Page) -> None:
    while page.evaluate("window.studio.history.canUndo"):
        page.keyboard.press("Control+z")
    saved(page)


def canvas_ink(page: Page, selector: str) -> np.ndarray:
    """Return the opacity of a canvas, as ``float [SIDE, SIDE]`` in [0, 1]."""
    address = page.evaluate(
        """([selector, side]) => {
            const small = Object.assign(document.createElement("canvas"), { width: side, height: side });
            small.getContext("2d").drawImage(document.querySelector(selector), 0, 0, side, side);
            return small.toDataURL();
        }""",
        [selector, SIDE],
    )
    content = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).getchannel("A")) / 255.0


# --- drawing ---------------------------------------------------------------------------------------------


def test_jumping_jack_drawn_with_the_mouse_plays(studio: Studio, visitor: Visitor) -> None:
    page = visitor.open(studio)
    draw(page, JACK[0])
    page.get_by_role("button", name="Add").click()
    draw(page, JACK[1])
    assert strokes(page) == [6, 6]
    plays(page)
    assert studio.lines() == [6, 6]
    shown = page.evaluate(
        """() => new Promise((resolve) => {
            const seen = new Set();
            const look = () => {
                seen.add(document.querySelector(".preview").dataset.frame);
                seen.size < 6 ? requestAnimationFrame(look) : resolve([...seen]);
            };
            look();
        })"""
    )
    assert len(shown) == 6, "the frames follow each other"
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Frame", exact=True).press("Home")
    first = canvas_ink_of_preview(page)
    assert np.mean((first > 0.5) != (paint(parsed(json.dumps(studio.saved()).encode(), "file"))[0] > 127)) < 0.03


def canvas_ink_of_preview(page: Page) -> np.ndarray:
    """Return the ink that the preview shows, black on white, as ``float [SIDE, SIDE]`` in [0, 1]."""
    picture = Image.open(io.BytesIO(page.locator(".screen canvas").screenshot())).convert("L")
    return 1 - np.asarray(picture.resize((SIDE, SIDE))) / 255.0


def test_page_paints_strokes_as_the_server_does(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    content = drawing_of(JACK[0], JACK[1])
    pen = [[40 + 8 * n, 200 + 20 * np.sin(n), n / 20] for n in range(20)]
    content["keyframes"][0]["strokes"] += [
        {"id": "pen", "tool": "pen", "width": 18, "points": [list(map(float, point)) for point in pen]},
        {"id": "dot", "tool": "pen", "width": 24, "points": [[40.0, 40.0, 0.5]]},
        {"id": "gone", "tool": "eraser", "width": 20, "points": [[20.0, 110.0, 0.5], [230.0, 130.0, 0.5]]},
    ]
    page.evaluate(
        """(keyframe) => {
            const { drawing } = window.studio;
            window.studio.change({ ...drawing, keyframes: [{ ...keyframe, picture: null }, drawing.keyframes[1]] });
            window.studio.show(keyframe.id);
        }""",
        content["keyframes"][0],
    )
    painted = paint(parsed(json.dumps(content).encode(), "drawing"))[0] / 255.0
    assert np.abs(canvas_ink(page, ".ink-layer") - painted).mean() < 0.006


def test_undo_has_no_limit_and_redo_follows(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    before = canvas_ink(page, ".ink-layer")
    for number in range(30):
        page.evaluate("y => { window.studio.stage.begin([10, y, 0.5], 'pen'); window.studio.stage.end(); }", 4 * number)
    page.get_by_role("button", name="Duplicate keyframe").click()
    assert strokes(page) == [36, 36, 6]
    after = canvas_ink(page, ".ink-layer")
    undo_all(page)
    assert strokes(page) == [6, 6]
    assert np.array_equal(canvas_ink(page, ".ink-layer"), before)
    while page.get_by_role("button", name="Redo").is_enabled():
        page.keyboard.press("Control+Shift+Z")
    assert strokes(page) == [36, 36, 6]
    page.get_by_role("button", name="Keyframe 2 of 3").click()
    assert np.abs(canvas_ink(page, ".ink-layer") - after).max() < 0.02
    undo_all(page)


def test_eraser_takes_ink_away_and_onion_skin_shows_the_neighbours(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    before = canvas_ink(page, ".ink-layer").sum()
    page.keyboard.press("e")
    drag(page, [(60, 60), (200, 60)])
    assert canvas_ink(page, ".ink-layer").sum() < 0.9 * before
    undo_all(page)
    for name, other in (("before", 1), ("after", 1)):
        for label in ("before", "after"):
            page.locator(f"[name={label}]").select_option("1" if label == name else "0")
        skin, ink = (
            canvas_ink(page, ".onion-layer"),
            paint(parsed(json.dumps(drawing_of(*JACK)).encode(), "jack"))[other],
        )
        assert ((skin > 0.1) == (ink > 127)).mean() > 0.97
    page.locator("[name=after]").select_option("0")
    assert not canvas_ink(page, ".onion-layer").any()


def test_selection_is_moved_scaled_turned_copied_and_deleted(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    body = "window.studio.drawing.keyframes[0].strokes[1].points"
    page.get_by_role("radio", name="Select").check()
    drag(page, [(128, 120), (148, 130)])
    assert page.evaluate(body)[0][:2] == pytest.approx([148, 92], abs=1)
    page.keyboard.press("Control+z")
    box = page.evaluate("window.studio.stage.selection.box()")
    drag(page, [(box["right"], box["bottom"]), (box["right"] + 3, box["bottom"] + 26)])
    assert page.evaluate(body)[-1][1] == pytest.approx(176, abs=4), "a corner scales it from the other corner"
    page.keyboard.press("Control+z")
    middle = (box["top"] + box["bottom"]) / 2
    lever = page.evaluate("26 * window.studio.size / document.querySelector('#sheet').clientWidth")
    drag(page, [(128, box["top"] - lever), (128 + middle - box["top"] + lever, middle)], steps=8)
    assert {round(y) for _, y, _ in page.evaluate(body)} == {round(middle)}, "a quarter turn makes it level"
    page.keyboard.press("Control+c")
    page.keyboard.press(".")
    page.keyboard.press("Control+v")
    assert strokes(page) == [6, 7]
    page.keyboard.press("Delete")
    assert strokes(page) == [6, 6]


def test_keyframes_are_added_doubled_moved_and_deleted(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    order = "window.studio.drawing.keyframes.map((keyframe) => keyframe.id)"
    first, second = page.evaluate(order)
    page.keyboard.press("d")
    copy = page.evaluate("window.studio.current")
    assert page.evaluate(order) == [first, copy, second]
    cells = page.locator(".strip li")
    boxes = [cells.nth(number).bounding_box() for number in (0, 2)]
    assert boxes[0] is not None and boxes[1] is not None
    page.mouse.move(boxes[0]["x"] + 30, boxes[0]["y"] + 30)
    page.mouse.down()
    page.mouse.move(boxes[1]["x"] + 60, boxes[1]["y"] + 30, steps=6)
    page.mouse.up()
    assert page.evaluate(order) == [copy, second, first]
    page.get_by_role("button", name="Keyframe 2 of 3").press("Alt+ArrowLeft")
    assert page.evaluate(order) == [copy, first, second] or page.evaluate(order) == [second, copy, first]
    page.get_by_role("button", name="Delete keyframe").click()
    assert len(page.evaluate(order)) == 2


def test_look_is_saved_and_changes_the_preview(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    plays(page)
    page.get_by_label("Plays").select_option("there-and-back")
    page.get_by_label("Hold").fill("3")
    page.get_by_label("no paper").check()
    page.get_by_label("Easing").select_option("ease")
    plays(page)
    assert page.get_by_label("Frame", exact=True).get_attribute("max") == str(2 * 4 + 2 * 3 - 1)
    look = drawn_look(drawn, page)
    assert (look["play"], look["hold"], look["easing"], look["colours"]) == (
        "there-and-back",
        3,
        "ease",
        "#000000,transparent",
    )


def drawn_look(studio: Studio, page: Page) -> dict[str, Any]:
    page.wait_for_timeout(900)  # the server writes the file within a second
    return studio.saved()["look"]


# --- why -------------------------------------------------------------------------------------------------


def test_point_dragged_to_where_it_belongs_is_a_mark(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    page.get_by_role("tab", name="Why").click()
    until(page, "window.studio.why.match !== null", seconds=PATIENT / 1000)
    panes = page.locator(".pane")
    boxes = [panes.nth(number).bounding_box() for number in (0, 1)]
    assert boxes[0] is not None and boxes[1] is not None
    hand, goal = JACK[0][2][-1], JACK[1][3][-1]
    places = [
        (box["x"] + x * box["width"] / SIDE, box["y"] + y * box["height"] / SIDE)
        for box, (x, y) in zip(boxes, (hand, goal), strict=True)
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()
    expect(page.locator(".marks li")).to_have_text(["Mark 1, from keyframe 1 to 2Delete"])
    mark = page.evaluate("window.studio.drawing.marks[0]")
    assert (mark["from"], mark["to"]) == ("key0", "key1")
    assert mark["at"] == pytest.approx(hand, abs=14) and mark["goes_to"] == pytest.approx(goal, abs=14)
    saved(page)
    page.get_by_text("Make a mark without dragging").click()
    page.get_by_role("button", name="Make the mark").click()
    expect(page.locator(".marks li")).to_have_count(2)
    page.get_by_role("button", name="Delete: Mark 1, from keyframe 1 to 2").click()
    expect(page.locator(".marks li")).to_have_count(1)


# --- nothing is lost -------------------------------------------------------------------------------------


def test_killed_server_is_told_and_what_was_drawn_meanwhile_is_saved(studio: Studio, visitor: Visitor) -> None:
    page = visitor.open(studio)
    drag(page, [(40, 40), (200, 40)])
    saved(page)
    drag(page, [(40, 80), (200, 80)], lift=False)
    page.wait_for_timeout(1500)  # a stroke may take long: it is saved as far as it has come
    studio.kill()
    assert studio.lines() == [2], "at most the last second of a stroke is lost"
    page.mouse.up()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    drag(page, [(40, 120), (200, 120)])
    assert strokes(page) == [3]
    studio.start()
    new = visitor.open(studio, page.context)
    saved(new)
    assert strokes(new) == [3], "the browser has kept it"
    expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENT)
    drag(page, [(40, 160), (200, 160)])
    saved(page)
    until(new, "window.studio.drawing.keyframes[0].strokes.length === 4")
    visitor.errors = [error for error in visitor.errors if "Failed to load resource" not in error]


def test_closed_tab_loses_nothing(studio: Studio, visitor: Visitor) -> None:
    page = visitor.open(studio)
    drag(page, [(40, 40), (200, 40)])
    page.close()
    again = visitor.open(studio)
    until(again, "window.studio.drawing.keyframes[0].strokes.length === 1")


def test_two_tabs_follow_each_other_and_conflicts_are_told(studio: Studio, visitor: Visitor) -> None:
    one = visitor.open(studio)
    drag(one, [(40, 40), (200, 40)])
    saved(one)
    other = visitor.open(studio, one.context)
    drag(other, [(40, 80), (200, 80)])
    until(one, "window.studio.drawing.keyframes[0].strokes.length === 2")

    one.evaluate("window.studio.saver.noticed = () => null")  # as if the news were late
    drag(other, [(40, 120), (200, 120)])
    saved(other)
    drag(one, [(40, 160), (200, 160)])
    expect(one.get_by_role("alert")).to_contain_text("also changed in another tab")
    one.get_by_role("button", name="Take the other one").click()
    assert one.evaluate(
        "window.studio.drawing.keyframes[0].strokes.map((stroke) => Math.round(stroke.points[0][1]))"
    ) == [40, 80, 120]
    one.keyboard.press("Control+z")
    saved(one)
    until(other, "Math.round(window.studio.drawing.keyframes[0].strokes[2].points[0][1]) === 160")
    visitor.errors = [error for error in visitor.errors if "409" not in error]


# --- for everybody ---------------------------------------------------------------------------------------


def test_keyboard_alone_draws_plays_and_takes_out(studio: Studio, visitor: Visitor) -> None:
    page = visitor.open(studio)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the sheet
    expect(sheet(page)).to_be_focused()

    def line(way: str) -> None:
        for key in ("Space", *["Shift+" + way] * 4, "Space"):
            page.keyboard.press(key)

    line("ArrowRight")
    line("ArrowDown")
    page.keyboard.press("n")
    line("ArrowLeft")
    assert strokes(page) == [2, 1]
    plays(page)
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    frame = page.locator(".preview").get_attribute("data-frame")
    page.keyboard.press("l")
    assert page.locator(".preview").get_attribute("data-frame") != frame
    page.keyboard.press("s")
    page.keyboard.press("PageDown")
    before = page.evaluate("window.studio.stage.selection.box().left")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.studio.stage.selection.box().left") == pytest.approx(before - 4)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+e")
    page.keyboard.press("ArrowRight")
    with page.expect_download(timeout=PATIENT):
        page.get_by_role("button", name="Make the file").press("Enter")


def test_controls_have_names_and_texts_are_all_there(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn)
    nameless = """() => [...document.querySelectorAll("button, input:not([hidden]), select, [role]")]
        .filter((one) => one.checkVisibility() && !["status", "alert"].includes(one.role))
        .filter((one) => !one.ariaLabel && !one.textContent.trim() && !one.hasAttribute("aria-labelledby"))
        .filter((one) => !one.labels?.[0]?.textContent.trim())
        .map((one) => one.outerHTML)"""
    for key in ("", "w", "w", "?", "Control+e"):
        if key:
            page.keyboard.press(key)
        assert page.evaluate(nameless) == []
        texts = page.evaluate("[...document.querySelectorAll('body *')].map((one) => one.textContent)")
        unknown = [text for text in texts if re.fullmatch("[a-z]+_[a-z_]+", text)]
        assert unknown == [], "a text's name is shown in place of the text"
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [320, 390, 820])
def test_small_screens_show_everything_without_scrolling_sideways(drawn: Studio, visitor: Visitor, width: int) -> None:
    page = visitor.open(drawn, viewport={"width": width, "height": 844})
    for key in ("", "w", "w", "?", "Control+e"):
        if key:
            page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        page.keyboard.press("Escape")


def test_finger_draws_on_a_phone(drawn: Studio, visitor: Visitor) -> None:
    page = visitor.open(drawn, **PHONE)
    box = sheet(page).bounding_box()
    assert box is not None and box["width"] > 340
    session = page.context.new_cdp_session(page)
    for kind, x in [("touchStart", 60), *[("touchMove", 60 + 15 * n) for n in range(1, 12)], ("touchEnd", None)]:
        points = [] if x is None else [{"x": box["x"] + x, "y": box["y"] + 80}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(page, "window.studio.drawing.keyframes[0].strokes.length === 7")


def test_dark_scheme_is_drawn_in_light_ink(drawn: Studio, visitor: Visitor) -> None:
    tones = {}
    for scheme in ("light", "dark"):
        page = visitor.open(drawn, color_scheme=scheme)
        picture = np.asarray(Image.open(io.BytesIO(sheet(page).screenshot())).convert("L")).astype(float)
        tones[scheme] = (np.median(picture), picture.min(), picture.max())
    assert tones["light"][0] > 200 and tones["light"][1] < 60
    assert tones["dark"][0] < 60 and tones["dark"][2] > 200
