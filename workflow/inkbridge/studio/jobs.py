"""What the worker does: previews, matches, exports, and reading what is brought in.

It keeps the loaded networks and the last fits, so that a change of the look redraws without fitting.
"""

import gzip
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from inkbridge import CELL
from inkbridge.api import steps
from inkbridge.api.animation import Animation
from inkbridge.api.correspondence import Correspondence
from inkbridge.api.drawn import options_of
from inkbridge.api.plan import Plan, plan
from inkbridge.api.steps import BackendRecord, Model
from inkbridge.config.project import Project, find_project
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.drawings.drawing import Drawing, marks_in_cells
from inkbridge.drawings.files import as_json, drawing_of
from inkbridge.drawings.painting import paint_keyframe, stacked
from inkbridge.keyframes.ink import has_ink
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES
from inkbridge.keyframes.originals import resized_drawings
from inkbridge.keyframes.reading import Keyframes
from inkbridge.studio.bringing import bring
from inkbridge.studio.messages import Message
from inkbridge.studio.taking import save
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.progress import Progress
from inkbridge.support.types import Images

Value = TypeVar("Value")

Result = tuple[dict[str, Any], bytes]
"""What is said about the result of a job, and the result."""

MOST_STROKES_SENT = 500_000
"""Strokes of all frames of a preview: about 30 megabytes of text before it is compressed."""

_MOST_FITS, _MOST_MATCHES, _MOST_PAINTED = 4, 4, 256
"""What is kept: an undo is then at once."""


class TooEarly(InkbridgeError):
    """Not enough has been drawn yet."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The keyframes of a drawing that are animated, with their ids, and the name of its doodle."""

    name: str
    drawing: Drawing
    names: tuple[str, ...]
    keyframes: Keyframes

    def key(self, *others: object) -> str:
        """Return digits that stand for the keyframes, the marks and ``others``."""
        digest = hashlib.blake2b(self.keyframes.originals.tobytes(), digest_size=16)
        digest.update(repr([self.names, self.keyframes.marks, *others]).encode())
        return digest.hexdigest()


class Kept(OrderedDict[str, Value]):
    """The last results of a computation."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def of(self, key: str, compute: Callable[[], Value]) -> Value:
        """Return the result of a key: what is known, or what ``compute`` returns."""
        if key not in self:
            self[key] = compute()
            if len(self) > self._most:
                self.popitem(last=False)
        self.move_to_end(key)
        return self[key]


class Jobs:
    """The jobs of one studio. ``say`` takes words for what is done now, ``progress`` wraps the steps of some work."""

    def __init__(self, project: Path, say: Callable[[str], None], progress: Progress) -> None:
        self._project: Project = find_project(project)
        self._say, self._progress = say, progress
        self._models: dict[str, Model] = {}
        self._fits: Kept[tuple[FittedDoodle, BackendRecord]] = Kept(_MOST_FITS)
        self._matches: Kept[Correspondence] = Kept(_MOST_MATCHES)
        self._painted: Kept[Images] = Kept(_MOST_PAINTED)

    def do(self, message: Message) -> Result:
        """Do the job that a message asks for; return what is said about its result, and the result."""
        about = message.about
        match about["do"]:
            case "prepare":
                self._model(about["variant"])
                return {}, b""
            case "read":
                return bring(Path(about["file"]), about)
            case "preview":
                return _if_enough(self._preview, message)
            case "match":
                return _if_enough(self._match, message)
            case "export":
                return _if_enough(self._export, message)
        raise ValueError(about["do"])

    # --- keyframes ---------------------------------------------------------------------------------------------

    def _drawn(self, message: Message) -> Drawn:
        """Return the keyframes of a drawing. Blank ones at the end are left out, as those of a sheet are."""
        drawing = drawing_of(message.block, "drawing")
        painted = [
            self._painted.of(
                hashlib.blake2b(as_json(keyframe) + str(drawing.size).encode()).hexdigest(),
                lambda keyframe=keyframe: paint_keyframe(keyframe, drawing.size),  # type: ignore[misc]
            )
            for keyframe in drawing.keyframes
        ]
        originals = stacked(painted, drawing.size)
        drawn = np.flatnonzero(has_ink(resized_drawings(originals, CELL))) if painted else np.empty(0, int)
        if len(drawn) < FEWEST_KEYFRAMES:
            raise TooEarly(f"draw at least {FEWEST_KEYFRAMES} keyframes to see them move")
        count = int(drawn[-1]) + 1
        names = tuple(keyframe.id for keyframe in drawing.keyframes[:count])
        # The small images are averaged as black on white, as they are when the file is read: the same to the bit.
        images = 255 - resized_drawings(255 - originals[:count], CELL)
        keyframes = Keyframes(images, originals[:count], (), "dark", marks_in_cells(drawing, count))
        return Drawn(str(message.about["name"]), drawing, names, keyframes)

    def _model(self, variant: str) -> Model:
        if variant not in self._models:
            self._say("loading the network")
            self._models[variant] = steps.as_model(variant, self._project)
        return self._models[variant]

    # --- what is asked for -------------------------------------------------------------------------------------

    def _planned(self, drawn: Drawn) -> Plan:
        return plan(drawn.name, options_of(drawn.drawing.look), self._project.settings, drawn.keyframes)

    def _fitted(self, drawn: Drawn, planned: Plan) -> tuple[FittedDoodle, BackendRecord]:
        """Return the doodle that draws the keyframes. Raises InkbridgeError if the network makes pixels."""
        model, path = self._model(drawn.drawing.look.variant), planned.first

        def fit() -> tuple[FittedDoodle, BackendRecord]:
            self._say("matching and fitting")
            settings = self._project.settings.fitting.model_copy(update={"enabled": True})
            encoding, backend = steps.encode_and_fit(
                drawn.keyframes, model, path.loop, settings, path.seed, self._project, self._progress
            )
            return encoding.doodle(), backend

        return self._fits.of(drawn.key(model.name, path.loop, path.seed), fit)

    def _preview(self, message: Message) -> Result:
        drawn = self._drawn(message)
        planned = self._planned(drawn)
        doodle, _ = self._fitted(drawn, planned)
        if not doodle.has_strokes:
            raise InkbridgeError(
                f"variant {drawn.drawing.look.variant}: expected a network that draws strokes, found one that makes "
                "pixels; choose strokes64"
            )
        shown, count = planned.shown(len(drawn.names)), int((doodle.record or {})["strokes"])
        if len(shown) * count > MOST_STROKES_SENT:
            raise InkbridgeError(
                f"the preview would have {len(shown)} frames of {count} strokes; choose fewer frames between keyframes"
            )
        self._say("drawing")
        drawn_frames = doodle.decoder_output(doodle.along(planned.first))
        frames = np.round(drawn_frames.astype(np.float64), 2).tolist()
        each = planned.first.frames_per_segment
        about = {
            "revision": message.about["revision"],
            "size": CELL,
            "frames": len(shown),
            "segments": [int(np.flatnonzero(shown == number * each)[0]) for number in range(len(drawn.names))],
            "keyframes": list(drawn.names),
            "frame_ms": planned.look.frame_ms,
            "strokes": [frames[number] for number in shown],
        }
        return {"revision": message.about["revision"]}, _packed(about)

    def _match(self, message: Message) -> Result:
        drawn = self._drawn(message)
        loop = self._planned(drawn).first.loop

        def found() -> Correspondence:
            self._say("matching")
            return steps.correspondence("studio", drawn.keyframes, loop, {}, self._project)

        correspondence = self._matches.of(drawn.key(loop), found)
        palette, colours = correspondence.colours()
        scale = drawn.drawing.size / CELL
        points = [np.round(strand.points * scale, 1).tolist() for strand in correspondence.strands]
        order = [*drawn.names, *drawn.names[:1]]
        pairs = [
            {
                "from": order[number],
                "to": order[number + 1],
                "strands": [
                    {"colour": colour, "from": strand[number], "to": strand[number + 1]}
                    for colour, strand in zip(colours, points, strict=True)
                ],
            }
            for number in range(len(points[0]) - 1 if points else 0)
        ]
        about = {"revision": message.about["revision"], "size": drawn.drawing.size, "palette": palette, "pairs": pairs}
        return {"revision": message.about["revision"]}, _packed(about)

    def _export(self, message: Message) -> Result:
        """Write a file of the kind ``format`` into the folder ``folder``, and return its name."""
        drawn, kind = self._drawn(message), str(message.about["format"])
        folder, stem = Path(message.about["folder"]), str(message.about["stem"])
        if kind == "sheet":
            return {"file": save(kind, folder, stem, drawn.keyframes.originals)}, b""
        return {"file": save(kind, folder, stem, self._animation(drawn))}, b""

    def _animation(self, drawn: Drawn) -> Animation:
        planned = self._planned(drawn)
        doodle, backend = self._fitted(drawn, planned)
        model = self._model(drawn.drawing.look.variant)
        self._say("drawing")
        animation = steps.film_fitted(
            "studio", doodle, drawn.keyframes, planned, model, self._project, backend, self._progress
        )
        return replace(animation, progress=self._progress)


def _if_enough(job: Callable[[Message], Result], message: Message) -> Result:
    """Return the result of a job, or that it waits until enough has been drawn."""
    try:
        return job(message)
    except TooEarly as error:
        return {"waiting": str(error)}, b""


def _packed(about: Mapping[str, Any]) -> bytes:
    return gzip.compress(json.dumps(about, separators=(",", ":")).encode(), 4, mtime=0)
