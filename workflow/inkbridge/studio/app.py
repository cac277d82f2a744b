"""What the server answers: the addresses below the token. ``docs/studio.md`` describes them for whoever calls them.

No path of a request reaches the file system: static files are looked up by name in a table, uploads and exports lie in
a temporary folder under names of the server's own, and the drawing's file is the one that the studio was started with.
"""

import asyncio
import math
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from mimetypes import types_map
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from inkbridge.drawings.drawing import MOST_KEYFRAMES, Drawing
from inkbridge.drawings.files import as_json
from inkbridge.studio import gallery
from inkbridge.studio.bodies import (
    Export,
    GalleryEntry,
    NewDrawing,
    NewKeyframe,
    Nothing,
    Refusal,
    number_from,
    read_json,
    save_upload,
)
from inkbridge.studio.events import Events
from inkbridge.studio.formats import MEDIA_TYPES
from inkbridge.studio.messages import Message
from inkbridge.studio.store import Conflict, Store
from inkbridge.studio.workers import Cancelled, Worker
from inkbridge.support.errors import InkbridgeError

PAGE = Path(__file__).parent / "page"
"""The files of the page."""

PREVIEW_AFTER = 0.2
"""Seconds from a change to the preview: changes in between are seen together."""

MOST_UPLOADS = 4
"""Files that are brought in at once."""

_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".webmanifest": "application/manifest+json"}

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")

Answer = Callable[[Request], Awaitable[Response]]


class Studio:
    """One drawing, its worker, and the pages that show it."""

    def __init__(self, path: Path, drawing: Drawing, project: Path) -> None:
        self.events = Events()
        self.store = Store(path, drawing, self._changed)
        self.worker = Worker(project)
        self.folder = Path()
        self._project = project
        self._wanted = asyncio.Event()
        self._preview: bytes | None = None
        self._uploads = 0
        self._static = {file.relative_to(PAGE).as_posix(): file for file in sorted(PAGE.rglob("*")) if file.is_file()}

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Save and draw what changes, as long as the server runs."""
        self.folder = Path(tempfile.mkdtemp(prefix="inkbridge-studio-"))
        self._wanted.set()
        tasks = [
            asyncio.create_task(self.store.keep_saved(self.events.send)),
            asyncio.create_task(self._keep_drawn()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.worker.end()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _changed(self, revision: int) -> None:
        self.events.send({"revision": revision})
        self._wanted.set()

    def _told(self, progress: float | None, step: str) -> None:
        self.events.send({"progress": progress, "step": step})

    async def _keep_drawn(self) -> None:
        """Draw a preview of every change. A change while one is drawn is drawn next, together with those after it."""
        with suppress(InkbridgeError):
            await self.worker.run("prepare", {"variant": self.store.drawing.look.variant}, b"", lambda *_: None)
        while True:
            await self._wanted.wait()
            await asyncio.sleep(PREVIEW_AFTER)
            self._wanted.clear()
            revision = self.store.revision
            try:
                found = await self._draw("preview")
            except Cancelled:
                self.events.send({"cancelled": revision})
            except InkbridgeError as error:
                self.events.send({"failed": str(error)})
            else:
                if "waiting" in found.about:
                    self._preview = None
                    self.events.send({"waiting": found.about["waiting"]})
                else:
                    self._preview = found.block
                    self.events.send({"preview": revision})

    async def _draw(self, job: str, asked: Mapping[str, Any] = {}) -> Message:
        """Let the worker do a job with the drawing."""
        about = {"revision": self.store.revision, "name": self.store.path.stem, **asked}
        return await self.worker.run(job, about, as_json(self.store.drawing), self._told)

    # --- the page ------------------------------------------------------------------------------------------------

    async def page(self, _: Request) -> Response:
        return self._file("index.html")

    async def static(self, request: Request) -> Response:
        return self._file(request.path_params["name"])

    def _file(self, name: str) -> Response:
        file = self._static.get(name)
        if file is None:
            raise Refusal(404, "no such file")
        kind = _TYPES.get(file.suffix) or types_map.get(file.suffix, "application/octet-stream")
        return FileResponse(file, media_type=kind)

    # --- the drawing ---------------------------------------------------------------------------------------------

    async def drawing(self, _: Request) -> Response:
        return self._current(200)

    def _current(self, status: int) -> Response:
        store = self.store
        head = JSONResponse({"revision": store.revision, "place": store.path.name}).body
        return Response(
            b'{"drawing":' + as_json(store.drawing) + b"," + bytes(head[1:]), status, media_type="application/json"
        )

    async def put_drawing(self, request: Request) -> Response:
        body = await read_json(request, NewDrawing)
        return self._changed_by(lambda: self.store.replace(body.base, body.drawing))

    async def patch_keyframe(self, request: Request) -> Response:
        body = await read_json(request, NewKeyframe)
        if body.keyframe.id != request.path_params["name"]:
            raise Refusal(422, "keyframe.id: expected the id in the address")
        return self._changed_by(lambda: self.store.replace_keyframe(body.base, body.keyframe))

    def _changed_by(self, change: Callable[[], int]) -> Response:
        try:
            return JSONResponse({"revision": change()})
        except Conflict:
            return self._current(409)

    async def listen(self, _: Request) -> Response:
        if self.events.is_full():
            raise Refusal(503, "too many pages are open; close one")
        first: list[dict[str, Any]] = [{"revision": self.store.revision}]
        if self.store.problem is not None:
            first.append({"failed": self.store.problem})
        return StreamingResponse(self.events.stream(*first), media_type="text/event-stream")

    # --- what the worker does ------------------------------------------------------------------------------------

    async def preview(self, _: Request) -> Response:
        return _compressed(self._preview)

    async def match(self, _: Request) -> Response:
        found = await self._draw("match")
        return _compressed(None if "waiting" in found.about else found.block)

    async def cancel(self, request: Request) -> Response:
        await read_json(request, Nothing)
        return JSONResponse({"cancelled": self.worker.cancel()})

    async def read(self, request: Request) -> Response:
        query = request.query_params
        if self._uploads >= MOST_UPLOADS:
            raise Refusal(503, "too many files at once; wait until one has been read")
        about = _asked(query)
        suffix = Path(query.get("name", "")).suffix
        self._uploads += 1
        place = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            file = place / f"brought{suffix if _SUFFIX.fullmatch(suffix) else ''}"
            await save_upload(request, file)
            found = await self.worker.run("read", {**about, "file": str(file)}, b"", self._told)
        finally:
            self._uploads -= 1
            shutil.rmtree(place, ignore_errors=True)
        return Response(found.block, media_type="application/json")

    async def export(self, request: Request) -> Response:
        kind = (await read_json(request, Export)).format
        place = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            stem = gallery.file_stem(self.store.path)
            found = await self._draw("export", {"format": kind, "folder": str(place), "stem": stem})
            if "waiting" in found.about:
                raise InkbridgeError(found.about["waiting"])
            file = place / Path(found.about["file"]).name
            gone = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
            return FileResponse(file, media_type=MEDIA_TYPES[kind], filename=file.name, background=gone)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    async def add_to_gallery(self, request: Request) -> Response:
        name = (await read_json(request, GalleryEntry)).name
        added = await asyncio.to_thread(gallery.add, name, self.store.drawing, self._project)
        return JSONResponse(added)


def _asked(query: Mapping[str, str]) -> dict[str, Any]:
    """Return how a file is to be read, as the address says. Raises :class:`InkbridgeError`."""
    about: dict[str, Any] = {"name": query.get("name", "")[:200]}
    if "layout" in query:
        about["layout"] = query["layout"][:20]
    if "ink" in query:
        about["ink"] = query["ink"][:10]
    if "keyframes" in query:
        about["keyframes"] = number_from(query["keyframes"], 2, MOST_KEYFRAMES, "keyframes")
    if "corners" in query:
        try:
            corners = [float(part) for part in query["corners"][:400].split(",")]
        except ValueError:
            corners = []
        if len(corners) != 8 or not all(math.isfinite(one) and -0.5 <= one <= 1.5 for one in corners):
            raise InkbridgeError("corners: expected eight numbers, x and y of each corner in parts of the picture")
        about["corners"] = corners
    return about


def _compressed(content: bytes | None) -> Response:
    if content is None:
        return Response(status_code=204)
    return Response(content, media_type="application/json", headers={"Content-Encoding": "gzip"})


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


def _in_words(answer: Answer) -> Answer:
    """Return ``answer`` with errors as sentences."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Refusal as error:
            return _error(error.status, str(error))
        except InkbridgeError as error:
            return _error(422, str(error))
        except ClientDisconnect:
            return Response(status_code=400)

    return answered


def app_of(studio: Studio) -> Starlette:
    """Return the application: the addresses without the token, which :class:`inkbridge.studio.guard.Guard` checks."""
    table: list[tuple[str, str, Answer]] = [
        ("GET", "/", studio.page),
        ("GET", "/static/{name:path}", studio.static),
        ("GET", "/drawing", studio.drawing),
        ("PUT", "/drawing", studio.put_drawing),
        ("PATCH", "/keyframes/{name}", studio.patch_keyframe),
        ("GET", "/events", studio.listen),
        ("GET", "/preview", studio.preview),
        ("GET", "/match", studio.match),
        ("POST", "/cancel", studio.cancel),
        ("POST", "/read", studio.read),
        ("POST", "/export", studio.export),
        ("POST", "/gallery", studio.add_to_gallery),
    ]
    routes = [Route(path, _in_words(answer), methods=[method]) for method, path, answer in table]
    return Starlette(
        routes=routes,
        lifespan=studio.running,
        exception_handlers={
            404: lambda *_: _error(404, "no such address"),
            405: lambda *_: _error(405, "no such method here"),
            500: lambda *_: _error(500, "internal error, please report it with the traceback that the terminal shows"),
        },
    )
