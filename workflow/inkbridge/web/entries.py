"""The entries of the gallery: animations and doodles, their files, and where the gallery keeps them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class AnimationEntry:
    """One animation of the gallery.

    doodle, variant, method, noise_std: what it shows; ``noise_std`` is text, as in the configuration.
    gif: the animation itself.
    sprite, playback: the files from which the page plays it; see :mod:`inkbridge.web.sprites` and
    :mod:`inkbridge.web.playback`.
    metrics: its values from the reports.
    svg, table: the same animation as vectors, if its variant draws strokes; see :mod:`inkbridge.export.vectors`.
    """

    doodle: str
    variant: str
    method: str
    noise_std: str
    gif: Path
    sprite: Path
    playback: Path
    metrics: Mapping[str, float] = field(hash=False)
    svg: Path | None = None
    table: Path | None = None

    def description(self) -> str:
        """Return what the animation shows, in words."""
        return f"{self.doodle} by {self.variant}, {self.method}, noise {self.noise_std}"

    def downloads(self) -> dict[str, Path]:
        """Return the files that a reader may want to download, by the names of their links."""
        files = {"GIF": self.gif, "SVG": self.svg, "HDF5": self.table}
        return {label: file for label, file in files.items() if file is not None}

    def place(self, file: Path) -> PurePosixPath:
        """Return where the gallery's folder keeps one of these files."""
        return PurePosixPath(self.variant, self.doodle, f"{self.method}_std{self.noise_std}{file.suffix}")

    def publications(self) -> Iterator[tuple[Path, PurePosixPath]]:
        """Yield each file to publish and its place in the gallery's folder."""
        for file in (self.sprite, *self.downloads().values()):
            yield file, self.place(file)


@dataclass(frozen=True)
class DoodleEntry:
    """One doodle of the gallery, as PNG pictures. All but ``match`` show white ink on black.

    keyframes: one row of K square cells, with or without the gaps of :func:`inkbridge.export.montage.grid` between
    them. reconstructions: variant → three such rows: the keyframes as drawn, as redrawn by the encoder alone, and as
    redrawn after fitting. match: what each stroke becomes in the variants that draw strokes, an RGB picture.
    """

    name: str
    keyframes: Path
    reconstructions: Mapping[str, Path]
    match: Path | None = None

    def keyframes_place(self) -> PurePosixPath:
        return PurePosixPath(self.name, "keyframes.png")

    def match_place(self) -> PurePosixPath:
        return PurePosixPath(self.name, "match.png")

    def reconstruction_place(self, variant: str) -> PurePosixPath:
        return PurePosixPath(variant, self.name, "reconstruction.png")

    def publications(self) -> Iterator[tuple[Path, PurePosixPath]]:
        """Yield each file to publish and its place in the gallery's folder."""
        yield self.keyframes, self.keyframes_place()
        if self.match is not None:
            yield self.match, self.match_place()
        for variant, file in self.reconstructions.items():
            yield file, self.reconstruction_place(variant)
