"""Which file an address means: redirects, clean addresses, single-page apps, releases, pages for errors."""

import json
import os
import signal
import threading

import pytest

from support.server import run_to_end
from support.validators import strong_etag
from support.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.semantics, pytest.mark.http2]

BROWSER = [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
SCRIPT = [("Accept", "*/*")]


def moved(response):
    """`301 /new` of an answer."""
    return f"{response.status} {response['Location']}"


def listed(response, name):
    return [value for field, value in response.fields if field.lower() == name.lower()]


# --- redirects ---


def test_redirects_of_options_go_before_those_of_the_file(start, scratch):
    table = scratch / "_redirects"
    table.write_text("# moved\n/old /never\n/blog/* https://blog.example.org/:splat 302\n/about.html /company 308\n")
    server = start("--redirect", "/old /new", "--redirects-file", table)
    assert moved(server.get("/old")) == "301 /new"
    assert moved(server.get("/blog/2026/may?x=1")) == "302 https://blog.example.org/2026/may?x=1"
    assert moved(server.get("/about.html")) == "308 /company", "a redirect goes before a file"
    assert moved(server.ask("POST", "/old", content=b"")) == "301 /new"
    assert server.get("/contact.html").status == 200


def test_the_file_of_redirects_is_followed(start, scratch):
    table = scratch / "_redirects"
    table.write_text("/a /b\n")
    server = start("--redirects-file", table)
    assert moved(server.get("/a")) == "301 /b"
    table.write_text("/a /c 307\n")
    server.log.wait_for("error pages have changed and are in use")
    assert moved(server.get("/a")) == "307 /c"
    table.write_text("/a /c 200\n")
    server.log.wait_for("the old ones stay in use: --redirects-file: .*_redirects.* cannot be used: line 1: the status is 200")
    assert moved(server.get("/a")) == "307 /c"


def test_no_redirect_leads_to_a_host_that_is_not_written(start):
    server = start("--redirect", "/r/* /:splat", "--path-rules", "standard")
    for target in ("/r//evil.example", "/r/%2F%2Fevil.example", "/r///evil.example/x"):
        response = server.get(target)
        location = response.get("Location")
        assert location is None or (location.startswith("/") and location[1:2] not in ("/", "\\")), (target, location)


@pytest.mark.parametrize(
    "text, message",
    [
        ("/a", "FROM TO or FROM TO STATUS"),
        ("/a //evil.example", "FROM TO"),
        ("/a /b 200", "FROM TO"),
    ],
)
def test_a_bad_redirect_is_refused(binary, text, message):
    result = run_to_end(binary, "--redirect", text)
    assert result.returncode == 2 and f'--redirect: "{text}" is not allowed' in result.stderr and message in result.stderr


def test_a_bad_line_is_named(binary, scratch):
    table = scratch / "_redirects"
    table.write_text("/a /b\n\n/c ftp://x/\n")
    result = run_to_end(binary, "--check-config", "--redirects-file", table)
    assert result.returncode == 2 and "line 3: the second word must be a path" in result.stderr, result


def test_one_name_of_a_site_is_the_canonical_one(start):
    server = start("--allow-host", "www.example.org", "--canonical-host", "example.org")
    assert moved(server.get("/about.html?x", host="www.example.org")) == f"308 {server.scheme}://example.org/about.html?x"
    assert server.get("/about.html", host="example.org").status == 200
    assert server.get("/about.html").status == 200, "an address is no name of the site"
    assert server.get("/about.html", host="other.example").status == 403
    server.log.wait_for(r"Accepted hosts: .*, www\.example\.org, example\.org \(")


# --- clean addresses ---


@pytest.fixture
def pages(root):
    (root / "guide.html").write_text("guide")
    (root / "docs").mkdir()
    (root / "docs/index.html").write_text("docs")
    return root


def test_clean_addresses(start, pages):
    server = start("--clean-urls", "redirect")
    for _ in range(3):  # read, kept, and given again
        assert server.get("/guide").text == "guide"
        assert server.get("/docs/").text == "docs"
    assert moved(server.get("/guide.html?a=b")) == "308 /guide?a=b"
    assert moved(server.get("/docs/index.html")) == "308 /docs/"
    assert moved(server.get("/docs")) == "308 /docs/"
    etag = strong_etag(server, "/guide")
    assert server.get("/guide", fields=[("If-None-Match", etag)]).status == 304
    assert server.get("/guide", fields=[("Range", "bytes=1-2")]).text == "ui"
    (pages / "guide").write_text("a file of this very name")
    assert server.get("/guide").text == "a file of this very name", "what is there now goes first"


def test_a_switch_alone_is_on(start, pages):
    assert start("--clean-urls").get("/guide").text == "guide"


def test_addresses_without_slash(start, pages):
    server = start("--trailing-slash", "never")
    assert server.get("/docs").text == "docs"
    assert moved(server.get("/docs/")) == "308 /docs"


def test_other_names_for_the_index(start, pages):
    (pages / "docs/start.htm").write_text("start")
    server = start("--index", "start.htm", "--index", "index.html")
    assert server.get("/docs/").text == "start"
    assert server.get("/").status == 200


# --- single-page apps ---


@pytest.fixture
def app(root):
    (root / "index.html").write_text("<title>app</title>")
    (root / "assets").mkdir()
    (root / "assets/app.1a2b.js").write_text("let a;")
    return root


def test_a_single_page_app(start, app):
    server = start("--profile", "folder", "--spa")
    for _ in range(3):
        for target in ("/", "/users/7", "/users/7?tab=2", "/deep/er/"):
            page = server.get(target, fields=BROWSER)
            assert page.status == 200 and page.text == "<title>app</title>", (target, page)
            assert page["Content-Type"] == "text/html; charset=utf-8" and page["Cache-Control"] == "no-cache"
            assert target == "/" or "Accept" in listed(page, "Vary")
        assert server.get("/users/7", fields=SCRIPT).status == 404
        missing = server.get("/assets/app.0000.js", fields=BROWSER)
        assert missing.status == 404 and missing["Cache-Control"] == "no-store" and "app</title>" not in missing.text
        assert server.get("/assets/app.1a2b.js", fields=SCRIPT).text == "let a;"
    etag = strong_etag(server, "/index.html")
    again = server.get("/users/8", fields=[*BROWSER, ("If-None-Match", etag)])
    assert again.status == 304 and "Accept" in listed(again, "Vary")
    assert server.get("/.git/config", fields=BROWSER).status in (200, 404)
    assert server.get("/../etc/passwd", fields=BROWSER).status == 403


def test_the_page_of_the_app_must_be_there(binary, app):
    result = run_to_end(binary, app, "--check-config", "--spa", "app.html")
    assert result.returncode == 2 and '--spa: "app.html" is no file in' in result.stderr, result


def test_spa_before_the_directory(start_plain, app):
    """`bobbin --spa DIR`, as people write it for `serve -s DIR`."""
    server = start_plain("--spa", app, "0")
    assert server.get("/users/7", fields=BROWSER).text == "<title>app</title>"


# --- releases ---


def release(folder, number):
    """A release of an app: a page, and a script whose name has the number in place of a hash."""
    path = folder / f"release-{number}"
    (path / "assets").mkdir(parents=True)
    (path / "index.html").write_text(f'<script src="/assets/app.{number:04}.js"></script>')
    (path / f"assets/app.{number:04}.js").write_text(f"script of {number}")
    return path


def switch(link, target):
    link.with_suffix(".new").symlink_to(target)
    os.replace(link.with_suffix(".new"), link)


FOLLOWED = "leads to another directory, which is served from now on"


def test_a_deploy_breaks_no_open_tab(start, scratch):
    """The files of earlier releases are found, those that are immutable, of as many releases as are kept."""
    link = scratch / "current"
    link.symlink_to(release(scratch, 0))
    server = start("--profile", "folder", "--immutable", "/assets/**", "--keep-releases", "2", "--spa", "on", root=link)
    for number in range(1, 4):
        switch(link, release(scratch, number))
        server.log.wait_for(FOLLOWED, count=number)
    assert server.get("/assets/app.0003.js").text == "script of 3"
    old = server.get("/assets/app.0002.js", fields=BROWSER)
    assert old.text == "script of 2" and old["Cache-Control"] == "public, max-age=31536000, immutable"
    assert server.get("/assets/app.0001.js").text == "script of 1"
    gone = server.get("/assets/app.0000.js", fields=BROWSER)
    assert gone.status == 404, "of the release before those that are kept"


def test_releases_are_kept_for_a_time(start, scratch):
    """However many there are, but no longer than that."""
    link = scratch / "current"
    link.symlink_to(release(scratch, 0))
    long, short = (start("--immutable", "/assets/**", "--keep-releases", time, root=link) for time in ("1d", "1s"))
    for number in range(1, 5):
        switch(link, release(scratch, number))
        for server in (long, short):
            server.log.wait_for(FOLLOWED, count=number)
    for number in range(5):
        assert long.get(f"/assets/app.{number:04}.js").text == f"script of {number}"
    assert short.get("/assets/app.0004.js").status == 200
    eventually(lambda: short.get("/assets/app.0003.js").status == 404, "the time of the last release is over")
    assert short.get("/assets/app.0004.js").status == 200


@pytest.mark.modes("many")
@pytest.mark.parametrize("value", ["101", "500ms", "400d", "two"])
def test_how_many_releases_is_a_number_or_a_time(binary, root, value):
    ended = run_to_end(binary, "--root", root, "--keep-releases", value, "--check-config")
    allowed = "a number of releases from 0 to 100, or a time from 1s to 8760h, such as 24h or 7d"
    assert ended.returncode != 0 and allowed in ended.stderr


def test_without_immutable_paths_nothing_old_is_served(start, scratch):
    link = scratch / "current"
    link.symlink_to(release(scratch, 0))
    server = start(root=link)
    switch(link, release(scratch, 1))
    server.log.wait_for(FOLLOWED)
    assert server.get("/assets/app.0000.js").status == 404
    assert server.get("/assets/app.0001.js").status == 200


def test_a_hundred_deploys_under_load(start, scratch, sanitized):
    """Each client loads a page, and what the page names only after the next deploy: it is there, and it is of the release
    of the page. A reload switches at once."""
    deploys, clients = 25 if sanitized else 100, 4
    link = scratch / "current"
    link.symlink_to(release(scratch, 0))
    server = start("--immutable", "/assets/**", "--keep-releases", "1", "--spa", root=link)
    step = threading.Barrier(clients + 1, timeout=PATIENCE)
    failures = []

    def browse():
        try:
            for number in range(deploys):
                page = server.get("/some/where", fields=BROWSER)
                step.wait()  # the next release is switched to
                step.wait()
                name = page.text.split('"')[1]
                script = server.get(name, fields=SCRIPT)
                if name != f"/assets/app.{number:04}.js" or script.text != f"script of {number}":
                    failures.append((number, page.text, script.status, script.text))
        except Exception as error:  # so that the others are not left waiting
            failures.append(error)
            step.abort()

    threads = [threading.Thread(target=browse) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for number in range(1, deploys + 1):
        step.wait()
        switch(link, release(scratch, number))
        server.signal(signal.SIGHUP)
        server.log.wait_for("Configuration reloaded", count=number)
        step.wait()
    for thread in threads:
        thread.join()
    assert failures == []


# --- pages for errors ---


def test_own_pages_for_errors(start, root):
    (root / "404.html").write_text("<p>nothing here</p>")
    (root / "error.html").write_text("<p>something else</p>")
    server = start("--error-page", "404=404.html", "--error-page", "4xx=error.html", "--profile", "folder")
    for _ in range(3):
        missing = server.get("/none", fields=BROWSER)
        assert missing.status == 404 and missing.text == "<p>nothing here</p>"
        assert missing["Content-Type"] == "text/html; charset=utf-8" and missing["Cache-Control"] == "no-store"
        assert listed(missing, "Vary") == ["Accept"]
    assert server.ask("HEAD", "/none", fields=BROWSER)["Content-Length"] == str(len("<p>nothing here</p>"))
    assert server.get("/about.html", host="evil.example").text == "<p>something else</p>"
    problem = server.get("/none", fields=[("Accept", "application/json")])
    assert problem.status == 404 and json.loads(problem.text)["status"] == 404
    (root / "404.html").write_text("<p>edited</p>")
    server.log.wait_for("error pages have changed and are in use")
    assert server.get("/none", fields=BROWSER).text == "<p>edited</p>"


def test_a_missing_page_for_errors_is_named(binary, root):
    result = run_to_end(binary, root, "--check-config", "--error-page", "404=none.html")
    assert result.returncode == 2 and "--error-page: " in result.stderr and "none.html" in result.stderr, result
    result = run_to_end(binary, root, "--error-page", "200=index.html")
    assert result.returncode == 2 and "404=404.html" in result.stderr
