"""The command itself: what it prints, that it draws, and that nothing is lost, however it ends."""

import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

import inkbridge as ink
from inkbridge.drawings.drawing import Drawing, Motion
from inkbridge.drawings.files import read_drawing, write_drawing
from tests.unit.studio.conftest import drawing, keyframe

pytestmark = pytest.mark.slow

CROSS = [[(12.0, 12.0), (52.0, 52.0)], [(12.0, 52.0), (52.0, 12.0)]]

TURNED = [[(30.0, 6.0), (34.0, 58.0)], [(6.0, 34.0), (58.0, 30.0)]]


@dataclass
class Running:
    """A studio that runs, and a page that asks it."""

    process: subprocess.Popen[str]
    address: str
    page: httpx2.Client

    def put(self, content: dict[str, Any]) -> int:
        base = self.page.get("drawing").json()["revision"]
        answer = self.page.put("drawing", json={"base": base, "drawing": content})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["revision"])

    def events(self) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + 120
        with httpx2.stream("GET", f"{self.address}events", timeout=120) as stream:
            for line in stream.iter_lines():
                assert time.monotonic() < deadline
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    def drawn(self, revision: int) -> dict[str, Any]:
        """Return the preview of a revision, when it is drawn."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            answer = self.page.get("preview")
            if answer.status_code == 200 and answer.json()["revision"] >= revision:
                return dict(answer.json())
            time.sleep(0.1)
        raise AssertionError("no preview")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-c",
        "from inkbridge.cli.main import main; main()",
        "studio",
        "--no-browser",
        *arguments,
    ]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@contextmanager
def studio(folder: Path, *arguments: str) -> Iterator[Running]:
    process = start(folder, *arguments)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", line)
        assert found, line + process.stdout.read()
        origin = "/".join(found[0].split("/")[:3])
        with httpx2.Client(base_url=found[0], headers={"Origin": origin}, timeout=120) as page:
            yield Running(process, found[0], page)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio with two keyframes drawn."""
    with studio(tmp_path_factory.mktemp("studio"), "it.inkbridge") as made:
        look = {"size": 64, "frames_per_segment": 4, "play": "once", "colours": "black,white"}
        made.drawn(made.put(drawing(keyframe("a", *CROSS), keyframe("b", *TURNED), look=look)))
        yield made


def folder_of(running: Running) -> Path:
    return Path(f"/proc/{running.process.pid}/cwd").resolve()


# --- previews ------------------------------------------------------------------------------------------------


def test_preview_has_the_strokes_of_every_frame(running):
    found = running.page.get("preview").json()
    assert found["frames"] == len(found["strokes"]) == 5
    assert (found["segments"], found["keyframes"], found["size"]) == ([0, 4], ["a", "b"], 64)
    strokes = np.array(found["strokes"])
    assert strokes.ndim == 3
    assert strokes.shape[2] == 10
    assert np.isfinite(strokes).all()


def test_match_says_what_becomes_of_each_line(running):
    found = running.page.get("match").json()
    (pair,) = found["pairs"]
    assert (pair["from"], pair["to"], found["size"]) == ("a", "b", 64)
    assert len(pair["strands"]) >= 2
    for strand in pair["strands"]:
        assert len(strand["from"]) == len(strand["to"]) > 1
        assert re.fullmatch(r"#[0-9a-f]{6}", found["palette"][strand["colour"]])
    assert np.array(pair["strands"][0]["from"]).min() > 4


def test_a_change_of_the_look_redraws_without_fitting(running):
    current = running.page.get("drawing").json()["drawing"]
    events, steps = running.events(), []
    next(events)  # it listens now
    try:
        revision = running.put({**current, "look": {**current["look"], "hold": 2, "easing": "ease"}})
        for event in events:
            steps.append(event.get("step", ""))
            if event.get("preview") == revision:
                break
        held = running.page.get("preview").json()
        assert (held["revision"], held["frames"], held["segments"]) == (revision, 5 + 2 * 2, [0, 6])
        assert "drawing" in steps
        assert not [step for step in steps if "fitting" in step]
    finally:
        events.close()
        running.drawn(running.put(current))


def test_what_is_missing_is_said(tmp_path):
    with studio(tmp_path, "it.inkbridge") as empty:
        waiting = next(event for event in empty.events() if "waiting" in event)
        assert waiting == {"waiting": "draw at least 2 keyframes to see them move"}
        assert empty.page.get("preview").status_code == 204
        assert empty.page.post("export", json={"format": "gif"}).status_code == 422


# --- exports and files that are brought in -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "starts"), [("gif", b"GIF89a"), ("webp", b"RIFF"), ("apng", b"\x89PNG"), ("svg", b"<?xml")]
)
def test_every_format_is_exported(running, kind, starts):
    answer = running.page.post("export", json={"format": kind})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(starts)
    if kind != "svg":
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.n_frames, picture.size) == (5, (64, 64))


def test_films_and_frames_are_exported(running):
    film = running.page.post("export", json={"format": "mp4"}).content
    assert film[4:8] == b"ftyp"
    frames = zipfile.ZipFile(io.BytesIO(running.page.post("export", json={"format": "frames"}).content))
    assert frames.namelist() == [f"it/frame_000{number}.png" for number in range(1, 6)]


def test_export_is_what_the_command_line_draws(running):
    exported = running.page.post("export", json={"format": "apng"}).content
    animation = ink.animate(folder_of(running) / "it.inkbridge")
    with Image.open(io.BytesIO(exported)) as picture:
        for number, frame in enumerate(animation.frames):
            picture.seek(number)
            found = 255 - np.asarray(picture.convert("L"))
            assert np.abs(found.astype(int) - frame).max() <= 9  # 16 tones


def test_exported_sheet_is_read_as_what_was_drawn(running):
    sheet = running.page.post("export", json={"format": "sheet"}).content
    kind = {"Content-Type": "application/octet-stream"}
    found = running.page.post("read?name=sheet.png", content=sheet, headers=kind).json()
    assert (found["refused"], found["size"], len(found["keyframes"])) == (None, 64, 2)
    assert found["layout"] in ("2x1", "1x2")
    assert found["picture"]


def test_files_that_are_no_drawing_are_refused_by_the_name_that_they_have(running):
    kind = {"Content-Type": "application/octet-stream"}
    answer = running.page.post("read?name=my%20notes.txt", content=b"hello", headers=kind)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("my notes.txt: expected a picture")
    assert "/tmp" not in answer.text


def test_a_job_is_cancelled(running):
    current = running.page.get("drawing").json()["drawing"]
    long = {**current["look"], "frames_per_segment": 400, "size": 1024, "noise_std": 0.5}
    running.drawn(running.put({**current, "look": long}))
    answers: list[httpx2.Response] = []

    def export() -> None:
        answers.append(running.page.post("export", json={"format": "webp"}))

    asking = threading.Thread(target=export)
    asking.start()
    time.sleep(1)
    with httpx2.Client(base_url=running.address, headers=running.page.headers) as other:
        assert other.post("cancel", json={}).json() == {"cancelled": True}
    asking.join(30)
    running.drawn(running.put(current))
    assert (answers[0].status_code, answers[0].json()) == (422, {"error": "cancelled"})


# --- nothing is lost -----------------------------------------------------------------------------------------


def saved_strokes(place: Path) -> int:
    return len(read_drawing(place).keyframes[0].strokes)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_killed_server_loses_at_most_the_last_second(tmp_path, seed):
    """Strokes are drawn as fast as they are taken, with a large keyframe beside; the server is killed in between."""
    lines = [[(float(x), 1.0), (float(x), 500.0)] * 500 for x in range(100)]
    with studio(tmp_path, "it.inkbridge") as made:
        base = made.put(drawing(keyframe("a"), keyframe("b", *lines)))
        taken: list[float] = []
        killed_at = time.monotonic() + 1.5 + random.Random(seed).random()
        killer = threading.Timer(killed_at - time.monotonic(), made.process.send_signal, [signal.SIGKILL])
        killer.start()
        try:
            while True:
                strokes = [[(float(n % 50), 1.0), (float(n % 50), 60.0)] for n in range(len(taken) + 1)]
                answer = made.page.patch("keyframes/a", json={"base": base, "keyframe": keyframe("a", *strokes)})
                base = answer.json()["revision"]
                taken.append(time.monotonic())
        except httpx2.HTTPError:
            ended = time.monotonic()
    assert len(taken) > 5
    kept = saved_strokes(tmp_path / "it.inkbridge")
    expected = sum(at < ended - 1.0 for at in taken)
    assert expected <= kept <= len(taken) + 1
    with studio(tmp_path, "it.inkbridge") as again:
        assert len(again.page.get("drawing").json()["drawing"]["keyframes"][0]["strokes"]) == kept
        assert len(again.page.get("drawing").json()["drawing"]["keyframes"][1]["strokes"]) == 100


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_server_that_is_asked_to_end_saves_first_and_leaves_nothing(tmp_path, number, code):
    with studio(tmp_path, "it.inkbridge") as made:
        made.put(drawing(keyframe("a", *CROSS)))
        made.process.send_signal(number)
        assert made.process.wait(20) == code
    assert saved_strokes(tmp_path / "it.inkbridge") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["it.inkbridge"]


def workers_of(running: Running) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(running.process.pid)], capture_output=True, text=True, check=False)
    return [int(number) for number in found.stdout.split()]


def test_the_worker_ends_with_its_server(tmp_path):
    with studio(tmp_path, "it.inkbridge") as made:
        made.drawn(made.put(drawing(keyframe("a", *CROSS), keyframe("b", *TURNED))))
        (worker,) = workers_of(made)
        assert os.getpriority(os.PRIO_PROCESS, worker) == 10
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker}").exists()


def test_a_worker_that_dies_is_replaced(tmp_path):
    with studio(tmp_path, "it.inkbridge") as made:
        made.drawn(made.put(drawing(keyframe("a", *CROSS), keyframe("b", *TURNED))))
        (worker,) = workers_of(made)
        os.kill(worker, signal.SIGKILL)
        time.sleep(0.2)
        again = made.drawn(made.put(drawing(keyframe("a", *TURNED), keyframe("b", *CROSS))))
        assert again["frames"] == 24
        assert workers_of(made) != [worker]


def test_a_full_or_lost_folder_is_said_and_saved_later(tmp_path):
    place = tmp_path / "drawings"
    place.mkdir()
    with studio(tmp_path, "drawings/it.inkbridge") as made:
        place.rename(tmp_path / "elsewhere")
        place.write_bytes(b"in the way")
        told = (event for event in made.events() if "failed" in event)
        made.put(drawing(keyframe("a", *CROSS)))
        assert "it.inkbridge" in next(told)["failed"]
        place.unlink()
        (tmp_path / "elsewhere").rename(place)
        deadline = time.monotonic() + 10
        while not (place / "it.inkbridge").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert saved_strokes(place / "it.inkbridge") == 2


# --- what is refused at once ---------------------------------------------------------------------------------


def refusal(folder: Path, *arguments: str) -> str:
    process = start(folder, *arguments)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1, text
    assert "Traceback" not in text
    return text


def test_damaged_and_foreign_files_are_refused_and_stay_as_they_are(tmp_path):
    for name, content in (("a", b""), ("b", b'{"format": "inkbridge-drawing", "version": 1, "si'), ("c", b"\x89PNG")):
        place = tmp_path / f"{name}.inkbridge"
        place.write_bytes(content)
        assert f"{name}.inkbridge: expected a drawing of inkbridge, found" in refusal(tmp_path, place.name)
        assert place.read_bytes() == content
    assert "expected a name that ends in .inkbridge" in refusal(tmp_path, "a.png")
    assert "no folder none" in refusal(tmp_path, "none/a.inkbridge")


def test_a_drawing_is_open_in_one_studio_only(tmp_path):
    with studio(tmp_path, "it.inkbridge"):
        assert "another studio has this drawing open" in refusal(tmp_path, "it.inkbridge")
        with studio(tmp_path, "other.inkbridge") as other:  # on a free port
            assert other.page.get("drawing").status_code == 200
            port = other.address.split(":")[2].split("/")[0]
            assert "expected a free port" in refusal(tmp_path, "third.inkbridge", "--port", port)


def test_the_server_listens_on_this_machine_alone(running):
    port = int(running.address.split(":")[2].split("/")[0])
    lines = Path(f"/proc/{running.process.pid}/net/tcp").read_text().splitlines()[1:]
    listening = [
        line.split()[1] for line in lines if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_the_command_line_takes_the_look_of_a_drawing(tmp_path):
    content = drawing(keyframe("a", *CROSS), keyframe("b", *TURNED))
    made = Drawing.model_validate_json(json.dumps(content))
    look = Motion(frames_per_segment=3, hold=1, play="there-and-back", size=64, frame_ms=50, colours="black,white")
    write_drawing(tmp_path / "it.inkbridge", made.model_copy(update={"look": look}))
    animation = ink.animate(tmp_path / "it.inkbridge")
    assert len(animation.frames) == 2 * 3 + 2
    assert (animation.look.size, animation.frame_ms, str(animation.look.colours)) == (64, 50, "#000000,#ffffff")
    asked = ink.animate(tmp_path / "it.inkbridge", path=ink.PathOptions(loop=True, hold=0, frames_per_segment=5))
    assert len(asked.frames) == 10
