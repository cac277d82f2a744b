"""The colours of ink and paper, and the tones between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Frames, Ink

Colour = tuple[int, int, int]

AS_DRAWN = "as drawn"
"""The choice that keeps the colours of the drawing: dark ink on light paper, or the reverse."""

TONES = 16
"""Number of tones from paper to ink. Edges are one pixel wide, so more tones would not be visible, but would cost
bytes."""


@dataclass(frozen=True)
class Colours:
    """The colour of solid ink, and the colour of the paper, which is None if the paper is transparent."""

    ink: Colour
    paper: Colour | None

    @classmethod
    def parse(cls, text: str) -> "Colours":
        """Return the colours that ``INK,PAPER`` names, as in CSS or as #rrggbb; the paper may be ``transparent``.

        Raises :class:`InkbridgeError` if ``text`` is anything else.
        """
        ink, comma, paper = (part.strip() for part in text.partition(","))
        try:
            if not comma:
                raise ValueError("one colour")
            return cls(_colour(ink), None if paper == "transparent" else _colour(paper))
        except ValueError:
            raise InkbridgeError(
                f"colours: expected INK,PAPER, for example black,white or '#1b6697,transparent'; found {text!r}"
            ) from None

    def __str__(self) -> str:
        """Return the colours as :meth:`parse` reads them."""
        return f"#{bytes(self.ink).hex()},{'transparent' if self.paper is None else f'#{bytes(self.paper).hex()}'}"

    def palette(self) -> NDArray[np.uint8]:
        """Return the colours of the 16 tones from paper to ink, ``uint8 [16, 3]``, or ``[16, 4]`` without paper."""
        share = np.linspace(0, 1, TONES)[:, None]
        if self.paper is None:
            solid = np.broadcast_to(self.ink, (TONES, 3))
            return np.concatenate([solid, np.rint(255 * share)], axis=1).astype(np.uint8)
        mixed = (1 - share) * np.array(self.paper) + share * np.array(self.ink)
        return np.rint(mixed).astype(np.uint8)


WHITE_ON_BLACK = Colours((255, 255, 255), (0, 0, 0))

BLACK_ON_WHITE = Colours((0, 0, 0), (255, 255, 255))


def as_drawn(ink: Ink) -> Colours:
    """Return the colours of a drawing with light or dark ink: white on black, or black on white."""
    return BLACK_ON_WHITE if ink == "dark" else WHITE_ON_BLACK


def chosen_colours(choice: str, ink: Ink | None) -> Colours:
    """Return the colours of a choice: :data:`AS_DRAWN`, or what :meth:`Colours.parse` reads.

    ``ink`` is the ink of the drawing. Without a drawing, :data:`AS_DRAWN` means white on black.
    """
    return as_drawn(ink or "light") if choice == AS_DRAWN else Colours.parse(choice)


def _colour(text: str) -> Colour:
    colour = ImageColor.getrgb(text)
    if len(colour) != 3:
        raise ValueError("a colour with an opacity")
    return colour


def to_tones(frames: Frames) -> Frames:
    """Return the number of each pixel's tone, from 0 (paper) to 15 (ink)."""
    return np.rint(np.arange(256) * ((TONES - 1) / 255)).astype(np.uint8)[frames]
