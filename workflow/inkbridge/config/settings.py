"""The typed model of ``config.yaml``: every key, its default, unit and range. Unknown keys are refused.

``config.yaml`` explains the settings to its readers; this module is their single definition. The JSON schema for
editors, ``config.schema.json``, is generated from it (``python -m inkbridge.config.settings > config.schema.json``).
"""

import hashlib
import json
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from inkbridge import CELL
from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.data.recipes import RECIPES
from inkbridge.latent.paths import METHODS
from inkbridge.support.errors import InkbridgeError, printable

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")

_MOST_LINES = 20
"""Faults that are told at once."""

_LONGEST = 80
"""Characters of a key or value that are shown."""

_SHOWN = reprlib.Repr()
_SHOWN.maxlevel, _SHOWN.maxdict, _SHOWN.maxlist, _SHOWN.maxstring = 4, 8, 16, 2 * _LONGEST

_NO_NAMES = {"na", "nan", "null", "none", "inf", "infinity", "true", "false"}
"""What readers of CSV files take for something else than a name."""


def _file_name(name: str) -> str:
    if not _NAME.fullmatch(name) or name.lower() in _NO_NAMES:
        raise ValueError("a name for files and tables: up to 63 letters, digits, - and _, beginning with a letter")
    return name


def _known(choices: Mapping[str, object]) -> AfterValidator:
    """Return the check that a string is a key of ``choices``."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _enumerated(choices: Mapping[str, object]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(choices)})


def _no_boolean(value: Any) -> Any:
    """Refuse ``true`` and ``false``, which pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


_NUMBER = BeforeValidator(_no_boolean)


def number_as_written(value: Any) -> int | float:
    """Return a noise std, whole or not as it was written, because files are named after it."""
    try:
        # Snakemake's --config gives numbers inside of brackets as text.
        number = (int(value) if value.isdigit() else float(value)) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= 10:
        raise ValueError("a number from 0 to 10")
    return number or 0  # not −0.0


_ONCE: dict[str, Any] = {"uniqueItems": True}
"""What the schema says of lists whose values are `_distinct`."""


def _in_their_order(weights: dict[str, float]) -> dict[str, float]:
    """Put recipes in the order in which images are drawn of them, whatever the order in which they were written."""
    return {name: weights[name] for name in RECIPES if name in weights}


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("each value once")
    return values


Name = Annotated[str, AfterValidator(_file_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})]

Architecture = Annotated[str, _known(ARCHITECTURES), _enumerated(ARCHITECTURES)]

Method = Annotated[str, _known(METHODS), _enumerated(METHODS)]

RecipeName = Annotated[str, _known(RECIPES), _enumerated(RECIPES)]

NoiseStd = Annotated[
    float, PlainValidator(number_as_written), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10})
]


class Section(BaseModel):
    """A part of the configuration: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Doodle(Section):
    sheet: Annotated[str, Field(min_length=1)]
    """A sheet of square cells, a folder of images, or an image of many frames: a path, relative to the working
    directory or to the folder of the Snakefile."""
    cell: Annotated[int, Field(ge=8, le=4096), _NUMBER] | None = None
    """Pixels of a cell's side in the sheet, 64 where it is left out; other sizes are resampled."""
    frames: Annotated[int, Field(ge=2, le=1000), _NUMBER] | None = None
    """Number of keyframes; left out, all cells up to the last one that is not blank."""
    loop: bool = False
    """Whether the animation goes back from the last keyframe to the first."""
    ink: Literal["auto", "light", "dark"] = "auto"
    """Whether the ink is lighter or darker than the paper."""

    def reading(self) -> dict[str, Any]:
        """Return the settings that say how the drawing is read."""
        return self.model_dump(include={"cell", "frames", "ink"})


class Shards(Section):
    train: Annotated[int, Field(ge=1, le=100_000), _NUMBER] = 16
    """Shards that networks are trained on."""
    validation: Annotated[int, Field(ge=1, le=1000), _NUMBER] = 1
    """Shards that the validation loss is measured on."""
    test: Annotated[int, Field(ge=1, le=1000), _NUMBER] = 1
    """Shards that the reports are made on."""


class Dataset(Section):
    recipes: Annotated[
        dict[RecipeName, Annotated[float, Field(gt=0, le=1e6), _NUMBER]],
        Field(min_length=1),
        AfterValidator(_in_their_order),
    ] = {
        "post": 0.1,
        "sketch": 0.9,
    }
    """Recipe → weight in the mix."""
    shard_size: Annotated[int, Field(ge=16, le=1_000_000), _NUMBER] = 8192
    """Images in each shard."""
    shards: Shards = Shards()
    """Shards in each split."""


class Variant(Section):
    architecture: Architecture
    """conv, coordconv or strokes."""
    latent_dim: Annotated[int, Field(ge=2, le=4096), _NUMBER] = 64
    """Numbers in a latent."""
    channels: Annotated[int, Field(ge=8, le=1024, multiple_of=8), _NUMBER] = 24
    """Channels of the convolutions at 16×16; the deeper ones have four and eight times as many."""
    strokes: Annotated[int, Field(ge=1, le=64), _NUMBER] = 24
    """Strokes that a decoder that draws has; the others have none."""
    budget: Annotated[float, Field(gt=0, le=1000), _NUMBER] = 1.0
    """Times training.images: what this variant is trained for."""


class Training(Section):
    images: Annotated[int, Field(ge=1, le=10**12), _NUMBER] = 120_000
    """Budget: images seen, repetitions counted."""
    batch_size: Annotated[int, Field(ge=1, le=65_536), _NUMBER] = 32
    """Images in a step."""
    learning_rate: Annotated[float, Field(gt=0, le=1), _NUMBER] = 1e-3
    """Peak learning rate of AdamW, reached after the warm-up and then lowered to zero along a half cosine."""
    weight_decay: Annotated[float, Field(ge=0, le=1), _NUMBER] = 0.01
    """Weight decay of AdamW."""
    moving_pairs: Annotated[float, Field(ge=0, le=1), _NUMBER] = 0.25
    """Part of each step's images that are the starts and ends of movements, whose true in-between is known; a whole
    number of pairs."""
    warmup: Annotated[float, Field(ge=0, lt=1), _NUMBER] = 0.05
    """Part of the budget in which the learning rate rises."""
    validation_every: Annotated[int, Field(ge=1, le=10**12), _NUMBER] = 10_000
    """Images seen between two measurements of the validation loss."""


class Compute(Section):
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: CUDA where there is a GPU, else the CPU."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast where the hardware has units for it, else float32."""
    threads: Annotated[int, Field(ge=1, le=4096), _NUMBER] = 1
    """Threads of a training or fitting job, at most one for each core."""


class Fitting(Section):
    enabled: bool = True
    """Whether latents and a copy of the decoder are fitted to each doodle's keyframes."""
    steps: Annotated[int, Field(ge=1, le=100_000), _NUMBER] = 300
    """Steps of Adam for a decoder of pixels."""
    stroke_steps: Annotated[int, Field(ge=1, le=100_000), _NUMBER] = 500
    """Steps of Adam for the strokes of a decoder that draws."""
    decoder_learning_rate: Annotated[float, Field(ge=0, le=1), _NUMBER] = 1e-3
    """Peak learning rate of the decoder's copy; 0 leaves it as trained."""
    latent_learning_rate: Annotated[float, Field(ge=0, le=1), _NUMBER] = 0.02
    """Peak learning rate of the latents."""
    ink_weight: Annotated[float, Field(ge=0, le=100), _NUMBER] = 0.02
    """Weight of the relative error of the amount of ink at random points between the keyframes."""


class AnimationSettings(Section):
    methods: Annotated[list[Method], Field(min_length=1, json_schema_extra=_ONCE), AfterValidator(_distinct)] = list(
        METHODS
    )
    """Latent paths between keyframes."""
    noise_std: Annotated[list[NoiseStd], Field(min_length=1, json_schema_extra=_ONCE), AfterValidator(_distinct)] = [
        0,
        0.3,
        0.8,
        1.2,
    ]
    """Standard deviations of the Brownian bridge's walk over a segment, in standard deviations of the latents."""
    frames_per_segment: Annotated[int, Field(ge=1, le=1000), _NUMBER] = 20
    """Frames from one keyframe to the next."""
    frame_ms: Annotated[int, Field(ge=10, le=10_000, multiple_of=10), _NUMBER] = 30
    """Milliseconds that a frame is shown; GIFs count in hundredths of a second."""
    size: Annotated[int, Field(ge=CELL, le=1024), _NUMBER] = 256
    """Pixels of a GIF's side; 64 is the native size."""


class Evaluation(Section):
    images: Annotated[int, Field(ge=2, le=1_000_000), _NUMBER] = 4096
    """Images of the test split that are reconstructed, or all where there are fewer."""
    resamples: Annotated[int, Field(ge=100, le=100_000), _NUMBER] = 2000
    """Resamples of each bootstrap."""


_NO_OTHER_NAMES: dict[str, Any] = {"additionalProperties": False}
"""What the schema says of keys that are no names."""


class Configuration(Section):
    """The whole of ``config.yaml``."""

    seed: Annotated[int, Field(ge=0, lt=2**63), _NUMBER] = 0
    """All randomness comes from it."""
    doodles: Annotated[dict[Name, Doodle], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """Name → where the drawing is and how to read it."""
    variants: Annotated[dict[Name, Variant], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """Name → architecture and its settings; each is trained, evaluated and animated."""
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
    """How figures are measured."""

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """Check a mapping as YAML gives it. Entries that are ``null`` among doodles, variants and recipes are left out,
        so that a second file can drop what the first one names.

        Raises :class:`InkbridgeError` with a line for each key that is wrong: its path, what was expected, what was
        found.
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
            raise InkbridgeError("\n".join(["the configuration is not right:", *_lines(error)])) from None


def _without_nulls(section: Any) -> Any:
    return (
        {key: value for key, value in section.items() if value is not None} if isinstance(section, Mapping) else section
    )


def _lines(error: ValidationError) -> list[str]:
    faults = error.errors()
    lines = [f"  {_path(fault['loc'])}: {_expected(fault)}{_found(fault)}" for fault in faults[:_MOST_LINES]]
    more = len(faults) - len(lines)
    return lines + [f"  and {more} more"] * (more > 0)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(_cut(printable(str(part))) for part in location if part != "[key]") or "configuration"


def _expected(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "unknown key; see config.schema.json for those that there are"
    if fault["type"] == "missing":
        return "expected, but missing"
    message = fault["msg"].removeprefix("Value error, ")
    return "expected " + message.removeprefix("Input should be ").removeprefix("a valid ")


def _found(fault: Any) -> str:
    return "" if fault["type"] == "missing" else f"; found {_short(fault['input'])}"


def _short(value: object) -> str:
    """Show the beginning of a value, without writing out the whole: YAML's aliases nest lists of astronomic size."""
    try:
        return _cut(printable(_SHOWN.repr(value)))
    except (ValueError, RecursionError):  # Python refuses to write out numbers of thousands of digits
        return f"a value too large to be shown ({type(value).__name__})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def fingerprint(*sections: object) -> str:
    """Return 16 hexadecimal digits that stand for the settings in ``sections`` (sections or plain values), whatever
    their order, which Snakemake changes where it puts one file on top of another."""
    plain = [section.model_dump() if isinstance(section, BaseModel) else section for section in sections]
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
    except OSError:  # a name longer than names of files can be, or a folder that may not be read
        return False


if __name__ == "__main__":
    print(schema(), end="")
