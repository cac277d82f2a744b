"""Files of a folder are in the order in which a person sees their names."""

import random

import pytest

from inkbridge.keyframes.order import order_of_name


def shuffled(names: list[str]) -> list[str]:
    return random.Random(1).sample(names, len(names))


@pytest.mark.parametrize(
    "names",
    [
        ["doodle.png", "doodle2.png", "doodle3.png", "doodle10.png"],
        ["1.png", "1.5.png", "2.png"],
        ["1.png", "1.25.png", "1.5.png", "1.75.png", "2.png"],
        ["1.8.png", "1.9.png", "1.10.png", "1.11.png", "2.1.png"],
        ["cat.png", "cat (1).png", "cat (2).png", "cat (10).png"],
        ["cat.png", "cat copy.png", "cat copy 2.png"],
        ["walk1.png", "walk1 (1).png", "walk2.png"],
        ["1.png", "2.bmp", "10.png", "a2.png", "A10.png"],
        ["IMG_999.JPG", "IMG_1001.JPG", "IMG_1002.heic"],
        ["2024.1.9 cat.png", "2024.1.10 cat.png", "2024.2.1 cat.png"],
        ["01.png", "1a.png", "002.png"],
        ["frame 0.5.png", "frame 1.png", "frame 1.5.png"],
        ["Zeichnung ä1.png", "Zeichnung a\N{COMBINING DIAERESIS}2.png"],
    ],
)
def test_names_are_in_the_order_that_a_person_sees(names):
    assert sorted(shuffled(names), key=order_of_name(names)) == names


def test_order_does_not_depend_on_the_order_of_the_folder():
    names = ["1.png", "01.png", "1.jpg", "001.png"]
    other = shuffled(names)
    assert sorted(names, key=order_of_name(names)) == sorted(other, key=order_of_name(other))


def test_number_of_any_length_has_a_place():
    names = [f"{'9' * 5000}.png", f"1{'0' * 5000}.png"]
    assert sorted(shuffled(names), key=order_of_name(names)) == names
