"""What was matched, in numbers and in words."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.spatial import KDTree

from inkbridge import CELL
from inkbridge.matching.changes import Unmatched, growing, shrinking
from inkbridge.matching.doodle import MatchedDoodle
from inkbridge.matching.energy import WEIGHTS
from inkbridge.matching.marked import KEPT, miss, on_ink
from inkbridge.matching.match import match
from inkbridge.matching.matches import Match
from inkbridge.support.marks import Mark, marks_of
from inkbridge.support.types import Floats
from inkbridge.tracing.graph import Graph

_DOUBTFUL = 5.0
"""Energy from which a match is checked by matching the other way round."""

_DISAGREE = 1.5
"""Mean distance, in pixels of the cell, between both ways round from which a match is doubtful. Of 109 segments whose
truth is known, ten have this and the energy; nine of the ten are among the worst fifth (docs/experiments.md)."""

_MUCH = 0.3
"""Share of the ink without a partner that is worth a warning."""


@dataclass(frozen=True)
class Segment:
    """What the match of two neighbouring keyframes did.

    ``keyframes``: their numbers, from 1. ``lines``: how many lines become another line. ``splits``: how many more of
    them come from a line that is a part of another pair. ``groups``: in how many groups of separate parts they were
    matched. ``movement``: mean distance; ``farthest``: longest distance, in pixels of the cell. ``stretching``: change
    of length, as a part of it. ``turning``: radians by which parts of a line turn against each other, for ten pixels of
    it. ``cuts``: lines beyond those drawn. ``energy``: weighted sum of movement, stretching, turning and cuts.
    ``knots``: ends and branchings that stand between the keyframes, beyond their own, a mean. ``grows``: share of the
    second keyframe's ink that grows out of a point; ``shrinks``: share of the first one's that shrinks into a point.
    """

    keyframes: tuple[int, int]
    lines: int
    splits: int
    groups: int
    movement: float
    farthest: float
    stretching: float
    turning: float
    cuts: float
    energy: float
    knots: float
    grows: float
    shrinks: float

    @property
    def name(self) -> str:
        return "{} to {}".format(*self.keyframes)

    def describe(self) -> str:
        """Return what happens in the segment, as one line for the person who drew."""
        unmatched = [
            f"{share:.0%} {word}" for share, word in ((self.grows, "grows"), (self.shrinks, "shrinks")) if share
        ]
        facts = [
            f"{self.lines} line{'s' * (self.lines != 1)}" + f", {self.splits} more split off" * bool(self.splits),
            f"moves {self.movement:.1f} pixels of {CELL} on average, {self.farthest:.0f} at most",
            f"stretches by {self.stretching:.0%}, bends by {np.degrees(self.turning):.0f}°",
            f"{self.cuts:.0f} cut{'s' * (self.cuts != 1)}" if self.cuts else "no cuts",
            *([f"{self.knots:.1f} knots in between"] if self.knots else []),
            f"{' and '.join(unmatched)} without a partner" if unmatched else "all ink has a partner",
        ]
        return "; ".join(facts)


def segments_of(doodle: MatchedDoodle) -> list[Segment]:
    """Return what happens in each segment of a doodle."""
    return [_segment(doodle, number) for number in range(len(doodle.matches))]


def record_of(doodle: MatchedDoodle) -> dict[str, Any]:
    """Return what was matched as a dictionary that JSON can hold: the number of strands, the segments, and the marks,
    if there are any, with the pixels by which each is missed."""
    segments = [{**asdict(segment), "keyframes": list(segment.keyframes)} for segment in segments_of(doodle)]
    marks = [{**mark.written(), "missed": missed} for mark, missed, _ in _marks(doodle)]
    return {"strands": len(doodle.strands), "segments": segments, **({"marks": marks} if marks else {})}


def describe(doodle: MatchedDoodle) -> list[str]:
    """Return what was matched, as lines for the person who drew, with warnings about what is doubtful."""
    segments = segments_of(doodle)
    count = len(doodle.strands)
    return [
        f"strands    {count} line{'s' * (count != 1)} of ink that live{'s' * (count == 1)} through all keyframes",
        *(
            f"{segment.name:<10} {segment.describe()}{_blanks(doodle, number)}"
            for number, segment in enumerate(segments)
        ),
        *([f"marks      {_followed(doodle)} of {len(doodle.marks)} are followed"] if doodle.marks else []),
        *(f"warning    {text}" for text in _warnings(doodle, segments)),
    ]


def _marks(doodle: MatchedDoodle) -> Iterator[tuple[Mark, float | None, str]]:
    """Yield each mark, by how many pixels the match misses it, None if nothing is matched there, and why it is not
    followed; empty if it is."""
    for mark in doodle.marks:
        number = mark.keyframe - 1
        if number >= len(doodle.matches):
            yield mark, None, "no keyframe follows; a loop has a first one after the last"
        elif not doodle.drawn[number : number + 2].all():
            yield mark, None, "a keyframe is blank"
        else:
            (moved,) = on_ink([mark], *doodle.graphs[number : number + 2])
            missed = round(miss(moved, doodle.matches[number].pairs), 3)
            far = f"the match misses it by {missed:.0f} pixels of {CELL}; other marks may be against it"
            yield mark, missed, far * (missed > KEPT)


def _followed(doodle: MatchedDoodle) -> int:
    return sum(not why for _, _, why in _marks(doodle))


def _blanks(doodle: MatchedDoodle, segment: int) -> str:
    numbers = [int(doodle.keyframes[k]) + 1 for k in (segment, segment + 1) if not doodle.drawn[k]]
    return "".join(f"; {number} is blank, so the ink fades where it is" for number in numbers)


def _segment(doodle: MatchedDoodle, number: int) -> Segment:
    found, ends = doodle.matches[number], slice(number, number + 2)
    extra = sum(pair.is_extra for pair in found.pairs)
    moves = [np.linalg.norm(np.diff(s.points[ends], axis=0)[0], axis=1).max() for s in doodle.strands]
    first, last = (doodle.keyframes[ends] + 1).tolist()
    energy = {name: round(value, 3) for name, value in asdict(found.energy).items()}
    return Segment(
        keyframes=(first, last),
        lines=len(found.pairs) - extra,
        splits=extra,
        groups=found.groups,
        farthest=round(float(max(moves)), 3),
        energy=round(found.energy.total(WEIGHTS), 3),
        knots=round(found.knots, 3),
        grows=_share(growing(doodle, number), doodle.graphs[number + 1]),
        shrinks=_share(shrinking(doodle, number), doodle.graphs[number]),
        **energy,
    )


def _share(unmatched: list[Unmatched], graph: Graph) -> float:
    drawn = sum(edge.length for edge in graph.edges)
    return round(min(1.0, sum(change.length for change in unmatched) / max(drawn, 1e-6)), 3)


def _warnings(doodle: MatchedDoodle, segments: list[Segment]) -> list[str]:
    found = []
    for number, segment in enumerate(segments):
        said = marks_of(doodle.marks, number + 1)
        if segment.energy > _DOUBTFUL and not said and _disagreement(doodle, number) > _DISAGREE:
            found.append(
                f"{segment.name}: the match is doubtful, because matching from the second drawing to the first finds "
                "another one; a keyframe between the two would help, or --mark"
            )
        for share, text in ((segment.grows, "grows out of points"), (segment.shrinks, "shrinks into points")):
            if share > _MUCH:
                found.append(f"{segment.name}: {share:.0%} of the ink has no partner and {text}")
    for mark, _, why in _marks(doodle):
        if why:
            (x, y), (to_x, to_y) = mark.at, mark.goes_to
            found.append(
                f"keyframe {mark.keyframe}: the mark from {x:g}, {y:g} to {to_x:g}, {to_y:g} is not followed: {why}"
            )
    return found


def _disagreement(doodle: MatchedDoodle, segment: int) -> float:
    """Return the mean distance, in pixels, between a match and the one that is found the other way round."""
    there, back = doodle.matches[segment], match(doodle.graphs[segment + 1], doodle.graphs[segment])
    if not there.pairs or not back.pairs:
        return 0.0
    one, other = _places(there), _places(back)[:, [2, 3, 0, 1]]
    return max(float(np.mean(KDTree(a).query(b)[0])) for a, b in ((one, other), (other, one)))


def _places(found: Match) -> Floats:
    """Return which point of the one drawing becomes which of the other: ``float64 [P, 4]``."""
    return np.concatenate([np.hstack([pair.one.points, pair.other.points]) for pair in found.pairs])
