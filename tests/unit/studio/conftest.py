"""A studio without a worker, asked in this process; and drawings to send to it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inkbridge.drawings.drawing import Drawing
from inkbridge.studio.app import Studio, app_of
from inkbridge.studio.guard import Guard
from inkbridge.studio.messages import Message
from inkbridge.support.errors import InkbridgeError

TOKEN, PORT = "a-token", 8177

HOST = f"127.0.0.1:{PORT}"

ORIGIN = f"http://{HOST}"


class FakeWorker:
    """Takes the jobs of a studio and notes them. ``answers`` has a result or an error for a kind of job."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, Mapping[str, Any], bytes]] = []
        self.answers: dict[str, Message | InkbridgeError] = {"preview": Message({"waiting": "draw"})}

    async def run(self, job: str, about: Mapping[str, Any], block: bytes, told: Callable[..., None]) -> Message:
        self.jobs.append((job, about, block))
        answer = self.answers.get(job, Message({}))
        if isinstance(answer, InkbridgeError):
            raise answer
        return answer

    def cancel(self) -> bool:
        return False

    async def end(self) -> None:
        pass


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    made = Studio(tmp_path / "it.inkbridge", Drawing(), tmp_path)
    made.worker = FakeWorker()  # type: ignore[assignment]
    return made


@pytest.fixture
def client(studio: Studio) -> Iterator[TestClient]:
    """The page's view of the studio."""
    guarded = Guard(app_of(studio), TOKEN, PORT)
    with TestClient(guarded, base_url=f"{ORIGIN}/{TOKEN}/", headers={"Origin": ORIGIN}) as made:
        yield made


def keyframe(name: str, *strokes: list[tuple[float, float]], width: float = 6) -> dict[str, Any]:
    """Return a keyframe with strokes through some points."""
    drawn = [
        {"id": f"s{number}", "tool": "pen", "width": width, "points": [[x, y, 0.5] for x, y in points]}
        for number, points in enumerate(strokes)
    ]
    return {"id": name, "strokes": drawn, "picture": None}


def drawing(*keyframes: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"format": "inkbridge-drawing", "version": 1, "size": 64, "keyframes": list(keyframes), **parts}
