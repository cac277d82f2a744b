"""What reaches the studio: drawing files, uploads and requests, damaged or made up to get where they should not.

A drawing is read as given or refused in a sentence; a request gets an answer, and nothing outside the studio's folders.
"""

import asyncio
import base64
import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from inkbridge.drawings.drawing import Drawing
from inkbridge.drawings.files import as_json, drawing_of
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.studio.app import Studio, app_of
from inkbridge.studio.bringing import bring
from inkbridge.studio.guard import HEADERS, Guard
from inkbridge.studio.messages import Message
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from qa.fuzz.configurations import at, nested, nodes
from qa.fuzz.damage import BOMBS, DAMAGES, MAGICS, right_file
from qa.fuzz.formats import png
from qa.fuzz.sandbox import Input
from qa.fuzz.sheets import choose
from qa.fuzz.verdicts import judge_reading

TOKEN, PORT = "t0k-en_", 8177

HOST, ORIGIN = f"127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT}"

LONGEST_SENTENCE = 2500

# --- drawings ------------------------------------------------------------------------------------------------


def random_drawing(rng: np.random.Generator) -> dict[str, Any]:
    """Return a small valid drawing as JSON."""
    size, names = int(rng.integers(64, 200)), [f"k{number}" for number in range(int(rng.integers(2, 4)))]

    def stroke(number: int) -> dict[str, Any]:
        points = np.column_stack([rng.uniform(0, size, (int(rng.integers(1, 9)), 2)).round(2)])
        tool = choose(rng, "pen", "pen", "pen", "eraser")
        drawn = [[float(x), float(y), choose(rng, 0.5, 0, 1, 0.25)] for x, y in points]
        return {"id": f"s{number}", "tool": tool, "width": float(rng.uniform(0.5, 20)), "points": drawn}

    def keyframe(name: str) -> dict[str, Any]:
        picture = _picture(rng) if rng.random() < 0.3 else None
        return {
            "id": name,
            "strokes": [stroke(number) for number in range(int(rng.integers(1, 4)))],
            "picture": picture,
        }

    place = [size / 3, size / 2]
    marks = [{"from": choose(rng, *names), "to": choose(rng, *names), "at": place, "goes_to": place}]
    look = json.loads(as_json(Drawing()))["look"] | {"play": choose(rng, "loop", "once"), "hold": int(rng.integers(9))}
    return {
        "format": "inkbridge-drawing",
        "version": 1,
        "size": size,
        "keyframes": [keyframe(name) for name in names],
        "marks": marks if rng.random() < 0.5 else [],
        "look": look,
    }


def _picture(rng: np.random.Generator) -> str:
    side = int(rng.integers(1, 80))
    tones: Images = rng.integers(0, 256, (side, side, 1)).astype(np.uint8)
    content = png(tones)
    if rng.random() < 0.4:
        content = choose(rng, *DAMAGES)(content, rng)
    return base64.b64encode(content).decode()


VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2, 63, 513, 10**30, -(10**30), 2**63, 0.5, 1e308, -1e-308, float("nan"), float("inf"),
    "", "x", "256", "../../etc/passwd", "a" * 10_000, "\0", "\ud800", "\x1b[31m", "null",
    [], {}, [[]], [1, 2], [1, 2, 3, 4], {"id": "k0"}, [{"id": "k0"}, {"id": "k0"}], [[0, 0, 0.5]] * 20_001,
    nested(200, "list"), nested(200, "dict"),
)  # fmt: skip


def mutated(rng: np.random.Generator) -> bytes:
    """Return a valid drawing with up to three changes of its values, or damage to its bytes, or neither."""
    made = random_drawing(rng)
    for _ in range(choose(rng, 0, 1, 1, 2, 3)):
        path = choose(rng, *nodes(made)[1:])
        parent = at(made, path[:-1])
        deed = choose(rng, "replace", "replace", "remove", "add", "repeat")
        if deed == "remove":
            del parent[path[-1]]
        elif deed == "replace":
            parent[path[-1]] = copy.deepcopy(choose(rng, *VALUES))
        elif isinstance(parent, list):
            parent[:] = [
                *parent,
                *([copy.deepcopy(choose(rng, *VALUES))] if deed == "add" else copy.deepcopy(parent) * 3),
            ]
        else:
            parent[choose(rng, "more", "", "id", "__proto__")] = copy.deepcopy(choose(rng, *VALUES))
    content = json.dumps(made).encode(errors="surrogatepass")
    for _ in range(choose(rng, 0, 0, 0, 0, 0, 1, 2)):
        content = choose(rng, *DAMAGES)(content, rng)
    other = choose(rng, b"\xef\xbb\xbf" + content, content.decode("latin-1").encode("utf-16"))
    return other if rng.random() < 0.1 else content


def drawing_files(rng: np.random.Generator, folder: Path) -> Input:
    """Files of drawings: what is read is what was written, all else is refused in a sentence."""
    path = folder / choose(rng, "it.inkbridge", "it.inkbridge", "-rf.inkbridge", "紙.inkbridge", "it.json")
    path.write_bytes(mutated(rng))
    judge = judge_reading(path, None)

    def complaint(result: object) -> str | None:
        if (found := judge(result)) is not None or isinstance(result, InkbridgeError):
            return found
        again = drawing_of(path.read_bytes(), "it")
        return None if drawing_of(as_json(again), "it") == again else "another drawing than the one that was read"

    return Input(f"{path.stat().st_size} bytes", lambda: read_keyframes(path), complaint)


# --- uploads -------------------------------------------------------------------------------------------------


def uploads(rng: np.random.Generator, folder: Path) -> Input:
    """Files that are brought in, whole, damaged and made up, with and without a word about them."""
    data, suffix, name = right_file(rng)
    kind = choose(rng, "whole", "damaged", "damaged", "magic", "drawing", "bomb")
    if kind == "damaged":
        data = choose(rng, *DAMAGES)(data, rng)
    if kind == "magic":
        data = choose(rng, *MAGICS) + rng.bytes(int(rng.integers(0, 2000)))
    if kind == "drawing":
        data, suffix = mutated(rng), choose(rng, ".inkbridge", ".json", "")
    file = Path("brought" + choose(rng, suffix, suffix, "", ".png", ".svg", ".piskel", ".pdf"))
    if kind == "bomb":
        made = choose(rng, *[make for bomb, make in BOMBS if bomb.startswith(("claims", "texts", "data"))])
        data = b"".join(made(rng))[: 64 << 20]
    file.write_bytes(data)
    about: dict[str, Any] = {"name": choose(rng, "cat.png", "", "../../x", "紙 \x1b.png", "x" * 200)}
    if rng.random() < 0.3:
        about["layout"] = choose(rng, "2x1", "1x1", "64x64", "0x0", "x", "9" * 20)
    if rng.random() < 0.2:
        about["keyframes"] = int(rng.integers(2, 65))
    if rng.random() < 0.3:
        corners = np.array([0, 0, 1, 0, 1, 1, 0, 1]) + rng.normal(0, choose(rng, 0.0, 0.1, 0.5), 8)
        about["corners"] = corners.clip(-0.5, 1.5).tolist()
    if rng.random() < 0.2:
        about["ink"] = choose(rng, "light", "dark", "auto", "green")
    text = f"{kind} {name} of {len(data)} bytes as {file}, {about}"
    return Input(text, lambda: bring(file.absolute(), about), _judge_brought(file.absolute()), writes=True)


def _judge_brought(file: Path) -> Callable[[object], str | None]:
    def judge(result: object) -> str | None:
        if isinstance(result, InkbridgeError):
            told = str(result)
        else:
            assert isinstance(result, tuple)
            found = json.loads(result[1])
            if bool(found["keyframes"]) == (found["refused"] is not None):
                return f"{len(found['keyframes'])} keyframes, refused: {found['refused']}"
            told = json.dumps([found["refused"], found["notes"], found["warnings"]])
        return f"says where the file lies: {told[:300]}" if str(file.parent) in told else None

    return judge


# --- requests ------------------------------------------------------------------------------------------------


class _Worker:
    """Does nothing, but takes jobs as the worker does."""

    async def run(self, job: str, about: Mapping[str, Any], block: bytes, told: Callable[..., None]) -> Message:
        json.dumps(about)
        if job == "export":
            (Path(about["folder"]) / "it.gif").write_bytes(b"GIF89a")
            return Message({"file": "it.gif"})
        return Message({"waiting": "draw"} if job == "preview" else {}, b"{}")

    def cancel(self) -> bool:
        return False

    async def end(self) -> None:
        pass


@dataclass(frozen=True)
class Answer:
    """What a request got. let_in: whether it came from the page."""

    let_in: bool
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


@dataclass(frozen=True)
class Asked:
    """A request as a server hands it over."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: tuple[bytes, ...]
    let_in: bool


PATHS = (
    "", "drawing", "drawing", "keyframes/k0", "keyframes/", "keyframes/../drawing", "events/", "preview", "match",
    "read", "export", "gallery", "cancel", "static/index.html", "static/../app.py", "static/%2e%2e/app.py",
    "static//etc/passwd",
    "static/" + "../" * 20 + "etc/passwd", "\0", "x" * 9000, "drawing?", "drawing;a=b", "static/\udc80",
)  # fmt: skip

BODIES: tuple[Callable[[np.random.Generator], Any], ...] = (
    lambda rng: {},
    lambda rng: {"format": choose(rng, "gif", "exe", "../x", None, "sheet")},
    lambda rng: {"name": choose(rng, "dance", "../up", "/etc/passwd", "a/b", "", "cat", "config", "x" * 41, "\n")},
    lambda rng: {"base": choose(rng, "now", 0, -1, 2**60), "drawing": json.loads(_sound(rng))},
    lambda rng: {"base": "now", "drawing": json.loads(_sound(rng))},
    lambda rng: {"base": "now", "keyframe": random_drawing(rng)["keyframes"][0]},
    lambda rng: copy.deepcopy(choose(rng, *VALUES)),
)


def _sound(rng: np.random.Generator) -> bytes:
    return json.dumps(random_drawing(rng)).encode()


def asked(rng: np.random.Generator) -> Asked:
    """Return a request, from the page or from elsewhere."""
    method = choose(rng, "GET", "GET", "PUT", "PATCH", "POST", "POST", "DELETE", "OPTIONS", "HEAD", "TRACE", "get", "")
    token = choose(rng, *[TOKEN] * 12, "", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "%00")
    path = f"/{token}/{choose(rng, *PATHS)}"
    host = choose(
        rng, *[HOST] * 12, f"localhost:{PORT}", "evil.example", f"evil.example:{PORT}", "", "127.0.0.1", HOST + " "
    )
    origin = choose(rng, *[ORIGIN] * 12, "https://evil.example", "null", "", ORIGIN + ".evil.example", None)
    kind = choose(
        rng, *["application/json"] * 5, "application/octet-stream", "text/plain", "", "multipart/form-data; a", "\xff"
    )
    headers = [(b"host", host.encode()), (b"content-type", kind.encode("latin-1"))]
    headers += [] if origin is None else [(b"origin", origin.encode())]
    headers += [(b"host", b"evil.example")] * int(rng.random() < 0.03)
    site = choose(rng, *[None] * 8, b"same-origin", b"cross-site")
    headers += [] if site is None else [(b"sec-fetch-site", site)]
    length = choose(rng, *[None] * 12, b"-1", b"9" * 40, b"x", b"99999999999", b"1e3", b"\xb2")
    headers += [] if length is None else [(b"content-length", length)]
    body = choose(rng, *BODIES)(rng)
    content = mutated(rng) if rng.random() < 0.2 else json.dumps(body).encode(errors="surrogatepass")
    if rng.random() < 0.15:
        content = choose(rng, *DAMAGES)(content, rng)
    parts = (content[: len(content) // 2], content[len(content) // 2 :])
    query = choose(
        rng, b"", b"name=cat.png", b"name=..%2f..%2fx", b"corners=0,0,1,0,1,1,0,1", b"corners=nan",
        b"keyframes=9&layout=2x1", b"layout=%00", b"%ff%fe=%", b"keyframes=%C2%B2", b"&" * 3000, b"name=" + b"x" * 9000,
    )  # fmt: skip
    let_in = token == TOKEN and host in (HOST, f"localhost:{PORT}") and origin in (ORIGIN, None) and len(headers) < 9
    let_in = let_in and [name for name, _ in headers].count(b"host") == 1
    return Asked(method, path, query, headers, parts, let_in)


async def _ask(guarded: Guard, request: Asked, revision: int) -> Answer:
    parts = [part.replace(b'"now"', str(revision).encode()) for part in request.body]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    path = request.path.encode(errors="surrogateescape")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": unquote(request.path, errors="replace"), "raw_path": path, "query_string": request.query,
        "headers": request.headers, "client": ("127.0.0.1", 9), "server": ("127.0.0.1", PORT), "root_path": "",
    }  # fmt: skip
    await guarded(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(request.let_in, start["status"], dict(start["headers"]), body)


def requests(rng: np.random.Generator, folder: Path) -> Input:
    """A few requests, one after another, to a studio with a drawing."""
    first, several = random_drawing(rng), [asked(rng) for _ in range(int(rng.integers(1, 5)))]
    Path("config.yaml").write_text("doodles:\n  cat: {sheet: cat.png}\nvariants:\n  one: {architecture: strokes}\n")

    async def run() -> list[Answer]:
        sound = {**first, "keyframes": [{**one, "picture": None} for one in first["keyframes"]]}
        studio = Studio(
            Path("it.inkbridge").absolute(), Drawing.model_validate_json(json.dumps(sound)), Path().absolute()
        )
        studio.worker = _Worker()  # type: ignore[assignment]
        app = app_of(studio)
        guarded = Guard(app, TOKEN, PORT)
        async with studio.running(app):
            answers = [await _ask(guarded, request, studio.store.revision) for request in several]
        studio.store.save()
        return answers

    text = "; ".join(f"{one.method} {one.path[:60]!r} {len(b''.join(one.body))} bytes" for one in several)
    before = {path.name for path in Path().iterdir()}
    return Input(text, lambda: asyncio.run(run()), _judge_answers(Path().absolute(), before), writes=True)


def _judge_answers(work: Path, before: set[str]) -> Callable[[object], str | None]:
    def judge(result: object) -> str | None:
        assert isinstance(result, list)
        made = {path.name for path in work.iterdir()} - before
        if not made <= {"it.inkbridge", "dance.inkbridge", "config.inkbridge"}:
            return f"made {sorted(made)}"
        return next(filter(None, map(_judge_answer, result)), None)

    return judge


def _judge_answer(answer: Answer) -> str | None:
    if answer.status >= 500:
        return f"status {answer.status}: {answer.body[:200]!r}"
    if not answer.let_in and answer.status not in (403, 404):
        return f"status {answer.status} for a request from elsewhere"
    missing = [name for name in HEADERS if name.lower().encode() not in answer.headers]
    if missing:
        return f"no header {missing[0]}"
    if any(name.startswith(b"access-control") for name in answer.headers):
        return "another origin may read it"
    if answer.status >= 400 and answer.body:
        told = json.loads(answer.body)
        if answer.status == 409:
            return None if "drawing" in told else "no drawing to go on with"
        sentence = told.get("error", "")
        if not sentence or len(sentence) > LONGEST_SENTENCE or not sentence.isprintable():
            return f"no sentence: {answer.body[:200]!r}"
    return None


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "drawing files": drawing_files,
    "uploads to the studio": uploads,
    "requests": requests,
}
