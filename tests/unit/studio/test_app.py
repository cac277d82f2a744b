"""What the server answers: revisions, conflicts, limits, and that nothing outside its folders is reached."""

import asyncio
import gzip
import json
import time

import pytest
from starlette.testclient import TestClient

from inkbridge.drawings.drawing import Drawing
from inkbridge.drawings.files import read_drawing
from inkbridge.studio import bodies
from inkbridge.studio.app import app_of
from inkbridge.studio.guard import Guard
from inkbridge.studio.messages import Message
from inkbridge.support.errors import InkbridgeError
from tests.unit.studio.conftest import HOST, ORIGIN, PORT, TOKEN, drawing, keyframe

LINE = [(10.0, 10.0), (50.0, 50.0)]


def revision(client) -> int:
    return client.get("drawing").json()["revision"]


def test_a_change_gets_a_new_revision_and_is_kept(client):
    before = revision(client)
    answer = client.put("drawing", json={"base": before, "drawing": drawing(keyframe("a", LINE))})
    assert answer.json() == {"revision": before + 1}
    found = client.get("drawing").json()
    assert found["place"] == "it.inkbridge"
    assert found["drawing"]["keyframes"] == [keyframe("a", LINE)]


def test_one_keyframe_is_changed_alone(client):
    client.put("drawing", json={"base": revision(client), "drawing": drawing(keyframe("a", LINE), keyframe("b"))})
    answer = client.patch("keyframes/b", json={"base": revision(client), "keyframe": keyframe("b", LINE)})
    assert answer.status_code == 200
    assert client.get("drawing").json()["drawing"]["keyframes"] == [keyframe("a", LINE), keyframe("b", LINE)]


def test_two_tabs_do_not_overwrite_each_other(client):
    base = revision(client)
    client.put("drawing", json={"base": base, "drawing": drawing(keyframe("a", LINE))})
    late = client.put("drawing", json={"base": base, "drawing": drawing(keyframe("b"))})
    assert late.status_code == 409
    assert late.json() == client.get("drawing").json()
    assert late.json()["drawing"]["keyframes"] == [keyframe("a", LINE)]
    assert client.patch("keyframes/a", json={"base": base, "keyframe": keyframe("a")}).status_code == 409
    gone = client.patch("keyframes/z", json={"base": revision(client), "keyframe": keyframe("z")})
    assert gone.status_code == 409


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "expected a drawing of inkbridge, found a damaged file"),
        (b"{}", "base: expected, but missing"),
        (b'{"base": 1, "drawing": {"size": 1}}', "drawing.size: expected greater than or equal to 64; found 1"),
        (b'{"base": -1, "drawing": {}}', "base: expected greater than or equal to 0; found -1"),
        (b'{"base": 1, "drawing": {}, "more": 1}', "more: unknown key"),
        (b"[" * 50_000, "expected a drawing of inkbridge, found a damaged file"),
        (b'{"base": 1, "drawing": {"keyframes": ' + b'[{"id":"a","strokes":[' * 3000, ""),
        (b"\xff\xfe", "expected a drawing of inkbridge, found a damaged file"),
    ],
)
def test_invalid_bodies_are_refused_in_a_sentence(client, body, words):
    before = client.get("drawing").json()
    answer = client.put("drawing", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(words)
    assert client.get("drawing").json() == before


def test_a_keyframe_is_refused_under_another_name(client):
    client.put("drawing", json={"base": revision(client), "drawing": drawing(keyframe("a"), keyframe("b"))})
    answer = client.patch("keyframes/a", json={"base": revision(client), "keyframe": keyframe("b")})
    assert answer.status_code == 422


def test_a_keyframe_that_makes_the_drawing_too_large_is_refused(client, monkeypatch):
    monkeypatch.setattr("inkbridge.studio.store.MOST_POINTS_TOGETHER", 3)
    client.put("drawing", json={"base": revision(client), "drawing": drawing(keyframe("a", LINE), keyframe("b"))})
    answer = client.patch("keyframes/b", json={"base": revision(client), "keyframe": keyframe("b", LINE)})
    assert answer.status_code == 422
    assert "expected at most 3 points" in answer.json()["error"]


@pytest.mark.parametrize(("path", "kind"), [("read", "application/octet-stream"), ("export", "application/json")])
def test_bodies_are_refused_before_they_are_kept(studio, monkeypatch, path, kind):
    """Too long by what they say, or by what arrives, which is read no further."""
    monkeypatch.setattr(bodies, "MOST_BYTES", 1000)
    monkeypatch.setattr(bodies, "MOST_UPLOAD", 1000)

    async def ask(length: bytes | None) -> tuple[int, int]:
        read, answers = 0, []

        async def receive():
            nonlocal read
            read += 1
            return {"type": "http.request", "body": bytes(600), "more_body": True}

        async def send(message):
            answers.append(message)

        headers = [(b"host", HOST.encode()), (b"origin", ORIGIN.encode()), (b"content-type", kind.encode())]
        headers += [] if length is None else [(b"content-length", length)]
        address = f"/{TOKEN}/{path}"
        scope = {"type": "http", "method": "POST", "path": address, "raw_path": address.encode(), "headers": headers}
        app = app_of(studio)
        async with studio.running(app):
            await Guard(app, TOKEN, PORT)({**scope, "query_string": b"", "http_version": "1.1"}, receive, send)
        return answers[0]["status"], read

    assert asyncio.run(ask(b"1001")) == (413, 0)
    assert asyncio.run(ask(b"9" * 30)) == (413, 0)
    assert asyncio.run(ask(b"-1")) == asyncio.run(ask("²".encode("latin-1"))) == (413, 0)
    assert asyncio.run(ask(None)) == (413, 2)
    assert {job for job, _, _ in studio.worker.jobs} <= {"prepare", "preview"}


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "/etc/passwd",
        "//etc/passwd",
        "index.html/../../app.py",
        "",
        "x" * 5000,
        "a%00b",
    ],
)
def test_only_files_of_the_page_are_sent(client, name):
    assert client.get(f"static/{name}").status_code == 404


def test_the_page_and_its_files_are_sent(client):
    page = client.get("")
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("static/index.html").text == page.text


@pytest.mark.parametrize(
    "name", ["../../x.png", "/etc/passwd", "a\0.png", "x.p/n/g", "x." + "g" * 300, "", ".png", "x.%2e"]
)
def test_names_of_uploads_do_not_reach_the_file_system(client, studio, name):
    studio.worker.answers["read"] = Message({}, b"{}")
    answer = client.post(
        "read", params={"name": name}, content=b"abc", headers={"Content-Type": "application/octet-stream"}
    )
    assert answer.status_code == 200
    _, about, _ = studio.worker.jobs[-1]
    place = about["file"].removeprefix(str(studio.folder))
    assert place.count("/") == 2
    assert place.rpartition("/")[2].split(".")[0] == "brought"
    assert len(place) < 60
    assert not list(studio.folder.iterdir()), "uploads are removed"


@pytest.mark.parametrize(
    "query",
    [
        "corners=1,2",
        "corners=a,b,c,d,e,f,g,h",
        "corners=nan,0,1,0,1,1,0,1",
        "corners=9,0,1,0,1,1,0,1",
        "keyframes=99",
        "keyframes=-1",
        "keyframes=%C2%B2",
    ],
)
def test_odd_wishes_for_reading_are_refused(client, query):
    answer = client.post(f"read?{query}", content=b"", headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 422


def test_what_the_worker_refuses_is_said(client, studio):
    studio.worker.answers["export"] = InkbridgeError("this and that")
    answer = client.post("export", json={"format": "gif"})
    assert (answer.status_code, answer.json()) == (422, {"error": "this and that"})
    assert client.post("export", json={"format": "exe"}).status_code == 422
    studio.worker.answers["export"] = Message({"waiting": "draw more"})
    assert client.post("export", json={"format": "gif"}).json() == {"error": "draw more"}
    assert not list(studio.folder.iterdir())


def test_an_export_is_sent_and_removed(client, studio):
    async def run(job, about, block, told):
        (studio.folder / about["folder"] / "it.gif").write_bytes(b"GIF89a")
        return Message({"file": "it.gif"})

    studio.worker.run = run
    answer = client.post("export", json={"format": "gif"})
    assert answer.content == b"GIF89a"
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-disposition"] == 'attachment; filename="it.gif"'
    assert not list(studio.folder.iterdir())


def test_preview_and_match_are_passed_on(client, studio):
    assert client.get("preview").status_code == 204
    studio.worker.answers["match"] = Message({"waiting": "draw"})
    assert client.get("match").status_code == 204
    studio.worker.answers["match"] = Message({}, gzip.compress(json.dumps({"pairs": []}).encode()))
    assert client.get("match").json() == {"pairs": []}
    assert client.post("cancel", json={}).json() == {"cancelled": False}


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "drawing"), ("GET", "export"), ("POST", ""), ("GET", "nothing")]
)
def test_other_methods_and_addresses_are_refused_in_a_sentence(client, method, path):
    answer = client.request(method, path)
    assert answer.status_code in (404, 405)
    assert answer.json()["error"]


def test_an_internal_error_is_a_sentence(studio):
    guarded = Guard(app_of(studio), TOKEN, PORT)
    studio.store.drawing = None
    with TestClient(guarded, base_url=f"{ORIGIN}/{TOKEN}/", raise_server_exceptions=False) as client:
        answer = client.get("drawing")
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("internal error, please report it")


def test_a_drawing_goes_to_the_gallery(client, studio, tmp_path):
    (tmp_path / "config.yaml").write_text(
        "doodles:\n  cat: {sheet: cat.png}\nvariants:\n  one: {architecture: strokes}\n"
    )
    client.put("drawing", json={"base": revision(client), "drawing": drawing(keyframe("a", LINE))})
    assert client.post("gallery", json={"name": "dance"}).json()["sheet"] == "dance.inkbridge"
    assert read_drawing(tmp_path / "dance.inkbridge") == studio.store.drawing
    assert "dance: {sheet: dance.inkbridge, loop: true}" in (tmp_path / "config.yaml").read_text()
    again = client.post("gallery", json={"name": "dance"})
    assert again.status_code == 422
    assert "expected a new name" in again.json()["error"]
    for name in ("../up", "a/b", "", "9lives", "cat"):
        assert client.post("gallery", json={"name": name}).status_code == 422
    assert sorted(
        path.name for path in tmp_path.iterdir() if path.suffix == ".inkbridge" and path.name != "it.inkbridge"
    ) == ["dance.inkbridge"]


def test_a_gallery_needs_a_configuration(client, monkeypatch, tmp_path):
    monkeypatch.setattr("inkbridge.config.project.CHECKOUT", tmp_path / "none")
    answer = client.post("gallery", json={"name": "dance"})
    assert answer.status_code == 422
    assert "expected a config.yaml" in answer.json()["error"]
    assert not (tmp_path / "dance.inkbridge").exists()


def test_changes_are_saved_and_drawn(client, studio, tmp_path):
    studio.worker.answers["preview"] = Message({}, gzip.compress(b'{"frames": 1}'))
    client.put("drawing", json={"base": revision(client), "drawing": drawing(keyframe("a", LINE))})
    deadline = time.monotonic() + 5
    while client.get("preview").status_code == 204 or not (tmp_path / "it.inkbridge").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert client.get("preview").json() == {"frames": 1}
    assert read_drawing(tmp_path / "it.inkbridge") == studio.store.drawing != Drawing()
