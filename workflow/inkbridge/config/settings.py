"""The typed model of ``config.yaml``: every key, its default, unit and range. Unknown keys are refused.

``config.yaml`` explains the settings to its readers; this module is their single definition. The JSON schema for
editors, ``config.schema.json``, is generated from it (``python -m inkbridge.config.settings > config.schema.json``).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from inkbridge.config.messages import as_message
from inkbridge.config.values import (
    NUMBER,
    ArchitectureName,
    Cell,
    ColoursText,
    FrameMs,
    FramesPerSegment,
    Layout,
    Methods,
    Name,
    NoiseStds,
    NumberOfKeyframes,
    Paper,
    PlaceInCell,
    RecipeWeights,
    Seed,
    Size,
)
from inkbridge.export.colours import AS_DRAWN, Colours, chosen_colours
from inkbridge.keyframes.limits import MOST_KEYFRAMES
from inkbridge.latent.paths import METHODS
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.marks import Mark, marks_as_written
from inkbridge.support.types import Ink


class Section(BaseModel):
    """A part of the configuration: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class MarkOfPerson(Section):
    keyframe: Annotated[int, Field(ge=1, le=MOST_KEYFRAMES), NUMBER]
    """Number of the keyframe, from 1. After the last one comes the first, if the doodle loops."""
    at: PlaceInCell
    """A point on the ink of this keyframe: x and y in pixels of a cell of 64."""
    goes_to: PlaceInCell
    """The point on the ink of the next keyframe that it becomes."""


class Doodle(Section):
    sheet: Annotated[str, Field(min_length=1)]
    """Path of a sheet of cells, a folder of images, or an animated image, relative to the working directory or
    to the folder of the Snakefile."""
    cell: Cell | None = None
    """Size of a cell of the sheet in pixels: one number, or width and height, for example 48x64. By default, it is
    found from lines or from the drawing. Keyframes are kept at this size, up to 512, and resampled to 64 for the
    networks."""
    layout: Layout | None = None
    """Columns and rows of the sheet, for example 4x2. By default, they are found from lines or from the drawing."""
    margin: Paper | None = None
    """Pixels of paper around all cells of the sheet. By default, 0 if ``cell`` or ``spacing`` is set, else found from
    the drawing."""
    spacing: Paper | None = None
    """Pixels of paper between neighbouring cells of the sheet. By default, 0."""
    keyframes: NumberOfKeyframes | None = None
    """Number of keyframes. By default, all cells up to the last one that is not blank. Of an animation, so many frames
    are taken at even distances."""
    loop: bool = False
    """Whether the animation goes back from the last keyframe to the first."""
    ink: Literal["auto", "light", "dark"] = "auto"
    """Whether the ink is lighter or darker than the paper."""
    drop_lines: Literal["auto", "none"] | None = None
    """Whether lines that are no drawing are dropped: squared and ruled paper, dark lines between the cells of a
    photograph, and thin coloured lines that are paler than the ink near them. By default, ``auto``: they are."""
    marks: list[MarkOfPerson] | None = None
    """Where points of a keyframe go in the next one, if the match is wrong without. Variants that draw strokes follow
    them. By default, those of the drawing, if it is a file of the studio."""
    methods: Methods | None = None
    """Latent paths of this doodle. By default, those of ``animation``."""
    noise_std: NoiseStds | None = None
    """Noise stds of this doodle. By default, those of ``animation``."""
    frames_per_segment: FramesPerSegment | None = None
    """Frames from one keyframe of this doodle to the next. By default, as in ``animation``."""
    frame_ms: FrameMs | None = None
    """Milliseconds for which a frame of this doodle is shown. By default, as in ``animation``."""

    def own_animation(self) -> dict[str, Any]:
        """Return the settings of ``animation`` that the doodle replaces with its own."""
        return self.model_dump(include={"methods", "noise_std", "frames_per_segment", "frame_ms"}, exclude_none=True)

    def reading(self) -> dict[str, Any]:
        """Return the settings with which the drawing is read."""
        # Settings that came later are left out unless they are set, so that they remake no existing result.
        later = self.model_dump(include={"layout", "margin", "spacing", "drop_lines", "marks"}, exclude_none=True)
        return {"cell": self.cell, "frames": self.keyframes, "ink": self.ink} | later

    def marks_of_person(self) -> tuple[Mark, ...] | None:
        """Return the marks; None if the settings say nothing of them."""
        return None if self.marks is None else marks_as_written(mark.model_dump() for mark in self.marks)


class Shards(Section):
    train: Annotated[int, Field(ge=1, le=100_000), NUMBER] = 16
    """Shards that networks are trained on."""
    validation: Annotated[int, Field(ge=1, le=1000), NUMBER] = 1
    """Shards that the validation loss is measured on."""
    test: Annotated[int, Field(ge=1, le=1000), NUMBER] = 1
    """Shards that the metrics of the reports are measured on."""


class Dataset(Section):
    recipes: RecipeWeights = {"post": 0.1, "sketch": 0.9}
    """Recipe → weight in the mix."""
    shard_size: Annotated[int, Field(ge=16, le=1_000_000), NUMBER] = 8192
    """Images in each shard."""
    shards: Shards = Shards()
    """Shards in each split."""


class Variant(Section):
    architecture: ArchitectureName
    """conv, coordconv or strokes."""
    latent_dim: Annotated[int, Field(ge=2, le=4096), NUMBER] = 64
    """Dimensions of the latent space."""
    channels: Annotated[int, Field(ge=8, le=1024, multiple_of=8), NUMBER] = 16
    """Channels of the convolutions at 16×16; the deeper ones have four and eight times as many."""
    strokes: Annotated[int, Field(ge=1, le=64), NUMBER] = 24
    """Number of strokes that a decoder of strokes learns to draw; other architectures have none."""
    budget: Annotated[float, Field(gt=0, le=1000), NUMBER] = 1.0
    """Images that this variant is trained on, as a multiple of training.images."""
    # Not part of dumps: it says where the weights come from, not what network they belong to.
    pretrained: Annotated[bool | None, Field(exclude=True)] = None
    """Whether the weights that come with inkbridge are used in place of a training. By default, as the top level's
    ``pretrained`` says."""


class Training(Section):
    images: Annotated[int, Field(ge=1, le=10**12), NUMBER] = 120_000
    """Budget: number of images seen, counting repetitions."""
    batch_size: Annotated[int, Field(ge=1, le=65_536), NUMBER] = 64
    """Images in a step."""
    learning_rate: Annotated[float, Field(gt=0, le=1), NUMBER] = 0.02
    """Peak learning rate of Muon, reached after the warm-up and then lowered to zero along a half cosine."""
    weight_decay: Annotated[float, Field(ge=0, le=1), NUMBER] = 0.01
    """Weight decay of Muon."""
    moving_pairs: Annotated[float, Field(ge=0, le=1), NUMBER] = 0.25
    """Share of each step's images that are starts and ends of movements, whose true in-between drawing is known. It is
    rounded to a whole number of pairs."""
    warmup: Annotated[float, Field(ge=0, lt=1), NUMBER] = 0.05
    """Share of the budget during which the learning rate rises."""
    validation_every: Annotated[int, Field(ge=1, le=10**12), NUMBER] = 10_000
    """Number of images seen between two measurements of the validation loss."""


class Compute(Section):
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: CUDA if there is a GPU, else the CPU."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast if the hardware has units for it, else float32."""
    threads: Annotated[int, Field(ge=1, le=4096), NUMBER] = 1
    """Threads of a training or fitting job, at most one for each core."""
    devices: Annotated[int, Field(ge=1, le=64), NUMBER] = 1
    """Devices that train one variant together, each on its share of each batch: GPUs of one machine, or processes on
    the CPU, with so many threads each. By default, each variant has one."""

    compile: bool = False
    """Whether torch compiles the networks that it trains. This takes a minute or more at first."""

    def of_fit(self) -> "Compute":
        """Return what fits run on: one device, without compiling."""
        return self.model_copy(update={"devices": 1, "compile": False})

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out later settings unless they are set, so that they remake no existing result."""
        dumped: dict[str, Any] = dump(self)
        unset = {"devices": 1, "compile": False}
        return {name: value for name, value in dumped.items() if name not in unset or value != unset[name]}


class Fitting(Section):
    enabled: bool = True
    """Whether latents and a copy of the decoder are fitted to each doodle's keyframes."""
    steps: Annotated[int, Field(ge=1, le=100_000), NUMBER] = 200
    """Steps of Adam for a decoder of pixels."""
    stroke_steps: Annotated[int, Field(ge=1, le=100_000), NUMBER] = 60
    """Steps of Adam for the strokes of a decoder of strokes."""
    decoder_learning_rate: Annotated[float, Field(ge=0, le=1), NUMBER] = 2e-3
    """Peak learning rate of the decoder's copy; 0 leaves it as trained."""
    latent_learning_rate: Annotated[float, Field(ge=0, le=1), NUMBER] = 0.02
    """Peak learning rate of the latents."""
    ink_weight: Annotated[float, Field(ge=0, le=100), NUMBER] = 0.03
    """Weight of the relative error of the amount of ink at random points between the keyframes."""


class AnimationSettings(Section):
    methods: Methods = list(METHODS)
    """Latent paths between keyframes."""
    noise_std: NoiseStds = [0, 0.3, 0.8, 1.2]
    """Standard deviations of the Brownian bridge's walk over a segment, in standard deviations of the latents."""
    frames_per_segment: FramesPerSegment = 20
    """Frames from one keyframe to the next."""
    frame_ms: FrameMs = 30
    """Milliseconds for which a frame is shown. GIFs count in hundredths of a second."""
    size: Size = 256
    """Pixels of a GIF's side; 64 is the native size."""
    colours: ColoursText = AS_DRAWN
    """Colours of ink and paper in GIFs and SVGs: INK,PAPER as in CSS; the paper may be ``transparent``. With
    ``as drawn``, dark ink on light paper is shown black on white, and light ink on dark paper white on black."""

    def colours_of(self, ink: Ink) -> Colours:
        """Return the colours of an animation whose drawing has light or dark ``ink``."""
        return chosen_colours(self.colours, ink)


class Evaluation(Section):
    images: Annotated[int, Field(ge=2, le=1_000_000), NUMBER] = 4096
    """Number of images of the test split that are reconstructed; if there are fewer, all of them."""
    resamples: Annotated[int, Field(ge=100, le=100_000), NUMBER] = 2000
    """Number of resamples of each bootstrap."""


_NO_OTHER_NAMES: dict[str, Any] = {"additionalProperties": False}
"""Tells the schema to refuse keys that are not names."""


class Configuration(Section):
    """The whole of ``config.yaml``."""

    seed: Seed = 0
    """Seed of all randomness."""
    doodles: Annotated[dict[Name, Doodle], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """Name → where the drawing is and how to read it."""
    variants: Annotated[dict[Name, Variant], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """Name → architecture and its settings. Each variant is trained, evaluated and animated."""
    pretrained: Annotated[bool, Field(exclude=True)] = False
    """Whether the weights that come with inkbridge are used in place of trainings, for variants that do not say so
    themselves. ``--config pretrained=true`` sets this for one run."""
    animation: AnimationSettings = AnimationSettings()
    """The GIFs."""
    dataset: Dataset = Dataset()
    """The synthetic drawings."""
    training: Training = Training()
    """How each variant is trained."""
    compute: Compute = Compute()
    """What training and fitting run on."""
    fitting: Fitting = Fitting()
    """How a variant is fitted to a doodle."""
    evaluation: Evaluation = Evaluation()
    """How metrics are measured."""

    def animation_of(self, doodle: str) -> AnimationSettings:
        """Return the settings of a doodle's animations: its own where it has any, else those of ``animation``."""
        return self.animation.model_copy(update=self.doodles[doodle].own_animation())

    def pretrained_variants(self) -> list[str]:
        """Return the variants that use the weights that come with inkbridge."""
        chosen = {
            name: self.pretrained if one.pretrained is None else one.pretrained for name, one in self.variants.items()
        }
        return [name for name, is_pretrained in chosen.items() if is_pretrained]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for section in ("doodles", "variants"):
            for one, other in _names_differing_in_case(getattr(self, section)):
                raise ValueError(
                    f"{section}.{other}: expected a name that differs from {one} in more than case, because some file "
                    f"systems ignore case; found {other!r}"
                )
        return self

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """Check a mapping that was read from YAML. Entries of doodles, variants and recipes that are ``null`` are left
        out, so that a second file can remove what the first one names.

        Raises :class:`InkbridgeError` with a line for each invalid key: its path, what was expected, what was found.
        """
        plain = {
            key: _without_nulls(value) if key in ("doodles", "variants") else value for key, value in mapping.items()
        }
        if isinstance(plain.get("dataset"), Mapping):
            plain["dataset"] = {
                key: _without_nulls(value) if key == "recipes" else value for key, value in plain["dataset"].items()
            }
        try:
            return cls.model_validate(plain)
        except ValidationError as error:
            raise InkbridgeError(as_message(error)) from None


def _without_nulls(section: Any) -> Any:
    return (
        {key: value for key, value in section.items() if value is not None} if isinstance(section, Mapping) else section
    )


def _names_differing_in_case(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield pairs of names that are the same in lower case, in their order."""
    seen: dict[str, str] = {}
    for name in names:
        if (first := seen.setdefault(name.lower(), name)) != name:
            yield first, name


def fingerprint(*sections: object) -> str:
    """Return 16 hexadecimal digits that stand for the settings in ``sections`` (sections or plain values). The order of
    keys does not count, because Snakemake changes it when it puts one file on top of another."""
    plain = [section.model_dump() if isinstance(section, BaseModel) else section for section in sections]
    plain += [
        {"pretrained": sorted(section.pretrained_variants())}
        for section in sections
        if isinstance(section, Configuration) and section.pretrained_variants()
    ]
    return hashlib.blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=8).hexdigest()


def schema() -> str:
    """Return the JSON schema of the configuration as the text of ``config.schema.json``."""
    return json.dumps(Configuration.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def find_sheet(sheet: str, *folders: Path) -> Path:
    """Return the path of ``sheet`` in the first of ``folders`` that has it, else in the first."""
    return next((folder / sheet for folder in folders if _exists(folder / sheet)), folders[0] / sheet)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # the name is too long for a file, or the folder may not be read
        return False


if __name__ == "__main__":
    print(schema(), end="")
