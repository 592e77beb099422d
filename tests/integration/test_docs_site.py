"""The pages that `./pages` makes of the documents: whole, linked, and searched in a real browser, beneath an address of
their own."""

import base64
import gzip
import html.parser
import importlib.util
import json
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest

from support.chromium import Chromium
from support.looks import expect_a_good_fit
from support.server import REPOSITORY, clean_environment
from support.waiting import PATIENCE

PLACE = "manual/bobbin"
VOID = {"meta", "link", "input", "img", "br", "hr", "wbr", "source"}
DECISION = "decisions/0018-http2.html"


def run(*words, directory=None):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=PATIENCE, cwd=directory,
                          env=clean_environment(), stdin=subprocess.DEVNULL, check=False)  # fmt: skip


def make(directory, repository=REPOSITORY):
    return run(sys.executable, repository / "scripts/docs_site.py", directory)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder in which the site lies in a part of its own."""
    folder = tmp_path_factory.mktemp("site")
    ended = run(REPOSITORY / "pages", PLACE, directory=folder)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def site(built):
    return built / PLACE


@pytest.fixture
def server(start_plain, built):
    return start_plain("--port", "0", "--root", built, "--uploads", "off", root=built)


class Page(html.parser.HTMLParser):
    """What a page has, with what is not closed, or closed twice."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.ids, self.links, self.resources, self.tags = [], [], [], [], [], []
        self.language = None
        self.feed(text)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        if len(values) != len(attributes) or "style" in values:
            self.faults.append(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "html":
            self.language = values.get("lang")
        if tag == "a":
            self.links.append(values["href"])
        elif tag == "link":
            self.resources.append(values["href"])
        self.resources += [values[name] for name in ("src", "srcset", "action", "data", "poster") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def names_of_pages(site):
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


@pytest.fixture(scope="module")
def pages(site):
    return {name: Page((site / name).read_text()) for name in names_of_pages(site)}


def document_of(name):
    """The file of which a page is made, as it says itself."""
    return REPOSITORY / re.search(r"made of <code>(.*?)</code>", name)[1]


def test_every_document_is_a_page_and_in_every_navigation(site, pages):
    documents = {path for path in [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]}
    assert {document_of((site / name).read_text()) for name in pages} == documents
    for name, page in pages.items():
        led_to = {posixpath.normpath(posixpath.join(posixpath.dirname(name), link.partition("#")[0])) for link in page.links}
        assert set(pages) <= led_to, name


def test_every_page_is_whole(pages):
    for name, page in pages.items():
        assert page.faults == [], name
        assert page.language == "en", name
        assert page.tags.count("h1") == 1 and page.tags.count("main") == 1, name
        assert len(page.ids) == len(set(page.ids)), name


def test_headings_have_the_anchors_that_documents_use(site, pages):
    specification = importlib.util.spec_from_file_location("check_links", REPOSITORY / "scripts/check_links.py")
    check_links = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(check_links)
    for name, page in pages.items():
        assert check_links.anchors(document_of((site / name).read_text())) <= set(page.ids), name


def test_every_link_leads_somewhere(server, pages):
    known = {}

    def ids_at(path):
        if path not in known:
            answer = server.get(path)
            assert answer.status == 200, path
            known[path] = Page(answer.text).ids if path.endswith(".html") else []
        return known[path]

    for name, page in pages.items():
        for address in page.resources:
            assert not urlsplit(address).scheme and not urlsplit(address).netloc, (name, address)
        for address in page.links + page.resources:
            parts = urlsplit(address)
            if parts.scheme:
                assert parts.scheme in ("http", "https"), (name, address)
                continue
            assert not parts.netloc and not parts.path.startswith("/"), (name, address)
            path = posixpath.normpath(posixpath.join(f"/{PLACE}", posixpath.dirname(name), parts.path or posixpath.basename(name)))
            assert not parts.path.endswith(".md"), (name, address)
            ids = ids_at(path)
            assert not parts.fragment or unquote(parts.fragment) in ids, (name, address)
    assert set(known) >= {f"/{PLACE}/{name}" for name in pages}


@pytest.mark.parametrize("name", ["pages.css", "search.js"])
def test_nothing_else_asks_for_more(site, name):
    assert not re.search(r"//[a-z]|url\(|@import|^import|fetch\(", (site / name).read_text(), re.MULTILINE)


def test_what_the_pages_say_themselves_is_said_in_full():
    for path in (REPOSITORY / "scripts/docs_site").iterdir():
        assert "…" not in path.read_text(), path


def test_the_index_is_small_and_has_every_heading(site, pages):
    text = (site / "search-index.js").read_text()
    assert len(text) < 600_000
    packed = re.fullmatch(r'bobbinSearch\.take\("([A-Za-z0-9+/=]+)"\);\n', text)[1]
    index = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert {name for name, *_ in index} == set(pages)
    texts = {}
    for name, title, _less, sections in index:
        assert title
        for anchor, heading, content in sections:
            assert anchor in pages[name].ids and heading
            texts[name, anchor] = heading + " " + content
    assert texts["configuration.html", "--grace-period"].startswith("--grace-period TIME ")
    assert "BOBBIN_GRACE_PERIOD" in texts["configuration.html", "--grace-period"]
    assert texts["configuration.html", "inboxes.dedupe"].startswith("dedupe ")
    assert "Landlock" in texts["operating.html", "sandbox"]


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_the_same_when_it_is_made_again(site, scratch):
    """In another folder byte for byte; in the same, files that are the same are left alone, and pages that are no more go."""
    again = scratch / "again"
    assert make(again).returncode == 0
    assert contents(again) == contents(site)

    (again / "index.html").write_text((again / "index.html").read_text() + "changed")
    shutil.copy(again / "tls.html", again / "gone.html")
    (again / "mine.html").write_text("<!DOCTYPE html><title>Mine</title>")
    times = {name: (again / name).stat().st_mtime_ns for name in contents(site)}
    assert make(again).returncode == 0
    assert contents(again) == {**contents(site), pathlib.Path("mine.html"): (again / "mine.html").read_bytes()}
    assert {name for name in times if (again / name).stat().st_mtime_ns != times[name]} == {pathlib.Path("index.html")}


def test_a_folder_with_other_files_is_left_alone(scratch):
    (scratch / "index.html").write_text("<!DOCTYPE html><title>Mine</title>")
    ended = make(scratch)
    assert ended.returncode == 1 and "the folder has other files in it" in ended.stderr
    assert [path.name for path in scratch.iterdir()] == ["index.html"]


# What is wrong with documents


@pytest.fixture
def repository(scratch):
    """A copy whose documents can be changed."""
    copy = scratch / "repository"
    copy.mkdir()
    for path in REPOSITORY.iterdir():
        if path.suffix == ".md":
            shutil.copy(path, copy)
        elif path.name in ("docs", "scripts"):
            shutil.copytree(path, copy / path.name)
        elif path.name not in (".git", "build"):
            (copy / path.name).symlink_to(path)
    return copy


def append(path, text):
    """Appends a line; returns its number."""
    lines = path.read_text().count("\n") + 2
    path.write_text(path.read_text() + f"\n{text}\n")
    return lines


def expect_a_fault(repository, scratch, *messages):
    ended = make(scratch / "site", repository)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == list(messages)
    assert not (scratch / "site").exists()


def test_links_that_lead_nowhere(repository, scratch):
    links = ["nowhere.md", "inbox.md#nowhere", "#nowhere", "../src/nowhere.cpp", "../../elsewhere.md"]
    whys = ["no such file", "no such heading", "no such heading", "no such file", "leads out of the repository"]
    lines = [append(repository / "docs/tls.md", f"See [this]({link}).") for link in links]
    picture = append(repository / "README.md", "![a picture](https://example.org/a.png)")
    expect_a_fault(
        repository,
        scratch,
        f"README.md:{picture}: https://example.org/a.png: a picture has to be in the repository",
        *(f"docs/tls.md:{line}: {link}: {why}" for line, link, why in zip(lines, links, whys, strict=True)),
    )


def test_a_document_that_the_table_does_not_name(repository, scratch):
    (repository / "docs/forgotten.md").write_text("# Forgotten\n")
    (repository / "docs/tls.md").unlink()
    expect_a_fault(
        repository,
        scratch,
        "docs/forgotten.md: no group of pages has it: add it to GROUPS in scripts/docs_site.py",
        "docs/tls.md: GROUPS in scripts/docs_site.py names it, but there is no such file",
    )


def test_html_in_a_document(repository, scratch):
    line = append(repository / "docs/tls.md", "A <b>bold</b> word.")
    expect_a_fault(repository, scratch, f"docs/tls.md:{line}: <b>: the only HTML for a document is <br>")


# In the browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture
def strict(start_plain, built):
    """A server that lets pages load nothing but files of its own, with a script or a style in none of them."""
    policy = "Content-Security-Policy: default-src 'self'"
    return start_plain("--port", "0", "--root", built, "--uploads", "off", "--header", policy, root=built)


@pytest.mark.parametrize("name", ["index.html", "configuration.html", DECISION])
def test_a_page_fits(strict, browser, name):
    """No scrolling sideways, targets that a thumb can hit, texts that can be read, nothing amiss."""
    for width, dark in [(390, False), (1280, True)]:
        browser.show(f"http://{strict.host}/{PLACE}/{name}", width=width, dark=dark)
        expect_a_good_fit(browser, width)
        assert browser.complaints() == []
        assert all(address.startswith(f"http://{strict.host}/{PLACE}/") for address in browser.requests())


def search(browser, words):
    """Types them; returns (heading, page, what of the address is behind the site's own) of each result."""
    browser.evaluate(f"""void (() => {{
      const field = document.getElementById("site:query");
      field.focus();
      field.value = {json.dumps(words)};
      document.querySelector("[role=status]").textContent = "";
      field.dispatchEvent(new Event("input"));
    }})()""")
    browser.wait_until("document.querySelector('[role=status]').textContent !== ''")
    found = browser.evaluate("""[...document.querySelectorAll(".results a")].map((link) => [
      link.querySelector("strong").textContent, link.querySelector("small").textContent, link.href])""")
    return [(heading, title, link.partition(f"/{PLACE}/")[2]) for heading, title, link in found]


def status(browser):
    return browser.evaluate("document.querySelector('[role=status]').innerText")


def press(browser, key, code):
    text = {"text": "\r"} if key == "Enter" else {}
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


def test_the_search_finds(strict, browser):
    browser.show(f"http://{strict.host}/{PLACE}/{DECISION}", width=390)
    option = ("--grace-period TIME", "Configuration", "configuration.html#--grace-period")
    for words in ("--grace-period", "grace_period", "BOBBIN_GRACE_PERIOD", "grace-per", "GRACE period"):
        assert search(browser, words)[0] == option, words
    assert ("Sandbox", "Operating bobbin", "operating.html#sandbox") in search(browser, "Landlock")
    dedupe = search(browser, "dedupe")
    assert dedupe[0] == ("dedupe", "Configuration", "configuration.html#inboxes.dedupe")
    assert ("Exactly once", "Inboxes", "inbox.html#exactly-once") in dedupe
    assert search(browser, "--keep-alive-timeout")[0][2] == "configuration.html#--keep-alive-timeout"
    assert browser.evaluate("[...document.querySelectorAll('.results span')].some((each) => each.textContent.length > 50)")
    expect_a_good_fit(browser, 390)

    assert search(browser, "bicycle") == []
    assert status(browser) == "Nothing in the documents fits “bicycle”."
    expect_a_good_fit(browser, 390)
    assert browser.complaints() == []


def test_results_are_reached_by_keyboard_and_lead_to_their_headings(strict, browser):
    browser.show(f"http://{strict.host}/{PLACE}/index.html")
    press(browser, "/", 191)
    assert browser.evaluate("document.activeElement.id") == "site:query"
    found = search(browser, "grace period")
    press(browser, "ArrowDown", 40)
    press(browser, "ArrowDown", 40)
    assert browser.evaluate("document.activeElement.href").endswith(found[1][2])
    press(browser, "ArrowUp", 38)
    press(browser, "ArrowUp", 38)
    assert browser.evaluate("document.activeElement.id") == "site:query"
    press(browser, "Escape", 27)
    assert browser.evaluate("document.querySelector('.results').hidden")
    search(browser, "grace period")
    press(browser, "Enter", 13)
    browser.wait_until("location.pathname.endsWith('/configuration.html') && document.querySelector(':target') !== null")
    assert browser.evaluate("document.querySelector(':target').textContent").strip().startswith("--grace-period")


def test_it_works_from_a_file(browser, site):
    browser.show((site / DECISION).as_uri())
    assert search(browser, "grace_period")[0][2] == "configuration.html#--grace-period"
    assert browser.complaints() == []


def test_without_a_script_there_is_no_field_and_everything_else(server, browser):
    browser.show(f"http://{server.host}/{PLACE}/inbox.html", width=390, script=False)
    shown = "document.querySelector(%s).checkVisibility()"
    assert not browser.evaluate(shown % "'.search'")
    assert not browser.evaluate(shown % "'nav.pages'")
    box = browser.evaluate("(({ x, y }) => [x, y])(document.querySelector('.buttons button').getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=box[0] + 10, y=box[1] + 10, button="left", clickCount=1)
    assert browser.evaluate(shown % "'nav.pages'")
    expect_a_good_fit(browser, 390)
