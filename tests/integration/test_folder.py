"""`bobbin DIR`, for those who have a folder: everything in it is shown as what it is, and nothing is written."""

import pytest

from support.site import noise

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

FILES = {
    "index.html": ("text/html; charset=utf-8", b"<!DOCTYPE html><title>Mine</title>"),
    "robots.txt": ("text/plain; charset=utf-8", b"User-agent: *\nDisallow:\n"),
    "notes.md": ("text/markdown; charset=utf-8", b"# Notes\n"),
    "photo.png": ("image/png", b"\x89PNG\r\n\x1a\n" + noise(900)),
    "photo.jpg": ("image/jpeg", b"\xff\xd8\xff\xe0" + noise(900)),
    "drawing.svg": ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "manual.pdf": ("application/pdf", b"%PDF-1.7\n" + noise(900)),
    "site.js": ("text/javascript; charset=utf-8", b"export {};\n"),
}


@pytest.fixture
def root(scratch):
    folder = scratch / "mine"
    (folder / "uploads").mkdir(parents=True)  # a folder of this name means nothing here
    for name, (_, content) in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def server(start_plain, root, mode):
    return start_plain(root, *mode.flags, "--port", "0", root=root, kind=mode.server)


def state(folder):
    """What would be different if anything had been written, a name that is gone again included."""
    paths = [folder, *sorted(folder.rglob("*"))]
    return [(path, path.lstat().st_mtime_ns, path.lstat().st_ctime_ns, path.lstat().st_size) for path in paths]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_shown_as_what_it_is(server, name):
    """And a browser asks each time whether it has changed."""
    media_type, content = FILES[name]
    response = server.get(f"/{name}")
    assert response.status == 200 and response.content == content
    assert response["Content-Type"] == media_type
    assert response.get("Content-Disposition") is None
    assert response["Cache-Control"] == "no-cache"


def test_nothing_is_written(start_plain, root, scratch, mode):
    """Neither in the folder nor where the server was started, whatever it is asked, and when it ends."""
    before = state(scratch)
    server = start_plain(root, *mode.flags, "--port", "0", root=root, kind=mode.server)
    for name in FILES:
        assert server.get(f"/{name}").status == 200
    assert server.get("/none").status == 404
    assert server.upload(b"{}").status == 404
    for method in ("PUT", "DELETE", "PATCH"):
        assert server.ask(method, "/index.html", content=b"x").status == 405
    server.stop()
    assert state(scratch) == before
