"""The public functions of inkbridge, which ``import inkbridge as ink`` offers. The command line uses them, too.

Options that are left open are taken from the project's ``config.yaml``; see :mod:`inkbridge.api.options`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from inkbridge import CELL
from inkbridge.api import checks, steps
from inkbridge.api.animation import OPTION_NAMES, Animation, film_of
from inkbridge.api.checks import checked
from inkbridge.api.correspondence import Correspondence
from inkbridge.api.drawn import look_of, with_look
from inkbridge.api.options import FilmOptions, Options, PathOptions, ReadOptions, TraversalOptions
from inkbridge.api.plan import plan
from inkbridge.api.steps import AnyModel, AnyProject, Model
from inkbridge.config.project import Project
from inkbridge.config.settings import Fitting
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.export.limits import check_film
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.keyframes.originals import are_drawings
from inkbridge.keyframes.reading import Keyframes, Reading, read_drawings
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Images

_PATH_NAMES = replace(OPTION_NAMES, frames="frames_per_segment")

_TRAVERSAL_NAMES = replace(OPTION_NAMES, frames="frames")

_READ, _PATH, _FILM, _TRAVERSAL = ReadOptions(), PathOptions(), FilmOptions(), TraversalOptions()


def read_keyframes(drawing: str | Path, read: ReadOptions = _READ, *, project: AnyProject = None) -> Keyframes:
    """Read the keyframes of a drawing: a sheet of cells, a folder of pictures, or an animated picture.

    ``images`` are 64×64 pixels; ``originals`` are as drawn, up to 512×512.

    Raises :class:`InkbridgeError` if the drawing cannot be read, or has fewer than two keyframes with ink.

    >>> keyframes = ink.read_keyframes("cat.png")
    >>> keyframes.images.shape, keyframes.images.dtype, keyframes.ink
    ((3, 64, 64), dtype('uint8'), 'dark')
    >>> ink.read_keyframes("cat.png", ink.ReadOptions(keyframes=2)).images.shape
    (2, 64, 64)
    """
    place = Path(drawing)
    _, entry = steps.doodle_of(place, steps.as_project(project))
    return steps.read_drawing(place, Options(read).of_doodle(entry).read).keyframes()


def match(
    drawing: str | Path | Keyframes,
    *,
    read: ReadOptions = _READ,
    loop: bool | None = None,
    project: AnyProject = None,
) -> Correspondence:
    """Match the keyframes of a drawing: what does each stroke become in the next keyframe? No model is needed.

    ``loop`` says whether the last keyframe leads to the first. The rest is as in :func:`read_keyframes`.
    Raises :class:`InkbridgeError` if the drawing cannot be read, or has fewer than two keyframes with ink.

    >>> found = ink.match("cat.png")
    >>> found.save("match.png")
    >>> len(found.strands) == found.record["strands"]
    True
    """
    home, names, asked = steps.as_project(project), {}, PathOptions(loop=loop)
    if isinstance(drawing, Keyframes):
        keyframes = drawing
    else:
        name, entry = steps.doodle_of(Path(drawing), home)
        options = Options(read, asked).of_doodle(entry)
        keyframes, asked = steps.read_drawing(Path(drawing), options.read).keyframes(), options.path
        names = {"doodle": name, **options.read.given()}
    return steps.correspondence("match", keyframes, bool(asked.loop), names, home)


def load_model(model: str | Path | None = None, *, project: AnyProject = None) -> Model:
    """Load a trained network: by the name of its variant in the project, or by the path of its ``model.safetensors``.

    Without ``model``, it is the first variant of the project's configuration that is trained.
    Raises :class:`InkbridgeError` if there is none, or the file is damaged.

    >>> model = ink.load_model("drawing")
    >>> model.name, model.training["architecture"]
    ('drawing', 'strokes')
    >>> ink.load_model("results/models/drawing/model.safetensors").name
    'drawing'
    """
    return steps.load(*steps.find_model(model, steps.as_project(project)))


def fit(
    keyframes: Keyframes | Images,
    model: AnyModel = None,
    *,
    loop: bool = False,
    settings: Fitting | None = None,
    seed: int | None = None,
    project: AnyProject = None,
    progress: Progress = silent,
) -> FittedDoodle:
    """Fit a trained network to one doodle, so that it draws the ``keyframes`` exactly.

    They are read from a drawing, or an array ``uint8 [K, S, S]``, 64 ≤ S ≤ 512, 0 = paper, 255 = ink.

    ``loop`` says whether there is a segment from the last keyframe to the first. ``settings`` and ``seed`` default to
    those of the project's configuration. The result draws any latents, at any size, without torch.

    >>> doodle = ink.fit(ink.read_keyframes("cat.png"), ink.load_model("drawing"))
    >>> doodle.latents.shape, doodle.latents.dtype
    ((3, 8), dtype('float32'))
    >>> between = doodle.latents[:2].mean(axis=0, keepdims=True)
    >>> doodle.draw(between, 256).shape
    (1, 256, 256)
    """
    home = steps.as_project(project)
    drawn = keyframes if isinstance(keyframes, Keyframes) else _as_keyframes(np.asarray(keyframes))
    how = (settings or home.settings.fitting).model_copy(update={"enabled": True})
    number = home.settings.seed if seed is None else checked("seed", seed, checks.seed)
    loaded = steps.as_model(model, home)
    encoding, backend = steps.encode_and_fit(drawn, loaded, loop, how, number, home, progress)
    made = steps.record("fit", loaded, number, {"loop": loop}, home, backend)
    return replace(encoding.doodle(), ink=keyframes.ink if isinstance(keyframes, Keyframes) else None, provenance=made)


def animate(
    drawing: str | Path | Keyframes,
    model: AnyModel = None,
    *,
    name: str | None = None,
    read: ReadOptions = _READ,
    path: PathOptions = _PATH,
    film: FilmOptions = _FILM,
    project: AnyProject = None,
    progress: Progress = silent,
) -> Animation:
    """Animate the keyframes of a drawing: a sheet of cells, a folder of pictures, an animated picture, a drawing of the
    studio, or keyframes that have been read already.

    ``model`` is what :func:`load_model` takes or returns. The noise depends on the seed and on ``name``. The default of
    ``name`` is the doodle's name in the project's configuration, else the name of the file. ``progress`` takes the
    range of steps of some work and yields them one by one, as ``tqdm.tqdm`` does.
    Raises :class:`InkbridgeError` if the drawing or the model cannot be read, or an option is out of its range.

    >>> ink.animate("cat.png").save("cat.gif")
    >>> options = ink.PathOptions(methods="cubic", noise_std=0.3, frames_per_segment=5, loop=True)
    >>> animation = ink.animate("cat.png", "drawing", path=options, film=ink.FilmOptions(size=128))
    >>> animation.frames.shape
    (15, 128, 128)
    >>> grid = ink.animate("cat.png", path=ink.PathOptions(methods=("linear", "circular"), noise_std=(0, 0.8)))
    >>> grid.save("ways.gif")
    """
    home, options = steps.as_project(project), Options(read, path, film)
    if isinstance(drawing, Keyframes):
        keyframes, name = drawing, name or "drawing"
    else:
        known, entry = steps.doodle_of(Path(drawing), home)
        look = look_of(Path(drawing))
        options, name = with_look(options.of_doodle(entry), look), name or known
        model = look.variant if model is None and look is not None else model
        keyframes = steps.read_drawing(Path(drawing), options.read).keyframes()
    return _animation("animate", keyframes, name, options, model, home, progress)


def morph(
    *drawings: str | Path,
    model: AnyModel = None,
    name: str | None = None,
    read: ReadOptions = _READ,
    path: PathOptions = _PATH,
    film: FilmOptions = _FILM,
    project: AnyProject = None,
    progress: Progress = silent,
) -> Animation:
    """Turn one drawing into the next. Each is a separate picture, of any size, on any paper.

    The animation returns to the first drawing, unless ``path.loop`` is False. Of ``read``, only ``ink`` and
    ``drop_lines`` are used. The rest is as in :func:`animate`.

    >>> ink.morph("a.png", "b.png").save("a-b.gif")
    >>> ink.morph("a.png", "b.png", path=ink.PathOptions(loop=False)).frames.shape
    (4, 64, 64)
    """
    if len(drawings) < 2:
        raise InkbridgeError(f"morph: expected two or more drawings; found {len(drawings)}")
    places = [Path(drawing) for drawing in drawings]
    options = Options(read, path if path.loop is not None else replace(path, loop=True), film)
    keyframes = read_drawings(places, ink=read.ink or "auto", drop_lines=read.drop_lines or "auto")
    return _animation(
        "morph", keyframes, name or steps.joined_name(places), options, model, steps.as_project(project), progress
    )


def traverse(
    model: AnyModel = None,
    *,
    around: str | Path | Reading | None = None,
    traversal: TraversalOptions = _TRAVERSAL,
    read: ReadOptions = _READ,
    film: FilmOptions = _FILM,
    project: AnyProject = None,
    progress: Progress = silent,
) -> Animation:
    """Show what a network learned: move along one direction of its latent space at a time, there and back.

    The latents swing around the mean of all training drawings, or ``around`` a keyframe of a drawing.

    >>> ink.traverse("drawing", traversal=ink.TraversalOptions(numbers=(1, 2), frames=8)).save("learned.gif")
    >>> around = ink.traverse("drawing", around="cat.png", traversal=ink.TraversalOptions(keyframe=2, frames=4))
    >>> around.frames.shape[0]
    4
    """
    Options(read, film=film)  # checks them
    checked("traversal", traversal, checks.instance_of(TraversalOptions))
    home = steps.as_project(project)
    reading = steps.read_drawing(Path(around), read) if isinstance(around, str | Path) else around
    keyframe = None if reading is None else steps.keyframe_of(reading, traversal.keyframe)
    look, shape = steps.traversal_look(film, home, reading), steps.traversal_shape(traversal)
    check_film("traversal", film_of("", look, shape, traversal.frames), _TRAVERSAL_NAMES)
    loaded = steps.as_model(model, home)
    doodle, latents, captions = steps.draw_traversal(loaded, keyframe, traversal)
    doodle_name = {} if reading is None else {"doodle": steps.stem(reading.source)}
    names = {**traversal.given(), **doodle_name, **read.given()}
    made = steps.record("traverse", loaded, home.settings.seed, names, home)
    return Animation(doodle, latents, captions, look, made, progress)


def _as_keyframes(drawings: Images) -> Keyframes:
    if not are_drawings(drawings) or len(drawings) < 2:
        raise InkbridgeError(
            f"keyframes: expected uint8 [K, S, S], K ≥ 2, S from {CELL} to {LARGEST_ORIGINAL}; found {drawings.dtype} "
            f"{list(drawings.shape)}"
        )
    return Keyframes.of(drawings)


def _animation(
    command: str,
    keyframes: Keyframes,
    name: str,
    options: Options,
    model: AnyModel,
    project: Project,
    progress: Progress,
) -> Animation:
    planned = plan(name, options, project.settings, keyframes)
    frames = planned.frames(len(keyframes.images))
    check_film("animation", film_of("", planned.look, planned.shape, frames), _PATH_NAMES)
    return steps.draw_plan(command, keyframes, planned, steps.as_model(model, project), project, progress)
