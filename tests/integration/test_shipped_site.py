"""The site in resources/, with which `./run` greets: its links, and how it looks and behaves in a real browser."""

import html
import html.parser
import json
import re
import shutil
import subprocess

import pytest

from support.chromium import Chromium
from support.looks import PALE, expect_a_good_fit
from support.server import REPOSITORY
from support.waiting import PATIENCE

PAGES = ["/", "/about.html", "/contact.html"]
WIDTHS = [320, 390, 1280]

# One mode is enough: what is under test are the files.
pytestmark = pytest.mark.modes("many")


@pytest.fixture
def root(scratch):
    return shutil.copytree(REPOSITORY / "resources", scratch / "resources")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


class Addresses(html.parser.HTMLParser):
    """Every address that a page leads to or asks for."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src", "srcset", "action")]


@pytest.mark.parametrize("page", PAGES)
def test_every_address_is_of_this_server_and_leads_somewhere(server, page):
    addresses = Addresses(server.get(page).text).found
    assert {"/", "/about.html", "/contact.html", "/style.css", "/site.js"} <= set(addresses)
    for address in addresses:
        assert address.startswith("/") and not address.startswith("//"), address
        assert server.get(address).status == 200, address


@pytest.mark.parametrize("name", ["style.css", "site.js", "mark.svg"])
def test_nothing_else_asks_for_more(server, name):
    text = server.get(f"/{name}").text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"//[a-z]|url\(|@import|^import", text, re.MULTILINE)


def shown_size(count):
    """As the listing writes sizes."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.1f} {unit}" if unit != "bytes" and count < 9.95 else f"{count:.0f} {unit}"
        count /= 1000
    raise AssertionError("too large for the shipped site")


def test_the_start_page_shows_what_is_in_the_folder(server):
    page = server.get("/").text
    names = [path.name for path in server.root.iterdir() if path.is_file()]
    for name in set(names) - {"index.html", "style.css", "site.js", "mark.svg"}:
        assert f'href="/{name}"' in page, name
        if not name.endswith(".html"):
            item = page[page.index(f'href="/{name}"') :]
            assert f"<small>{shown_size((server.root / name).stat().st_size)}</small>" in item[: item.index("</li>")]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_do_what_they_say(server, scratch, page):
    """As they stand there, with another address."""
    blocks = re.findall(r"<pre>(.*?)</pre>", server.get(page).text, re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", "", "\n".join(blocks).replace("http://localhost:8080", f"http://{server.host}")))
    commands = [line for line in text.splitlines() if line]
    assert commands
    for command in commands:
        run = ["bash", "-c", f"{command} --fail --silent --show-error --max-time 60"]
        ended = subprocess.run(run, capture_output=True, text=True, timeout=PATIENCE, cwd=scratch, check=False)
        assert ended.returncode == 0, (command, ended.stderr)
        if "/upload" in command:
            assert json.loads(ended.stdout)["status"] == "success"
        elif " -I " in command:
            assert ended.stdout.startswith("HTTP/1.1 200 OK")
        else:
            assert (scratch / "photo.png").read_bytes() == (server.root / "photo.png").read_bytes()


# In the browser

# The lines on which the links of the menu stand.
MENU = "[...new Set([...document.querySelectorAll('nav a')].map((link) => link.getBoundingClientRect().top))]"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits(server, browser, page, width):
    """No scrolling sideways, a menu on one line, targets that a thumb can hit, texts that can be read, nothing amiss."""
    for dark in (False, True):
        browser.show(f"http://{server.host}{page}", width=width, dark=dark)
        expect_a_good_fit(browser, width)
        assert len(browser.evaluate(MENU)) == 1
        assert browser.complaints() == []
        assert all(address.startswith(f"http://{server.host}/") for address in browser.requests()), browser.requests()


def test_pale_texts_are_found(server, browser):
    """Whatever makes them pale: their colour, its alpha, or the opacity of anything around them."""
    browser.show(f"http://{server.host}/")
    assert browser.evaluate(PALE) == []
    for style in ["color: #aaa", "color: rgb(0 0 0 / 0.3)", "opacity: 0.4", "opacity: 0"]:
        for element in ["h1", "main", "body"]:
            browser.evaluate(f"void (document.querySelector({json.dumps(element)}).style = {json.dumps(style)})")
            texts = [text for text, _ in browser.evaluate(PALE)]
            shown = browser.evaluate("document.querySelector('h1').innerText")
            if element == "h1" or style.startswith("opacity"):
                assert shown in texts, (style, element)
            else:
                assert texts != [], (style, element)
            browser.evaluate(f"document.querySelector({json.dumps(element)}).removeAttribute('style')")
    assert browser.evaluate(PALE) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_mark_stands_in_line_with_the_text(server, browser, page):
    browser.show(f"http://{server.host}{page}")
    box = "(({ left, top, bottom }) => [left, (top + bottom) / 2])(%s.getBoundingClientRect())"
    mark = browser.evaluate(box % "document.querySelector('.name img')")
    heading = browser.evaluate(box % "document.querySelector('h1')")
    word = browser.evaluate(
        "(() => { const range = new Range(); range.selectNodeContents(document.querySelector('.name').lastChild);"
        f"return {box % 'range'}; }})()"
    )
    assert mark[0] == heading[0], "the left edges"
    assert abs(mark[1] - word[1]) <= 2, "the middles"


@pytest.mark.parametrize("page", PAGES)
def test_it_can_be_used_without_a_mouse(server, browser, page):
    """Landmarks with names, a heading for each level, and a focus that is seen wherever it is."""
    browser.show(f"http://{server.host}{page}")
    assert browser.evaluate("['header', 'nav[aria-label]', 'main', 'footer'].filter((each) => !document.querySelector(each))") == []
    levels = browser.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), levels
    targets = browser.evaluate("document.querySelectorAll('a, button, input, textarea').length")
    seen = []
    for _ in range(targets):
        for kind in ("rawKeyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen.append(browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert seen == ["solid"] * targets
    assert browser.evaluate("[...document.querySelectorAll('input, textarea')].every((each) => each.labels.length === 1)")


def test_nothing_moves_for_those_who_do_not_like_it(server, browser):
    browser.show(f"http://{server.host}/")
    moving = "[...document.querySelectorAll('*')].some((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0)"
    assert browser.evaluate(moving)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert not browser.evaluate(moving)


def fill(browser, field, text):
    browser.evaluate(f"void (document.getElementById({json.dumps(field)}).value = {json.dumps(text)})")


def send(browser):
    """Press the button, and wait until the form can be sent again."""
    browser.evaluate("void document.querySelector('form button').click()")
    browser.wait_until("!document.querySelector('form button').disabled")
    return browser.evaluate("document.getElementById('answer').innerText"), browser.evaluate(
        "document.getElementById('answer').className.split(' ')[1]"
    )


def test_the_upload_shows_its_answer(server, browser):
    browser.show(f"http://{server.host}/", width=390)
    fill(browser, "document", '{"from": "a form"}')
    text, kind = send(browser)
    (name,) = [name for name in server.uploads() if name.endswith(".json")]
    assert kind == "good" and text.startswith("201 Created") and f"/uploads/{name}" in text
    assert browser.evaluate("document.querySelector('#answer a').pathname") == f"/uploads/{name}"
    assert server.get(f"/uploads/{name}").content == b'{"from": "a form"}'
    expect_a_good_fit(browser, 390)


def test_the_upload_shows_what_is_wrong(server, browser):
    browser.show(f"http://{server.host}/", width=390)
    link = browser.evaluate("getComputedStyle(document.querySelector('main a')).color")
    fill(browser, "document", '{"name": bobbin}')
    text, kind = send(browser)
    assert kind == "bad" and text.startswith("400 Bad Request") and "line 1, column 10" in text
    colours = browser.evaluate("[...document.querySelectorAll('#answer *')].map((each) => getComputedStyle(each).color)")
    assert link not in colours
    expect_a_good_fit(browser, 390)

    server.stop()
    text, kind = send(browser)
    assert kind == "bad" and text.startswith("No answer")


def test_a_server_that_takes_no_documents_says_so(start, browser):
    server = start("--uploads", "off")
    browser.show(f"http://{server.host}/")
    text, kind = send(browser)
    assert kind == "bad" and text.startswith("404 Not Found") and "--uploads on" in text


def test_a_message_to_the_operator_is_stored(server, browser):
    browser.show(f"http://{server.host}/contact.html")
    fill(browser, "from", "visitor@example.org")
    fill(browser, "text", 'Hello,\n"bobbin"')
    text, kind = send(browser)
    assert kind == "good" and text.startswith("201 Created")
    (name,) = [name for name in server.uploads() if name.endswith(".json")]
    stored = json.loads((server.root / "uploads" / name).read_bytes())
    assert stored == {"from": "visitor@example.org", "message": 'Hello,\n"bobbin"'}
    assert browser.evaluate("document.getElementById('text').value") == ""


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_name_the_address_that_the_browser_shows(server, browser, page):
    shown = "[...document.querySelectorAll('pre .origin')].map((each) => each.textContent)"
    browser.show(f"http://localhost:{server.port}{page}")
    assert set(browser.evaluate(shown)) == {f"http://localhost:{server.port}"}
    browser.show(f"http://localhost:{server.port}{page}", script=False)
    assert set(browser.evaluate(shown)) == {"http://localhost:8080"}


@pytest.mark.parametrize("page", ["/", "/contact.html"])
def test_without_a_script_there_is_the_command(server, browser, page):
    browser.show(f"http://{server.host}{page}", script=False)
    assert not browser.evaluate("document.querySelector('form').checkVisibility()")
    assert browser.evaluate("document.querySelector('pre').innerText").startswith("curl -H 'Content-Type: application/json' -d ")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_an_error(server, browser, width):
    for dark in (False, True):
        browser.show(f"http://{server.host}/none", width=width, dark=dark)
        assert browser.evaluate("document.querySelector('h1').innerText") == "404 Not Found"
        expect_a_good_fit(browser, width)
        assert browser.requests() == [f"http://{server.host}/none"]
        link = browser.evaluate("getComputedStyle(document.querySelector('a')).color")
        texts = browser.evaluate("[...document.querySelectorAll('h1, p, em')].map((each) => getComputedStyle(each).color)")
        assert link not in texts
    browser.evaluate("void document.querySelector('a').click()")
    browser.wait_until("location.pathname === '/' && document.readyState === 'complete'")
