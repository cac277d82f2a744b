"""What the strokes of a doodle become, for people to look at.

The matching is imported inside the functions that need it: it imports numba and SciPy, which take a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from inkbridge.support.png import write_png
from inkbridge.support.provenance.record import Provenance

if TYPE_CHECKING:
    from inkbridge.matching.doodle import MatchedDoodle
    from inkbridge.matching.strands import Strand


@dataclass(frozen=True, eq=False)
class Correspondence:
    """What each stroke of a doodle's keyframes becomes in the next one, as the stroke fit decides it.

    doodle: the traced and matched keyframes. provenance: the record of how they were made.
    """

    doodle: "MatchedDoodle"
    provenance: Provenance

    @property
    def strands(self) -> Sequence["Strand"]:
        """The lines of ink that live through all keyframes: ``points`` ``float64 [K, M, 2]`` each, in pixels of a
        64-pixel cell, and ``widths`` ``float64 [K, M]``. If the doodle loops, the first keyframe comes again at the
        end."""
        return self.doodle.strands

    @property
    def record(self) -> Mapping[str, Any]:
        """What was matched in each segment and what was not, as in the record of a fit."""
        from inkbridge.matching.report import record_of

        return record_of(self.doodle)

    def colours(self) -> tuple[list[str], list[int]]:
        """Return a palette, as ``#rrggbb``, and for each strand the number of its colour in it. Strands that come near
        each other have colours that differ much."""
        from inkbridge.matching.colours import PALETTE, colours_of

        return [f"#{bytes(colour).hex()}" for colour in PALETTE], list(map(PALETTE.index, colours_of(self.strands)))

    def describe(self) -> list[str]:
        """Return what was matched, as lines for the person who drew, with warnings about what is doubtful."""
        from inkbridge.matching.report import describe

        return describe(self.doodle)

    def picture(self) -> Image.Image:
        """Return the keyframes side by side as an RGB picture, each strand in one colour across all of them."""
        from inkbridge.matching.pictures import picture_of

        return picture_of(self.doodle)

    def save(self, path: str | Path) -> None:
        """Write the picture as PNG. The file appears whole or not at all."""
        write_png(Path(path), self.picture(), self.provenance)
