"""Sites, options and requests that are drawn at random, the same for the same seed."""

import json
import os
import random
import time
from urllib.parse import quote

from .site import PNG_SIGNATURE, noise

WORDS = ["a", "about", "assets", "b.c", "guide", "index", "naïve", "old", "sp ace"]
ENDS = [".html", ".html", ".js", ".css", ".png", ".txt", ".svgz", ".json", "", ".unknown"]
CODED = {".br": b"\x0b\x02\x80hello\x03", ".gz": b"\x1f\x8b\x08", ".zst": b"\x28\xb5\x2f\xfd"}


class Drawn:
    """One site in `folder`, and the configuration file of a server for it."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        self.paths = []
        for depth in range(3):
            self._fill(depth)
        self._link()
        self.config = folder / "bobbin.toml"
        self.config.write_text(self._configuration(folder))

    def are_settled(self):
        """Whether the last change of every file is so old that its ETag is strong, and stays the same."""
        newest = max(path.lstat().st_ctime for path in self.root.rglob("*"))
        return time.time() > newest + 0.1

    def _fill(self, depth):
        folder = self.root.joinpath(*self.random.choices(WORDS, k=depth))
        if any(each.is_file() for each in [folder, *folder.parents]):
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.paths.append(self._path_of(folder))
        for name in ["index.html", *(self.random.choice(WORDS) + self.random.choice(ENDS) for _ in range(5))]:
            path = folder / name
            if self.random.random() < 0.2 or path.exists():
                continue
            path.write_bytes(self._content(path.suffix))
            self.paths.append(self._path_of(path))
            for end, content in CODED.items():
                if self.random.random() < 0.15:
                    path.with_name(name + end).write_bytes(content)
        if self.random.random() < 0.5:
            hidden = folder / self.random.choice([".env", ".well-known", ".hidden.html"])
            hidden.write_bytes(b"secret")
            self.paths.append(self._path_of(hidden))

    def _content(self, end):
        size = self.random.choice([0, 7, 900, 5_000, 70_000, 200_000])
        return PNG_SIGNATURE + noise(size) if end == ".png" else (b"some text, again and again. " * (size // 20))[:size]

    def _link(self):
        (self.root / "linked.html").symlink_to("index.html")
        (self.root / "outward").symlink_to("/etc")
        os.mkfifo(self.root / "pipe")
        (self.root / "nothing.html").symlink_to("is-not-there")
        self.paths += ["/linked.html", "/outward/hosts", "/pipe", "/nothing.html"]

    def _path_of(self, path):
        return "/" + "/".join(path.relative_to(self.root).parts)

    def _some(self, *choices):
        return self.random.choice(choices)

    def _configuration(self, folder):
        keys = {
            "root": str(self.root),
            "profile": self._some("classic", "folder"),
            "compress": self._some("off", "prepared", "on"),
            "clean_urls": self._some("off", "on", "redirect"),
            "trailing_slash": self._some("auto", "always", "never"),
            "listing": self._some(True, False),
            "checksums": self._some(True, False),
            "security_headers": self._some(True, False),
            "follow_symlinks": self._some("no", "inside"),
            "header": ["X-Site: drawn"],
            "redirect": [f"{quote(self._some(*self.paths))} /moved", "/gone/* /about/:splat 302"],
            "allow_host": ["drawn.example", "*.wild.example"],
        }
        if self._some(True, False):
            keys["spa"] = "index.html"
            (self.root / "index.html").write_bytes(b"<p>app</p>")
        if self._some(True, False):
            keys["immutable"] = "/assets/**"
        if self._some(True, False):
            (folder / "lost.html").write_bytes(b"<p>lost</p>" * 10)
            keys["error_page"] = f"404={folder / 'lost.html'}"
        if self.random.random() < 0.3:
            keys["canonical_host"] = "drawn.example"
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        for _ in range(self.random.randrange(4)):
            lines += ["[[rule]]", *(f"{key} = {json.dumps(value)}" for key, value in self._rule().items())]
        lines += ["[[site]]", 'names = "other.example"', f"root = {json.dumps(str(self.root))}", 'profile = "folder"']
        return "\n".join(lines) + "\n"

    def _rule(self):
        rule = {"path": self._some("/**", "*.html", "/assets/**", "/a/*", self._some(*self.paths).replace("*", ""))}
        for key, values in {
            "method": ["GET", "POST"],
            "status": ["404", "2xx"],
            "set": ["X-Rule: 1", "Cache-Control: private"],
            "remove": ["X-Site", "X-Content-Type-Options"],
            "cache_control": ["no-store"],
            "download": ["on", "off"],
            "compress": ["off", "prepared", "on"],
            "content_coding": ["identity", "gzip", "br"],
            "cors": ["*", "https://friend.example"],
            "deny_client": ["127.0.0.1", "192.0.2.0/24"],
        }.items():
            if self.random.random() < 0.25:
                rule[key] = self._some(*values)
        return rule

    def request(self):
        """(method, target, host, fields)"""
        method = self._some("GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "FROB")
        path = self._some(*self.paths)
        for change in (
            lambda text: text + "/",
            lambda text: text.rstrip("/"),
            lambda text: text.removesuffix(".html"),
            lambda text: text + self._some(".sha256", ".gz", ".none", "?x=1", "?format=json"),
            lambda text: self._some("/../", "/%2e%2e", "//", "/./", "/gone/", "/uploads/", "\\") + text,
        ):
            if self.random.random() < 0.15:
                path = change(path)
        target = quote(path or "/", safe="/%?=.\\")
        if self.random.random() < 0.03:
            target = self._some("%zz", "/%", "*", "/a%00b", "/%ff", "/" + "x" * 300)
        host = self._some("localhost:{port}", "localhost:{port}", "127.0.0.1:{port}", "drawn.example", "other.example:{port}",
                          "a.wild.example", "evil.example", "", "bad host")  # fmt: skip
        return method, target, host, self._fields()

    def _fields(self):
        fields = []
        for name, values in {
            "Accept": ["text/html", "application/json", "*/*", "text/html;q=0.5, application/json"],
            "Accept-Encoding": ["gzip", "br, gzip, zstd", "zstd;q=0.2, gzip", "identity;q=0", "*;q=0", "nonsense,,"],
            "Range": ["bytes=0-9", "bytes=5-", "bytes=-3", "bytes=900000-", "bytes=0-1,4-5", "lines=1"],
            "If-None-Match": ["*", '"none"'],
            "If-Match": ["*", '"none"'],
            "If-Modified-Since": ["Sat, 29 Oct 2033 19:43:31 GMT", "Sat, 29 Oct 1994 19:43:31 GMT", "nonsense"],
            "Origin": ["https://friend.example", "https://enemy.example"],
            "Access-Control-Request-Method": ["GET"],
            "Want-Repr-Digest": ["sha-256=1"],
            "Expect": ["100-continue", "something-else"],
            "Connection": ["close", "keep-alive"],
            "Content-Length": ["0", "5", "x"],
        }.items():
            if self.random.random() < 0.12:
                fields.append((name, self._some(*values)))
        return fields
