"""Nobody but the studio's own page gets in: other origins, other names of this machine, and guessed addresses."""

import pytest
from starlette.testclient import TestClient

from inkbridge.studio.app import app_of
from inkbridge.studio.guard import HEADERS, Guard
from tests.unit.studio.conftest import HOST, ORIGIN, PORT, TOKEN, drawing


@pytest.mark.parametrize("path", ["", "drawing", "preview"])
def test_the_page_may_read(client, path):
    assert client.get(path).status_code in (200, 204)
    assert client.get(path, headers={"Host": f"localhost:{PORT}", "Origin": f"http://localhost:{PORT}"}).is_success


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        f"127.0.0.1:{PORT}@evil.example",
        f"127.0.0.1:{PORT}.evil.example",
        f"0.0.0.0:{PORT}",
        "",
    ],
)
def test_a_name_that_is_led_to_this_machine_is_refused(client, host):
    """DNS rebinding: the browser takes the page elsewhere and this server for one origin, but tells its name."""
    for path in ("", "drawing", "static/main.js"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert "drawing" not in answer.json()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        f"https://127.0.0.1:{PORT}",
        f"http://127.0.0.1:{PORT}.evil.example",
        f"http://localhost.evil.example:{PORT}",
        "file://",
        "",
    ],
)
def test_requests_of_other_origins_are_refused(client, studio, origin):
    before = studio.store.revision
    body = {"base": before, "drawing": drawing()}
    for method, path in (("PUT", "drawing"), ("POST", "export"), ("POST", "gallery"), ("GET", "drawing")):
        answer = client.request(method, path, json=body, headers={"Origin": origin})
        assert answer.status_code == 403, (method, path)
        assert "access-control-allow-origin" not in answer.headers
    assert studio.store.revision == before


def test_a_form_on_another_page_changes_nothing(client, studio):
    """A form sends no header of its own and one of three types, without asking first."""
    before = studio.store.revision
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        body = b'{"base": %d, "drawing": {}}' % before
        for headers in ({"Origin": "https://evil.example"}, {"Origin": ORIGIN}):
            answer = client.post("export", content=body, headers={**headers, "Content-Type": kind})
            assert answer.status_code in (403, 415)
    assert studio.store.revision == before


def test_writing_needs_an_origin(client):
    del client.headers["Origin"]
    assert client.get("drawing").status_code == 200
    assert client.post("cancel", json={}).status_code == 403


def test_a_request_before_others_are_allowed_is_refused(client):
    answer = client.options(
        "drawing", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    )
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_and_scripts_of_other_pages_are_refused(client, site):
    assert client.get("preview", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("drawing", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    # But whoever clicks on the address, wherever it is shown, gets the page.
    assert client.get("", headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["", "/", "drawing", f"{TOKEN}", f"{TOKEN}x/", f"{TOKEN[:-1]}/drawing", f"{TOKEN.upper()}/", f"x/{TOKEN}/drawing"],
)
def test_addresses_without_the_token_are_refused(client, path):
    answer = client.get(f"http://{HOST}/{path}")
    assert answer.status_code == 404
    assert TOKEN not in answer.text


def test_a_ticket_leads_to_the_page_once(studio):
    """The browser is started with a ticket: whoever sees its command line later has nothing."""
    app = Guard(app_of(studio), TOKEN, PORT, ticket="a-ticket")
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        for path, headers in (
            ("/a-ticke/", {}),
            ("/a-ticket/drawing", {}),
            ("/a-ticket/", {"Host": f"evil.example:{PORT}"}),
            ("/a-ticket/", {"Origin": "https://evil.example"}),
        ):
            assert client.get(path, headers=headers).status_code in (403, 404)
        answer = client.get("/a-ticket/", headers={"Sec-Fetch-Site": "none"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{TOKEN}/")
        assert client.get("/a-ticket/").status_code == 404
        assert client.get(answer.headers["location"]).status_code == 200


def test_every_answer_has_the_headers_that_protect_it(client):
    for path, status in (("", 200), ("drawing", 200), ("nothing", 404), ("static/nothing.js", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert all(answer.headers[name] == value for name, value in HEADERS.items())
    refused = client.get("drawing", headers={"Host": "evil.example"})
    assert refused.headers["Referrer-Policy"] == "no-referrer"
