"""A short run of ``make fuzz`` with all inputs that once failed, and proof that it reports wrong results."""

import copy
import math
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkbridge.config.settings import Configuration, find_sheet
from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from qa.fuzz import sandbox
from qa.fuzz.configurations import DEFAULT, at, judge_configuration, nested, nodes
from qa.fuzz.formats import LOSS
from qa.fuzz.sandbox import Input, Outcome, Task, try_all
from qa.fuzz.verdicts import Truth, judge_reading
from qa.paths import ROOT

IMAGES = np.zeros((2, 64, 64), np.uint8)
IMAGES[:, 20:30, 20:30] = 255
LINES = np.zeros((3, 64, 64), np.uint8)
LINES[::2, 30:34, 10:54] = LINES[1, 10:54, 30:34] = 255
LOSSY = Truth(LINES, squares=LOSS)


def reading_of(images: Images, warnings: tuple[str, ...] = (), originals: Images | None = None) -> Keyframes:
    return Keyframes(images, images if originals is None else originals, warnings, "light")


def fuzz(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qa.fuzz", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)


def test_short_fuzz_run_finds_no_errors():
    result = fuzz("--inputs", "120", "--seed", "2018")
    assert result.returncode == 0, result.stdout + result.stderr
    counts = {line[:17].strip(): line[17:].split() for line in result.stdout.splitlines()}
    tried, right, refused, wrong = map(int, counts["all"][:4])
    assert tried == right + refused + wrong > 120
    assert right > 40
    assert refused > 40


def test_single_input_can_be_repeated_by_its_number():
    first, second = (fuzz("--only", "damaged files", "--index", "5") for _ in range(2))
    assert first.returncode == 0, first.stdout
    assert first.stdout.splitlines()[1].split(" (")[1] == second.stdout.splitlines()[1].split(" (")[1]


# --- what once failed and does not fit into a file ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["x" * 300, "x/" * 5000, "a\nb.png", "\x1b[31m.png", "\udcff.png", "a\0b.png", "\u202egnp"]
)
def test_impossible_file_names_are_refused_in_one_line(name, tmp_path):
    with pytest.raises(InkbridgeError) as caught:
        read_keyframes(tmp_path / name)
    message = str(caught.value)
    assert message.isprintable()
    assert "no such file or folder" in message
    assert find_sheet(name, tmp_path, Path()) == tmp_path / name


def test_odd_names_in_a_folder_are_shown_in_one_line(tmp_path):
    for number, tones in enumerate(IMAGES):
        Image.fromarray(tones).save(tmp_path / f"{number}.png")
    for name in (b"a\nb", b"\xff", b"\x1b[31m", b"x" * 250):
        (tmp_path / os.fsdecode(name)).touch()
    (warning,) = read_keyframes(tmp_path).warnings
    assert warning.isprintable()
    assert len(warning) < 300
    assert r"a\nb" in warning


def test_tens_of_thousands_of_pages_are_not_counted(tmp_path):
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 1)]
    page = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    starts = range(8, 8 + 40_000 * (len(page) + 4), len(page) + 4)
    path = tmp_path / "pages.tif"
    path.write_bytes(b"II*\0\x08\0\0\0" + b"".join(page + struct.pack("<I", start) for start in [*starts[1:], 0]))
    begun = time.process_time()
    with pytest.raises(InkbridgeError, match="at most 4096 pages"):
        read_keyframes(path)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "value",
    [nested(5000, "list"), 10**5000, "x" * 100_000, {f"key{n}": n for n in range(10_000)}],
    ids=["nested lists", "digits", "text", "keys"],
)
def test_large_values_in_a_configuration_are_shown_in_few_short_lines(value):
    with pytest.raises(InkbridgeError) as caught:
        Configuration.read({"doodles": {"a": {"sheet": "x"}}, "variants": {"a": value}})
    assert "  variants.a" in str(caught.value)
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, -1, 10**5000, True], ids=["nan", "inf", "-inf", "-1", "digits", "true"]
)
def test_numbers_of_the_configuration_must_be_in_range(number):
    places = [path for path in nodes(DEFAULT) if type(at(DEFAULT, path)) in (int, float)]
    assert len(places) > 30
    for path in places:
        mapping = copy.deepcopy(DEFAULT)
        at(mapping, path[:-1])[path[-1]] = number
        with pytest.raises(InkbridgeError, match=re.escape(".".join(map(str, path)) + ": ")):
            Configuration.read(mapping)


# --- wrong results are reported----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow 100 MiB more than this process holds: other tests may have filled it, and its children start with less."""
    held = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    monkeypatch.setattr(sandbox, "MEBIBYTES", held + 100.0)


def outcome_of(read: Callable[[], object], judge: Callable[[object], str | None] = lambda result: None) -> Outcome:
    """Try one input in the sandbox."""
    families = {"x": lambda rng, folder: Input("an input", read, judge)}
    (outcome,) = try_all([Task("x", 0, 0)], families)
    return outcome


def refuse() -> None:
    raise InkbridgeError("x.png: no")


def fail() -> None:
    raise ZeroDivisionError("x")


def run_out_of_memory() -> None:
    try:
        raise MemoryError
    except MemoryError as error:
        raise InkbridgeError("x.png: damaged") from error


def test_correct_results_and_refusals_are_distinguished():
    assert outcome_of(lambda: 1).verdict == "right"
    assert outcome_of(refuse).verdict == "refused"


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (fail, "ZeroDivisionError: x"),
        (lambda: time.sleep(20), "not done after 1 s"),
        (lambda: [None for _ in iter(int, 1)], "still busy after 1 s"),
        (lambda: np.ones(800 << 20, np.uint8), "MiB"),
        (run_out_of_memory, "out of memory"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "the process died: SIGKILL"),
        (lambda: os._exit(3), "the process died: exit status 3"),
        (lambda: os.write(1, b"x"), "printed b'x'"),
        (lambda: os.write(2, b"libtiff says"), "printed b'libtiff says'"),
        (lambda: Path("x").write_text("x"), "did open 'x'; changed files"),
        (lambda: Path("x").mkdir(), "did os.mkdir 'x'; changed files"),
        (lambda: subprocess.run(["true"]), "did subprocess.Popen 'true'"),
    ],
)
def test_wrong_results_are_reported(read, reason, monkeypatch):
    if "after" in reason:
        monkeypatch.setattr(sandbox, "SECONDS" if "busy" in reason else "PATIENCE", 1.0)
    outcome = outcome_of(read)
    assert outcome.verdict == "wrong"
    assert reason in outcome.reason


@pytest.mark.parametrize(
    ("result", "expected", "complaint"),
    [
        (reading_of(IMAGES), Truth(IMAGES), None),
        (reading_of(IMAGES), None, None),
        (InkbridgeError("a/x.png: no such file"), "no such file", None),
        (InkbridgeError("a/x.png: no such file"), "too large", "for another reason"),
        (InkbridgeError("a/x.png: no such file"), "x.png", "for another reason"),
        (InkbridgeError("a/x.png: no such file"), Truth(IMAGES), "refused, although it is valid"),
        (InkbridgeError("y.png: no"), None, "does not name the file"),
        (InkbridgeError("a/x.png: no\nTraceback"), None, "cannot be printed"),
        (InkbridgeError("a/x.png: " + "no" * 1000), None, "characters long"),
        (reading_of(IMAGES), "too large", "although it should be refused"),
        (reading_of(np.roll(IMAGES, 1, axis=2)), Truth(IMAGES), "tones from the drawn one"),
        (reading_of(LINES - LINES // 5), LOSSY, None),
        (reading_of(LINES * (np.arange(64) < 32).astype(np.uint8)), LOSSY, "tones from the drawn one"),
        (reading_of(LINES * np.uint8([[[1]], [[1]], [[0]]])), LOSSY, "tones from the drawn one"),
        (reading_of(LINES[[1, 0, 2]]), LOSSY, "tones from the drawn one"),
        (reading_of(IMAGES[[0, 1, 1]]), Truth(IMAGES), "3 keyframes where 2 were drawn"),
        (reading_of(IMAGES, ("x: odd",)), Truth(IMAGES), "needless warnings"),
        (reading_of(IMAGES), Truth(IMAGES, warnings=("cropped",)), "no warning of 'cropped'"),
        (reading_of(IMAGES, ("a\nb",)), None, "a warning cannot be shown"),
        (reading_of(IMAGES * 0), None, "fewer than two keyframes hold ink"),
        (reading_of(IMAGES[:, :32]), None, "keyframes are uint8 (2, 32, 64)"),
        (reading_of(IMAGES.astype(float)), None, "keyframes are float64"),
        (reading_of(IMAGES, originals=IMAGES[:, :32]), None, "originals are uint8 (2, 32, 64)"),
        (reading_of(IMAGES, originals=IMAGES[:1]), None, "originals are uint8 (1, 64, 64)"),
        (reading_of(IMAGES, originals=IMAGES // 2), None, "originals of 64 pixels differ"),
        (None, None, "gave NoneType"),
    ],
)
def test_readings_are_judged(result, expected, complaint):
    found = judge_reading(Path("a/x.png"), expected)(result)
    assert (found is None) if complaint is None else complaint in found


def changed(place: str, value: object) -> dict[str, Any]:
    """Return the default configuration with another value at `place`."""
    mapping = copy.deepcopy(DEFAULT)
    *path, key = place.split(".")
    at(mapping, tuple(path))[key] = value
    return mapping


@pytest.mark.parametrize(
    ("taken", "given", "complaint"),
    [
        (changed("training.learning_rate", 0.3), changed("training.learning_rate", 0.3), None),
        (changed("training.learning_rate", 0.3), changed("training.learning_rate", "0.3"), None),
        (changed("seed", 2**63 - 1), changed("seed", str(2**63 - 1)), None),
        (changed("fitting.enabled", False), changed("fitting.enabled", "False"), None),
        (changed("animation.noise_std", [0, 0.5]), changed("animation.noise_std", ["0", "0.5"]), None),
        (DEFAULT, changed("doodles.new", None), None),
        (DEFAULT, changed("training.learning_rate", 0.3), "took 0.02 for 0.3 at training.learning_rate"),
        (changed("training.images", 10**12), changed("training.images", 10**13), "against the schema: $.training"),
        (DEFAULT, changed("variants.conv64.channels", "junk"), "took 16 for 'junk' at variants.conv64.channels"),
        (DEFAULT, changed("variants.conv64.chanels", 8), "against the schema: $.variants.conv64"),
        (DEFAULT, changed("animation.methods", ["linear"]), "took ['linear', 'circular', 'cubic'] for ['linear']"),
        (DEFAULT, changed("dataset.recipes.post", None), "took 0.1 for None"),
        (DEFAULT, {"doodles": DEFAULT["doodles"]}, "'variants' is a required property"),
        (changed("training.weight_decay", 1), changed("training.weight_decay", True), "against the schema"),
    ],
)
def test_accepted_configurations_are_judged(taken, given, complaint):
    found = judge_configuration(Configuration.read(taken), given, None)
    assert (found is None) if complaint is None else complaint in found


@pytest.mark.parametrize(
    ("line", "place", "names"),
    [
        ("training.learning_rate: bad", ("training", "learning_rate"), True),
        ("training: bad", ("training", "learning_rate"), True),
        ("variants.a.channels: bad", ("variants", "a"), True),
        ("seed: bad", (), True),
        ("animation.noise_std.1: bad", ("animation", "noise_std", 1), True),
        ("doodles.a\\nb.sheet: bad", ("doodles", "a\nb"), True),
        ("animation.noise_std.1: bad", ("animation", "noise_std", 2), False),
        ("training.warmup: bad", ("training", "learning_rate"), False),
        ("seed: bad", ("doodles", "a\nb"), False),
    ],
)
def test_messages_must_name_the_key(line, place, names):
    message = InkbridgeError(f"the configuration is invalid:\n  {line}")
    found = judge_configuration(message, {}, [place])
    assert (found is None) if names else "does not name" in found
