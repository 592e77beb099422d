"""A page in a real browser, over HTTP/2 as browsers speak it."""

import hashlib
import html
import json
import re
import shutil
import subprocess

import pytest

from support.server import clean_environment

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>waiting</title><link rel="stylesheet" href="style.css"></head><body>
%s
<script type="module">
  const answer = await fetch("/upload", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ from: "chromium" }),
  });
  const stored = await (await fetch(answer.headers.get("Location"))).json();
  const images = [...document.images].filter((image) => image.complete && image.naturalWidth === 2).length;
  const colour = getComputedStyle(document.body).color;
  document.title = [answer.status, stored.from, images, colour].join(" ");
</script></body></html>
"""
IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"><!-- %d --></svg>'
IMAGES = 150  # more than may be asked for at once


def load(address, profile):
    """The document as it is when everything has been loaded."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed and could not be: it is in packages/long.txt")
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}",
               "--ignore-certificate-errors", "--virtual-time-budget=60000", "--dump-dom", address]  # fmt: skip
    completed = subprocess.run(command, capture_output=True, text=True, timeout=200, env=clean_environment(), check=False)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_a_page_with_all_that_it_needs(start_plain, root, scratch):
    images = [f"image-{number}.svg" for number in range(IMAGES)]
    for number, name in enumerate(images):
        (root / name).write_text(IMAGE % number)
    (root / "style.css").write_text("body { color: rgb(1, 2, 3) }")
    (root / "page.html").write_text(PAGE % "\n".join(f'<img src="{name}">' for name in images))
    server = start_plain("--root", root, "--port", "0", "--tls", "self-signed", "--log-format", "json", root=root)

    document = load(f"https://localhost:{server.port}/page.html", scratch / "profile")
    assert re.search(r"<title>(.*?)</title>", document)[1] == f"201 chromium {IMAGES} rgb(1, 2, 3)"
    exchanges = [json.loads(line) for line in server.log.lines if '"status"' in line]
    assert {exchange["request"].rsplit(" ", 1)[1] for exchange in exchanges} == {"HTTP/2.0"}
    asked = {exchange["request"].split(" ")[1] for exchange in exchanges if exchange["status"] == 200}
    assert asked >= {f"/{name}" for name in [*images, "page.html", "style.css"]}
    assert len({exchange["connection_id"] for exchange in exchanges}) <= 2, "one is enough for everything"


# It looks at a listing in a frame, which is of the same origin: types into its search, and sorts it by its buttons.
DRIVER = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>waiting</title></head><body><iframe src="folder/"></iframe>
<script type="module">
  const frame = document.querySelector("iframe");
  const loaded = () => new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  if (frame.contentDocument.readyState !== "complete" || frame.contentDocument.URL === "about:blank") await loaded();
  const shown = () =>
    [...frame.contentDocument.querySelectorAll("#entries tr:not([hidden]) a")].map((link) => link.textContent).join(",");
  const results = [shown()];
  const search = frame.contentDocument.getElementById("search");
  search.value = "TXT b";
  search.dispatchEvent(new Event("input"));
  results.push(search.hidden, shown(), frame.contentDocument.getElementById("total").textContent);
  const sorted = loaded();
  frame.contentDocument.querySelector("button[name=order][value=desc]").click();
  await sorted;
  results.push(frame.contentWindow.location.search, shown());
  document.title = results.join(" ");
</script></body></html>
"""


def test_a_listing(start_plain, root, scratch):
    """Its style and its script are let in by its own policy, and do what they are for."""
    (root / "folder").mkdir()
    for name in ["a1.txt", "b9.txt", "b10.txt", "b.iso"]:
        (root / "folder" / name).write_bytes(b"x")
    (root / "page.html").write_text(DRIVER)
    server = start_plain("--root", root, "--port", "0", "--tls", "self-signed", "--listing", "on", root=root)
    document = load(f"https://localhost:{server.port}/page.html", scratch / "profile")
    assert re.search(r"<title>(.*?)</title>", document)[1] == (
        "a1.txt,b.iso,b9.txt,b10.txt false b9.txt,b10.txt 2 of 4 ?sort=name&amp;order=desc b10.txt,b9.txt,b.iso,a1.txt"
    )


# It uses the page of an inbox in a frame: types, and chooses files.
SENDER = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>waiting</title></head><body><iframe src="/send"></iframe>
<script type="module">
  const frame = document.querySelector("iframe");
  if (frame.contentDocument.readyState !== "complete" || frame.contentDocument.URL === "about:blank")
    await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const page = frame.contentDocument;
  const text = page.getElementById("text");
  const files = page.getElementById("files");
  const told = async (count) => {
    while (page.querySelectorAll("li.good, li.bad").length < count) await new Promise((resolve) => setTimeout(resolve, 10));
    return [...page.querySelectorAll("li")].slice(0, 1).map((item) => [item.className, item.textContent])[0];
  };
  const results = [];
  const keys = [];
  const requests = frame.contentWindow.XMLHttpRequest.prototype;
  const setField = requests.setRequestHeader;
  requests.setRequestHeader = function (name, value) {
    if (name === "Idempotency-Key") keys.push(value);
    setField.call(this, name, value);
  };
  const type = (value) => {
    text.value = value;
    text.dispatchEvent(new Event("input"));
    page.querySelector("form").requestSubmit();
  };
  page.getElementById("token").value = "right";
  type('{"name": "\\u00e9", }');
  results.push(await told(1));
  await new Promise((resolve) => setTimeout(resolve, 100));
  results.push([page.getElementById("fault").textContent, text.selectionStart, text.value]);
  type('{"name": "\\u00e9"}');
  results.push(await told(2));
  const choose = (...chosen) => {
    const transfer = new DataTransfer();
    for (const [name, content] of chosen) transfer.items.add(new File([content], name));
    files.files = transfer.files;
    files.dispatchEvent(new Event("change"));
  };
  choose(["lines.ndjson", "1\\n2\\n"]);
  results.push(await told(3));
  choose(["large.json", "1".repeat(2000)]);
  results.push(await told(4));
  page.getElementById("token").value = "wrong";
  choose(["again.json", "[]"]);
  results.push(await told(5));
  page.getElementById("token").value = "right";
  page.querySelector("li button").click();
  while (page.querySelector("li").className !== "good") await new Promise((resolve) => setTimeout(resolve, 10));
  results.push(await told(5), text.value, keys);
  document.title = JSON.stringify(results);
</script></body></html>
"""


def test_the_page_of_an_inbox(start_plain, root, scratch):
    """Its style and its script are let in by its own policy, and do what they are for."""
    (root / "sender.html").write_text(SENDER)
    (scratch / "tokens").write_text(f"ada:{hashlib.sha256(b'right').hexdigest()}\n")
    (scratch / "bobbin.toml").write_text(
        f'[[inbox]]\nname = "box"\ndir = "{scratch / "box"}"\npage = "/send"\naccept = ["json", "ndjson"]\nmax_size = "1KiB"\n'
        f'token_file = "{scratch / "tokens"}"\ndedupe = ["header:Idempotency-Key"]\n'
    )
    server = start_plain("--config", scratch / "bobbin.toml", "--root", root, "--port", "0", "--tls", "self-signed", root=root)
    document = load(f"https://localhost:{server.port}/sender.html", scratch / "profile")
    title = html.unescape(re.search(r"<title>(.*?)</title>", document)[1])
    fault, place, kept, lines, large, refused, again, left, keys = json.loads(title)
    assert fault[0] == "bad" and "line 1, column 16 (byte 15)" in fault[1]
    assert place[0] in fault[1] and place[1:] == [14, '{"name": "é", }'], "the brace is marked"
    assert kept[0] == "good" and "Kept as number 1" in kept[1]
    assert lines[0] == "good" and "Kept: 2 new" in lines[1]
    assert large[0] == "bad" and "larger than 1KiB" in large[1]
    assert refused[0] == "bad" and "Try again" in refused[1]
    assert again[0] == "good" and "Kept as number 4" in again[1] and left == ""
    assert len(keys) == 5 and keys[3] == keys[4] and len(set(keys)) == 4, "it stays the same when it is tried again, and only then"
    records = [json.loads(path.read_text()) for path in sorted((scratch / "box/new").iterdir())]
    assert [record["body"] for record in records] == [{"name": "é"}, 1, 2, []]
    assert all(record["request"]["user"] == "ada" and record["key"] for record in records)
