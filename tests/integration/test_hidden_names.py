"""Names that begin with a dot, and those of them that are served: --include-hidden (docs/contract.md §2)."""

import json

import pytest

from support.server import run_to_end
from test_authentication import HASHES

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

NAMES = [".nojekyll", ".git/config", ".x-1/file.css", ".x-1/.git/config", "a/.nojekyll", "a/.well-known/y.css", ".env"]


@pytest.fixture
def hidden(root):
    for name in [*NAMES, ".well-known/x.css"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "index.html").unlink()
    return root


def served(server, names=NAMES):
    return {name for name in names for _ in range(3) if server.get(f"/{name}").status == 200}


def listed(server, target):
    response = server.get(target, fields=[("Accept", "application/json")])
    return {entry["href"] for entry in json.loads(response.content)} if response.status == 200 else response.status


def test_none_is_served_by_default(hidden, start):
    server = start("--listing", "on")
    assert served(server) == set()
    assert server.get("/.well-known/x.css").status == 200
    assert not any(name.startswith(".") for name in listed(server, "/"))


def test_what_is_included_is_served_and_listed(hidden, start):
    server = start("--listing", "on", "--include-hidden", ".nojekyll,.x-*", "--include-hidden", ".well-known")
    assert served(server) == {".nojekyll", ".x-1/file.css", "a/.nojekyll", "a/.well-known/y.css"}
    assert {name for name in listed(server, "/") if name.startswith(".")} == {".nojekyll", ".x-1/", ".well-known/"}
    assert listed(server, "/a/") == {".nojekyll", ".well-known/"}
    assert listed(server, "/.x-1/") == {"file.css"}
    assert [listed(server, folder) for folder in ["/.git/", "/.x-1/.git/"]] == [404, 404]
    assert server.get("/.x-1").status == 308


def test_temporary_files_of_uploads_never_are(hidden, start):
    temporary = ".bobbin-abcdefghijklmnopqrstuvwxyz.tmp"
    server = start("--include-hidden", ".*", "--listing", "on", "--profile", "folder", "--uploads", "on")
    # After the start, which removes those that a crash has left.
    for folder in ["", "uploads/"]:
        (hidden / folder / temporary).write_text("x")
        assert server.get(f"/{folder}{temporary}").status == 404
    assert listed(server, "/") >= {".env", ".git/"} and temporary not in listed(server, "/")


def test_a_folder_of_uploads_that_is_included(hidden, start):
    """Stored documents are found at the path that their folder has, and its name makes no difference to them."""
    server = start("--include-hidden", ".in", "--uploads", "on", "--upload-dir", hidden / ".in", "--listing", "on")
    stored = server.upload(b"[1]")
    assert stored["Location"].startswith("/.in/upload_")
    assert server.get(stored["Location"]).content == b"[1]"
    assert ".in/" not in listed(server, "/") and listed(server, "/.in/") == 404


@pytest.mark.modes("many")
def test_secrets_that_would_be_served_refuse_the_start(mode, hidden, binary):
    secrets = hidden / ".htpasswd"
    secrets.write_text(f"alice:{HASHES['bcrypt']}\n")
    flags = ["--root", hidden, "--port", "0", "--password-file", secrets, "--check-config"]
    assert run_to_end(binary, *flags).returncode == 0
    ended = run_to_end(binary, *flags, "--include-hidden", ".ht*")
    assert ended.returncode == 2 and f'--password-file: "{secrets}" lies where clients could fetch it' in ended.stderr


@pytest.mark.modes("many")
def test_what_is_no_name(mode, hidden, binary):
    for name in ["git", "*", ".a/b", "..", "/.git"]:
        ended = run_to_end(binary, "--include-hidden", name, "--check-config")
        assert ended.returncode == 2
        assert f'--include-hidden: "{name}" is not allowed; names that begin with a dot' in ended.stderr


def test_checksums_are_of_what_is_served(hidden, start):
    server = start("--checksums", "--include-hidden", ".nojekyll")
    assert server.get("/.nojekyll.sha256").status == 200
    assert server.get("/.env.sha256").status == 404
    assert server.get("/.x-1/file.css.sha256").status == 404
    assert start("--checksums", "--include-hidden", ".x-*").get("/.x-1/file.css.sha256").status == 200
