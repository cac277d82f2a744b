"""The gallery as people use it: opened from disk in a real browser."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import needs_browser
from tests.browser.conftest import FRAME_MS, LENGTHS, Visit

pytestmark = needs_browser

Seen = Callable[[Any], int]

PICKS = "&pick=tree/strokes64/linear/0&pick=tree/conv64/cubic/0.8"
PHONE = {"viewport": {"width": 390, "height": 844}}
TALL = {"viewport": {"width": 1280, "height": 5_000}}
"""A window so high that every animation is in view."""


def card(page: Page, what: str) -> Locator:
    return page.locator(f'main .card[data-id="{what}"]')


def frames(cards: Locator) -> list[int]:
    """Return the numbers of the frames that cards say they show."""
    return [int(number) for number in cards.evaluate_all("cards => cards.map((card) => card.dataset.frame ?? -1)")]


def frames_while_playing(cards: Locator, looks: int) -> list[list[int]]:
    """Return the numbers of the frames that cards say they show, at as many repaints of the page as there are looks."""
    return cards.evaluate_all(
        """(cards, looks) => new Promise((resolve) => {
            const seen = [];
            const look = () => {
                seen.push(cards.map((card) => Number(card.dataset.frame)));
                seen.length < looks ? requestAnimationFrame(look) : resolve(seen);
            };
            requestAnimationFrame(look);
        })""",
        looks,
    )


def show_frame(page: Page) -> int:
    return int(page.get_by_label("Frame", exact=True).input_value())


def ready(cards: Locator) -> None:
    """Wait until every card shows a frame."""
    for one in cards.all():
        expect(one).to_have_attribute("data-frame", re.compile(r"\d+"))


def fragment(page: Page) -> str:
    return page.evaluate("location.hash")


def expect_fragment(page: Page, pattern: str) -> None:
    page.wait_for_function("pattern => new RegExp(pattern).test(decodeURIComponent(location.hash))", arg=pattern)


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


# --- filters ---------------------------------------------------------------------------------------------


def test_filters_select_animations_and_stay_in_the_address(visit: Visit) -> None:
    page = visit()
    cards = page.locator("main .card:visible")
    expect(cards).to_have_count(24)
    page.get_by_role("checkbox", name="walker", exact=True).check()
    page.get_by_role("checkbox", name="cubic", exact=True).check()
    page.get_by_role("checkbox", name="0.8", exact=True).check()
    expect(cards).to_have_count(2)
    expect(page.locator(".count")).to_have_text("2 of 24 animations")
    expect_fragment(page, "doodle=walker.*method=cubic.*noise=0.8")
    page.reload()
    expect(cards).to_have_count(2)
    expect(page.get_by_role("checkbox", name="walker", exact=True)).to_be_checked()
    page.get_by_role("button", name="Show all").click()
    expect(cards).to_have_count(24)
    expect_fragment(page, "^#?$")


def test_filters_that_match_nothing_say_so(visit: Visit) -> None:
    page = visit("#doodle=tree&method=nothing")
    expect(page.locator("main .card:visible")).to_have_count(12)  # unknown values are ignored
    page.evaluate("document.querySelectorAll('main .card').forEach((card) => (card.dataset.variant = 'gone'))")
    page.get_by_role("checkbox", name="conv64", exact=True).check()
    expect(page.get_by_text("No animation matches")).to_be_visible()


def test_small_picture_of_a_doodle_links_to_its_animations(visit: Visit) -> None:
    page = visit()
    page.get_by_role("link", name="All animations of walker").click()
    expect(page.locator("main .card:visible")).to_have_count(12)


# --- playback --------------------------------------------------------------------------------------------


def test_canvases_show_the_frame_of_the_clock(visit: Visit, seen: Seen) -> None:
    page = visit("#frame=10", **TALL)
    ready(page.locator("main .card"))
    for doodle, shown in {"walker": 10, "tree": 10 % LENGTHS["tree"]}.items():
        one = card(page, f"{doodle}/conv64/linear/0")
        assert frames(one) == [shown]
        assert seen(one.locator("canvas")) == shown


def test_all_cards_play_in_step_and_pause(visit: Visit, seen: Seen) -> None:
    page = visit("#doodle=walker", **TALL)
    cards = page.locator("main .card:visible")
    ready(cards)
    shown = frames_while_playing(cards, 30)
    assert all(len(set(together)) == 1 for together in shown)
    assert len({together[0] for together in shown}) >= 4
    page.get_by_role("button", name="Pause").click()
    before = frames(cards)
    page.wait_for_timeout(5 * FRAME_MS)
    assert frames(cards) == before
    assert seen(cards.first.locator("canvas")) == before[0]
    expect_fragment(page, f"frame={before[0]}$")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("before => document.querySelector('.scrub').value != before", arg=str(before[0]))


def test_keyboard_moves_the_slider_frame_by_frame(visit: Visit, seen: Seen) -> None:
    page = visit("#doodle=walker&frame=3", **TALL)
    one = card(page, "walker/conv64/linear/0")
    ready(one)
    track = page.get_by_label("Frame", exact=True)
    track.focus()
    for key, shown, told in [
        ("ArrowRight", 4, "5 of 12, keyframe 2"),
        ("ArrowLeft", 3, "4 of 12"),
        ("Home", 0, "1 of 12, keyframe 1"),
        ("End", 11, "12 of 12"),
    ]:
        page.keyboard.press(key)
        assert (show_frame(page), frames(one), seen(one.locator("canvas"))) == (shown, [shown], shown)
        expect(track).to_have_attribute("aria-valuetext", told)
    page.get_by_role("button", name="One frame forward").click()
    assert frames(one) == [0]
    page.get_by_role("button", name="One frame back").click()
    assert frames(one) == [11]
    expect_fragment(page, "frame=11$")
    page.reload()
    ready(one)
    assert frames(one) == [11]


def test_shorter_animations_start_again_before_the_end_of_the_track(visit: Visit) -> None:
    page = visit("#frame=0", **TALL)
    ready(page.locator("main .card"))
    page.get_by_label("Frame", exact=True).press("End")
    assert frames(card(page, "walker/conv64/linear/0")) == [11]
    assert frames(card(page, "tree/conv64/linear/0")) == [11 - 9]
    page.get_by_role("checkbox", name="tree", exact=True).check()  # the track is as long as the longest animation shown
    assert page.get_by_label("Frame", exact=True).get_attribute("max") == "8"
    assert frames(card(page, "tree/conv64/linear/0")) == [11 - 9]


def test_animations_keep_their_own_pace_and_stay_in_step(visit: Visit, mixed_gallery: Path) -> None:
    page = visit("#frame=5", folder=mixed_gallery, **TALL)
    ready(page.locator("main .card"))
    assert frames(card(page, "walker/conv64/cubic/0.3")) == [5]
    assert frames(card(page, "tree/conv64/linear/0")) == [10 % LENGTHS["tree"]]
    page.get_by_role("button", name="Play").click()
    pair = page.locator('.card[data-id="walker/conv64/cubic/0.3"], .card[data-id="tree/conv64/linear/0"]')
    shown = frames_while_playing(pair, 60)
    steps = [(tree - 2 * walker) % LENGTHS["tree"] for tree, walker in shown]
    assert set(steps) == {0, 1}, "the tree shows two frames for each one of the walker"
    page.get_by_role("checkbox", name="tree", exact=True).check()
    assert page.get_by_label("Frame", exact=True).get_attribute("max") == "8"


def test_each_doodle_has_columns_for_its_own_noises(visit: Visit, mixed_gallery: Path) -> None:
    page = visit("#frame=0", folder=mixed_gallery, **TALL)
    boxes = {}
    for what in ("linear/0", "linear/0.8", "cubic/0", "cubic/0.8"):
        boxes[what] = card(page, f"tree/conv64/{what}").bounding_box()
    for noise in ("0", "0.8"):
        assert boxes[f"linear/{noise}"]["x"] == boxes[f"cubic/{noise}"]["x"], "a column for each noise"
    for method in ("linear", "cubic"):
        assert boxes[f"{method}/0"]["y"] == boxes[f"{method}/0.8"]["y"], "a row for each method"
    assert boxes["linear/0"]["y"] < boxes["cubic/0"]["y"]


def test_speed_control_changes_the_pace(visit: Visit) -> None:
    page = visit("#doodle=walker")
    page.evaluate("""() => {
        window.passed = 0;
        let last = Number(document.querySelector(".scrub").value);
        new MutationObserver(() => {
            const now = Number(document.querySelector(".scrub").value);
            window.passed += (now - last + 12) % 12;
            last = now;
        }).observe(document.querySelector(".scrub"), { attributes: true });
    }""")
    rates = {}
    for speed in ("0.25", "2"):
        page.get_by_label("Speed").select_option(speed)
        began, before = page.evaluate("[performance.now(), passed]")
        page.wait_for_timeout(600)
        ended, after = page.evaluate("[performance.now(), passed]")
        rates[speed] = (after - before) / (ended - began) * FRAME_MS
    assert rates["0.25"] == pytest.approx(0.25, abs=0.1)
    assert rates["2"] == pytest.approx(2, rel=0.25)
    expect_fragment(page, "speed=2")
    page.reload()
    expect(page.get_by_label("Speed")).to_have_value("2")


def test_point_on_the_path_moves_in_step(visit: Visit) -> None:
    page = visit("#doodle=walker&frame=0", **TALL)
    cards = page.locator("main .card:visible")
    ready(cards)
    for _ in range(12):
        places = cards.evaluate_all("""cards => cards.map((card) => {
            const numbers = card.querySelector(".trail").getAttribute("d").match(/\\d+/g);
            const { e, f } = card.querySelector(".here").transform.baseVal.consolidate().matrix;
            return [e, f, ...numbers.slice(2 * card.dataset.frame, 2 * card.dataset.frame + 2).map(Number)];
        })""")
        for x, y, path_x, path_y in places:
            assert (x, y) == (path_x, path_y)
        page.get_by_role("button", name="One frame forward").click()
    assert len({tuple(place) for place in places}) > 4  # methods and noises have different paths


def test_reduced_motion_shows_a_keyframe(visit: Visit) -> None:
    page = visit(reduced_motion="reduce", **TALL)
    ready(page.locator("main .card"))
    page.wait_for_timeout(5 * FRAME_MS)
    assert show_frame(page) == 4
    page.get_by_role("button", name="Play").click()
    expect_fragment(page, "play=1")
    page.wait_for_function("document.querySelector('.scrub').value != 4")


# --- compare ---------------------------------------------------------------------------------------------


def test_picked_animations_play_side_by_side_in_step(visit: Visit, seen: Seen) -> None:
    page = visit("#frame=5", **TALL)
    page.get_by_label("Compare tree by strokes64, linear, noise 0", exact=True).check()
    expect(page.locator(".compare-picked")).to_be_hidden()  # there is nothing to compare with one
    page.get_by_label("Compare tree by conv64, cubic, noise 0.8", exact=True).check()
    opener = page.get_by_role("button", name="Compare 2")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_hidden()
    expect(page.get_by_role("heading", name="Side by side, in step")).to_be_focused()
    cards = page.locator(".comparison .card")
    expect(cards).to_have_count(2)
    ready(cards)
    expect(cards.nth(0)).to_contain_text("tree by strokes64")
    expect(cards.nth(1)).to_contain_text("keyframe MSE")
    track = page.get_by_label("Frame", exact=True)
    for _ in range(3):
        track.press("ArrowRight")
        assert frames(cards) == [show_frame(page)] * 2
        assert [seen(one.locator("canvas")) for one in cards.all()] == [show_frame(page)] * 2
    left, right = (one.bounding_box() for one in cards.all())
    assert left and right
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    page.get_by_role("button", name="Play").click()
    assert all(len(set(together)) == 1 for together in frames_while_playing(cards, 10))
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_visible()
    expect(opener).to_be_focused()


def test_address_restores_a_comparison(visit: Visit) -> None:
    page = visit(f"#frame=5{PICKS}&view=compare")
    cards = page.locator(".comparison .card")
    expect(cards).to_have_count(2)
    page.get_by_label("Frame", exact=True).press("ArrowRight")
    expect_fragment(page, "pick=tree/strokes64/linear/0&pick=tree/conv64/cubic/0.8&view=compare&frame=6$")
    page.reload()
    ready(cards)
    assert frames(cards) == [6, 6]
    page.get_by_role("button", name="Back to the gallery").click()
    expect(page.locator("main")).to_be_visible()
    expect(card(page, "tree/conv64/cubic/0.8").get_by_role("checkbox")).to_be_checked()


def test_filtered_animations_can_be_compared_and_the_back_button_leaves(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".compare-shown")).to_be_hidden()  # 24 are too many
    page.get_by_role("checkbox", name="tree", exact=True).check()
    page.get_by_role("button", name="Compare these 12").click()
    cards = page.locator(".comparison .card")
    expect(cards).to_have_count(12)
    page.go_back()
    expect(page.locator("main .card:visible")).to_have_count(12)
    expect(cards).to_have_count(0)
    page.go_forward()
    expect(cards).to_have_count(12)


def test_unchecking_removes_a_card_and_the_last_one_ends_the_comparison(visit: Visit) -> None:
    page = visit(f"#{PICKS}&view=compare")
    boxes = page.locator(".comparison .card input")
    boxes.first.click()
    expect(boxes).to_have_count(1)
    expect(boxes).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("main")).to_be_visible()
    expect(page.locator("main :checked")).to_have_count(0)


# --- for everybody, everywhere ---------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["#doodle=tree&variant=conv64&noise=0", f"#{PICKS}&view=compare"])
def test_every_control_is_reached_by_keyboard(visit: Visit, address: str) -> None:
    page = visit(f"{address}&frame=0")
    reachable = page.evaluate("""() => {
        const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
        const seen = all.filter((element) => element.checkVisibility({ checkVisibilityCSS: true }));
        seen.forEach((element, number) => (element.dataset.number = number));
        return seen.length;
    }""")
    page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(reachable + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement?.dataset.number"))
    assert reached >= {str(number) for number in range(reachable)}


@pytest.mark.parametrize("address", ["", f"#{PICKS}&view=compare"])
def test_controls_and_pictures_have_accessible_names(visit: Visit, address: str) -> None:
    page = visit(address)
    page.wait_for_load_state()
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "link", "checkbox", "slider", "combobox", "image", "img", "region", "DisclosureTriangle"}
    named = [node for node in tree if not node["ignored"] and node["role"]["value"] in roles]
    assert len(named) > 15
    assert not [node["role"]["value"] for node in named if not node.get("name", {}).get("value")]


@pytest.mark.parametrize("address", ["", f"#{PICKS}&view=compare"])
def test_page_fits_a_phone(visit: Visit, address: str) -> None:
    page = visit(address, **PHONE)
    ready(page.locator(".playing:visible, .card:visible").first)
    assert overflow(page) == 0
    beyond = (
        "elements => elements.filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > 391).length"
    )
    assert page.locator(".card *, .transport *").evaluate_all(beyond) == 0


@pytest.mark.parametrize(("scheme", "darker"), [("light", True), ("dark", False)])
def test_ink_follows_the_colour_scheme(visit: Visit, scheme: str, darker: bool) -> None:
    page = visit("#frame=3", color_scheme=scheme, **TALL)
    one = card(page, "tree/conv64/linear/0")
    ready(one)
    ink, paper = (sum(colour_at(one.locator("canvas"), x)) for x in (0.1, 0.9))
    assert (ink < paper) is darker
    assert abs(ink - paper) > 400


def colour_at(canvas: Locator, x: float) -> tuple[int, ...]:
    with Image.open(io.BytesIO(canvas.screenshot())) as picture:
        return picture.convert("RGB").getpixel((int(x * picture.width), picture.height // 2))


def test_large_gallery_loads_sprites_in_view_and_releases_the_others(
    visit: Visit, large_gallery: Path, asked: list[str]
) -> None:
    page = visit(folder=large_gallery)
    ready(page.locator(".card").first)
    page.wait_for_timeout(300)
    assert 0 < sum(address.endswith(".webp") for address in asked) < 40
    page.evaluate("window.scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    ready(page.locator(".card").last)
    expect(page.locator(".card").first).not_to_have_attribute("data-frame", re.compile(".*"))
    assert 0 < page.locator(".card[data-frame]").count() < 40


def test_doodles_come_onto_the_page_when_they_come_into_view(visit: Visit, later_gallery: Path) -> None:
    page = visit(folder=later_gallery)
    ready(page.locator(".card").first)
    assert 24 <= page.locator("main .card").count() < 100
    expect(page.locator(".count")).to_have_text("252 animations")
    before = page.evaluate("document.body.scrollHeight")
    page.evaluate("window.scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    ready(card(page, "doodle20/conv64/cubic/0.8"))
    assert page.locator("main .card").count() < 200
    assert page.evaluate("document.body.scrollHeight") == pytest.approx(before, rel=0.05)
    expect(page.locator(".card").first).not_to_have_attribute("data-frame", re.compile(".*"))


def test_filters_and_clock_know_doodles_that_are_not_on_the_page_yet(visit: Visit, later_gallery: Path) -> None:
    page = visit("#doodle=doodle19&doodle=doodle20&method=cubic&frame=5", folder=later_gallery, **TALL)
    cards = page.locator("main .card:visible")
    expect(cards).to_have_count(8)
    expect(page.locator(".count")).to_have_text("8 of 252 animations")
    expect(page.locator(".doodle:visible")).to_have_count(2)
    ready(cards)
    assert set(frames(cards)) == {5}
    page.get_by_role("checkbox", name="doodle3", exact=True).check()
    expect(cards).to_have_count(12)
    page.get_by_label("Compare doodle3 by conv64, cubic, noise 0.8", exact=True).check()
    expect_fragment(page, "pick=doodle3/conv64/cubic/0.8")


def test_doodles_that_are_not_on_the_page_yet_can_be_compared(visit: Visit, later_gallery: Path) -> None:
    picks = ["doodle0/strokes64/linear/0", "doodle12/conv64/cubic/0.8", "doodle20/conv64/circular/0"]
    page = visit("#frame=4&view=compare" + "".join(f"&pick={one}" for one in picks), folder=later_gallery, **TALL)
    cards = page.locator(".comparison .card")
    expect(cards).to_have_count(3)
    ready(cards)
    assert cards.evaluate_all("cards => cards.map((card) => card.dataset.id)") == picks
    assert frames(cards) == [4, 4, 4]
    page.get_by_role("button", name="Back to the gallery").click()
    page.get_by_role("checkbox", name="doodle12", exact=True).check()
    expect(card(page, picks[1]).get_by_role("checkbox")).to_be_checked()


def test_all_gifs_are_shown_without_scripts(visit: Visit, later_gallery: Path) -> None:
    page = visit(folder=later_gallery, java_script_enabled=False)
    expect(page.locator("main img[src$='.gif']")).to_have_count(252)
    gif = page.get_by_role("img", name="Animation of doodle20 by conv64, cubic, noise 0.8", exact=True)
    gif.scroll_into_view_if_needed()
    expect(gif).to_be_visible()


def test_gifs_are_shown_without_scripts(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    expect(page.locator("main .card img")).to_have_count(24)
    gif = page.get_by_role("img", name="Animation of tree by strokes64, linear, noise 0", exact=True)
    expect(gif).to_be_visible()
    assert sum(colour_at(gif, 0.95)) < 100, "the GIF keeps its own colours: its paper is black"
    expect(page.locator(".transport")).to_be_hidden()
