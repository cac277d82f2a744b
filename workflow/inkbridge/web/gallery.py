"""The folder of the gallery: the animations, their downloads, and the page that shows them."""

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, how_to_remake
from inkbridge.support.provenance.record import Provenance
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery_page import gallery_page


def write_gallery(
    folder: Path,
    doodles: Sequence[DoodleEntry],
    animations: Sequence[AnimationEntry],
    reports_link: str | None = None,
    provenance: Provenance | None = None,
) -> None:
    """Publish the animations and drawings in ``folder``, and write the page that shows them, ``index.html``. In a large
    gallery, it needs scripts beside it: see :func:`inkbridge.web.gallery_page.gallery_page`.

    The new folder replaces the old one when it is complete. ``reports_link`` is the address of the page of the reports,
    relative to this page.

    Raises :class:`InkbridgeError` if a name cannot be a file's name, two animations or doodles have the same name, the
    doodle of an animation is not among ``doodles``, keyframes are not a row of square cells, or a file is missing or
    damaged.
    """
    _check(doodles, animations)
    publications = [file for one in animations for file in one.publications()]
    publications += [file for doodle in doodles for file in doodle.publications()]
    for source, _ in publications:
        if not source.is_file():
            raise InkbridgeError(f"{source}: expected a file to publish, found none; {how_to_remake(source)}")
    texts = gallery_page(doodles, animations, reports_link, provenance)
    with atomic_folder(folder) as temporary:
        for source, place in publications:
            _publish(source, temporary / place)
        for place, text in texts.items():
            (temporary / place).parent.mkdir(parents=True, exist_ok=True)
            (temporary / place).write_text(text, encoding="utf-8")


def _check(doodles: Sequence[DoodleEntry], animations: Sequence[AnimationEntry]) -> None:
    names = [doodle.name for doodle in doodles]
    parts = [(one.doodle, one.variant, one.method, one.noise_std) for one in animations]
    variants = [variant for doodle in doodles for variant in doodle.reconstructions]
    for name in {*names, *variants, *(part for one in parts for part in one)}:
        if name in {"", ".", ".."} or "/" in name or "\\" in name:
            raise InkbridgeError(f"gallery: expected a name for a file, found {name!r}; rename it without slashes")
    _check_unique("doodle", names)
    _check_unique("animation", [" ".join(one) for one in parts])
    unknown = sorted({one.doodle for one in animations} - set(names))
    if unknown:
        raise InkbridgeError(
            f"gallery: expected the keyframes of every doodle, found animations of {', '.join(unknown)} without them; "
            "add these doodles"
        )


def _check_unique(kind: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InkbridgeError(f"gallery: expected every {kind} once, found {twice[0]!r} twice; leave one out")


def _publish(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
