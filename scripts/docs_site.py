#!/usr/bin/python3
"""docs_site.py DIR: makes a static site of the documents in DIR, with a search that needs no server.

Links between documents become links between pages. What a link leads to beside them is not part of the site, so it is named
instead. Headings get the anchors that GitHub gives them: documents use these for each other, and check_links.py knows them.
"""

import base64
import gzip
import html
import json
import os
import posixpath
import sys
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from check_links import ELSEWHERE, slug
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
PARTS = Path(__file__).resolve().parent / "docs_site"

# (group, [(document, what the navigation calls it)]): each document is in it once, or it would be found by nobody.
# Decisions are in it by themselves: they have numbers.
GROUPS = [
    ("Start", [
        ("README.md", "What bobbin is"),
        ("docs/packages.md", "Packages"),
        ("docs/moving.md", "Coming from another server"),
        ("CHANGELOG.md", "Changelog"),
    ]),
    ("Using it", [
        ("docs/listing.md", "Listings"),
        ("docs/addresses.md", "Addresses and redirects"),
        ("docs/sites.md", "Sites and their folders"),
        ("docs/rules.md", "Rules by path"),
        ("docs/codings.md", "Content codings"),
        ("docs/checksums.md", "Checksums"),
        ("docs/tls.md", "TLS"),
        ("docs/audit.md", "What would be served"),
        ("docs/explain.md", "What would be answered"),
    ]),
    ("Operating it", [
        ("docs/operating.md", "Operating bobbin"),
        ("docs/security.md", "Security"),
        ("docs/proxies.md", "Behind a proxy"),
        ("docs/containers.md", "Containers"),
        ("docs/monitoring.md", "Monitoring"),
        ("docs/log.md", "The log"),
        ("docs/upgrade.md", "Upgrades"),
        ("docs/backup.md", "Backup and restore"),
    ]),
    ("Inboxes", [
        ("docs/inbox.md", "Inboxes"),
        ("docs/object-store.md", "Object stores"),
        ("docs/growth.md", "How far several nodes go"),
        ("docs/durability.md", "What 201 promises"),
    ]),
    ("Reference", [
        ("docs/configuration.md", "Configuration"),
        ("docs/contract.md", "The contract"),
        ("docs/conformance.md", "Conformance"),
        ("docs/performance.md", "Performance"),
        ("docs/glossary.md", "Glossary"),
        ("ARCHITECTURE.md", "Architecture"),
        ("CONTRIBUTING.md", "Contributing"),
    ]),
]  # fmt: skip
DECISIONS = "docs/decisions"
# Its tables have a row for each option, so each row gets an anchor, and the search finds rows. What an option means stands in
# the last of six cells, which few screens would show, so it is made the second; on a phone a row becomes a list.
OPTIONS = "docs/configuration.md"
# Who searches wants to know how something is used, before why it is so or when it came.
LESS_WANTED = ("CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", f"{DECISIONS}/")

MADE_HERE = '<meta name="generator" content="bobbin, docs_site.py">'


class Fault(Exception):
    """What is wrong with the documents, for the person who has changed them."""


def name_of_page(document):
    """Where the page lies in the site."""
    name = document.removeprefix("docs/")
    name = {"README.md": "index.md", "decisions/README.md": "decisions/index.md"}.get(name, name)
    return name.lower().removesuffix(".md") + ".html"


def way(origin, target):
    """The relative address of one file of the site from another."""
    return posixpath.relpath(target, posixpath.dirname(origin) or ".")


BREAKS = {"softbreak": " ", "hardbreak": " ", "html_inline": " · "}


def plain(tokens):
    """The text of inline tokens, as a reader sees it."""
    return "".join(BREAKS.get(token.type) or plain(token.children or []) or token.content for token in tokens)


def raw(text):
    return Token("html_inline", "", 0, content=text)


class Document:
    """A document: its tokens, its headings with their anchors, and the sections that the search knows."""

    def __init__(self, name, markdown):
        self.name = name
        self.page = name_of_page(name)
        self.tokens = markdown.parse((ROOT / name).read_text(encoding="utf-8"))
        self.anchors = set()
        self.headings = []  # (level, anchor, tokens)
        self.sections = []  # [anchor, heading, text]
        self._name_headings()
        if name == OPTIONS:
            self.tokens = meaning_first(self.tokens)
            self._label_cells()
            self._name_rows()
        self._refuse_html()
        self._align_by_class()
        self._read_sections()
        if [level for level, _, _ in self.headings].count(1) != 1 or self.headings[0][0] != 1:
            raise Fault(f"{name}: a document needs one heading of the first level, before all others")
        self.title = plain(self.headings[0][2])

    def _new_anchor(self, base):
        name, repeat = base, 0
        while name in self.anchors:
            repeat += 1
            name = f"{base}-{repeat}"
        self.anchors.add(name)
        return name

    def _name_headings(self):
        for token, content in zip(self.tokens, self.tokens[1:]):
            if token.type == "heading_open":
                anchor = self._new_anchor(slug(content.content))
                token.attrSet("id", anchor)
                self.headings.append((int(token.tag[1]), anchor, content.children))

    def _name_rows(self):
        """A flag's row is `--flag`; that of a key without a flag begins with its section, as keys are no names of their own."""
        section, row = "", None
        for token in self.tokens:
            if token.type == "heading_open":
                section = token.attrGet("id")
            elif token.type == "tr_open":
                row = token
            elif token.type == "inline" and row is not None:
                words = [word for child in token.children[:1] if child.type == "code_inline" for word in child.content.split()]
                flags = [word for word in words if word.startswith("--")]
                name = flags[0] if flags else f"{section}.{words[0]}" if len(words) == 1 else None
                if name and name not in self.anchors:
                    row.attrSet("id", self._new_anchor(name))
                row = None

    def _refuse_html(self):
        for token in self.tokens:
            for each in [token, *(token.children or [])]:
                if each.type == "html_block" or (each.type == "html_inline" and each.content != "<br>"):
                    raise Fault(f"{self.name}:{line_of(token)}: {each.content.strip()}: the only HTML for a document is <br>")

    def _label_cells(self):
        labels, cells = [], []
        for before, token in zip(self.tokens, self.tokens[1:]):
            if before.type == "table_open":
                before.attrSet("class", "options")
                labels = []
            elif before.type == "tr_open":
                cells = list(labels)
            elif before.type == "th_open":
                labels.append(plain(token.children))
            elif before.type == "td_open":
                before.attrSet("data-label", cells.pop(0))

    def _align_by_class(self):
        """A style in an attribute is what a Content-Security-Policy forbids first."""
        for token in self.tokens:
            if token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", None)):
                token.attrSet("class", style.removeprefix("text-align:"))

    def _read_sections(self):
        heading, row, texts = None, None, []
        for token in self.tokens:
            if token.type == "heading_open":
                heading = token
            elif token.type == "inline" and heading is not None:
                self.sections.append([heading.attrGet("id"), plain(token.children), texts := []])
                heading = None
            elif token.type == "tr_open":
                row = [token.attrGet("id"), "", []] if token.attrGet("id") else None
            elif token.type == "tr_close" and row is not None:
                first, *others = row[2]
                row[1] = first.partition(" · ")[0]
                row[2] = [*others, "·", first]
                self.sections.append(row)
                row = None
            elif token.type in ("inline", "fence", "code_block"):
                text = plain(token.children) if token.children else token.content
                (texts if row is None else row[2]).append(text)
            elif token.type in ("td_open", "th_open"):
                # The first cell of an option's row is its heading.
                if row is None or row[2]:
                    (texts if row is None else row[2]).append("·")
        for section in self.sections:
            words = " ".join(section[2]).split()
            # Cells may be empty, and the first of a row is none of the others.
            section[2] = " ".join(word for word, before in zip(words, ["·", *words]) if word != "·" or before != "·")


def meaning_first(tokens):
    """The tokens with the last cell of each row moved behind the first."""
    moved, row = [], None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            first, *others, last = [row[at : at + 3] for at in range(0, len(row), 3)]
            # Where else an option may stand is asked last.
            others = [*others[1:], *others[:1]] if len(others) == 4 else others
            moved += [each for cell in (first, last, *others) for each in cell]
            row = None
        elif row is not None:
            row.append(token)
            continue
        moved.append(token)
    return moved


def line_of(token):
    return token.map[0] + 1 if token.map else 1


def stylesheet():
    """What the pages have in common with the shipped site stands in its own stylesheet, before its header."""
    style = ROOT / "resources/style.css"
    front, header, _ = style.read_text().partition("\nheader {")
    if not header:
        raise Fault(f"{style}: no rule of it begins with 'header {{', before which stands what pages of documents use, too")
    return front + "\n" + (PARTS / "pages.css").read_text()


class Site:
    """All pages. What they lead to is known when all documents have been read."""

    def __init__(self):
        self.markdown = MarkdownIt("commonmark", {"xhtmlOut": False}).enable(["table", "strikethrough"])
        for kind, renderer in RENDERERS.items():
            self.markdown.add_render_rule(kind, renderer)
        self.groups = groups_of_documents()
        self.documents = {name: Document(name, self.markdown) for _, rows in self.groups for name, _ in rows}
        self.labels = {name: label or self.documents[name].title for _, rows in self.groups for name, label in rows}
        self.pictures = {}  # where it lies in the site: the file
        self.faults = []

    def files(self):
        """Name in the site: bytes."""
        made = {document.page: self._page(document).encode() for document in self.documents.values()}
        if self.faults:
            raise Fault("\n".join(self.faults))
        made.update((name, path.read_bytes()) for name, path in self.pictures.items())
        made.update((path.name, path.read_bytes()) for path in PARTS.iterdir() if path.suffix == ".js")
        made["pages.css"] = stylesheet().encode()
        made["mark.svg"] = (ROOT / "resources/mark.svg").read_bytes()
        made["search-index.js"] = self._index()
        return made

    def _index(self):
        """Loaded by a script element and not fetched, which browsers refuse to pages that were opened as files. Packed, since
        not every server compresses."""
        pages = [
            [document.page, self.labels[document.name], int(document.name.startswith(LESS_WANTED)), document.sections]
            for document in self.documents.values()
        ]
        text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
        packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
        return f'bobbinSearch.take("{packed}");\n'.encode()

    def _page(self, document):
        for token in document.tokens:
            if token.type == "inline":
                token.children = list(self._with_links(document, token))
        contents = contents_of(document)
        return PAGE.format(
            made_here=MADE_HERE,
            title=html.escape(document.title if document.name == "README.md" else f"{self.labels[document.name]} – bobbin"),
            top=way(document.page, "index.html").removesuffix("index.html") or "./",
            home=way(document.page, "index.html"),
            pages=self._navigation(document),
            contents=contents,
            contents_button=CONTENTS_BUTTON if contents else "",
            text=self.markdown.renderer.render(document.tokens, self.markdown.options, {}),
            source=html.escape(document.name),
        )

    def _navigation(self, current):
        return close_button("site:pages") + "".join(
            f"<details{' open' if current.name.startswith(DECISIONS) else ''}><summary>{group}</summary>{links}</details>"
            if rows[0][0].startswith(DECISIONS)
            else f"<h2>{group}</h2>{links}"
            for group, rows in self.groups
            for links in [self._list(current, rows)]
        )

    def _list(self, current, rows):
        here = ' aria-current="page"'
        items = [
            f'<li><a href="{way(current.page, self.documents[name].page)}"{here if name == current.name else ""}>'
            f"{html.escape(self.labels[name])}</a></li>"
            for name, _ in rows
        ]
        return f"<ul>{''.join(items)}</ul>"

    # Links

    def _with_links(self, document, token):
        """The children of an inline token, with links as they have to be in the site."""
        path, text = None, []
        for child in token.children:
            if child.type == "image":
                child.attrSet("src", self._picture(document, line_of(token), child.attrGet("src")))
            if child.type == "link_open":
                path = self._lead(document, line_of(token), child)
            if path is None:
                yield child
            elif child.type == "link_close":
                yield from named(path, text)
                path, text = None, []
            elif child.type != "link_open":
                text.append(child)

    def _lead(self, document, line, link):
        """Makes a link lead to a page. Where there is none, the result is the path of what it leads to."""
        target = link.attrGet("href")
        if ELSEWHERE.match(target):
            return None
        name, _, anchor = unquote(target).partition("#")
        path = self._resolved(document, line, name, target) if name else document.name
        other = self.documents.get(path) or self.documents.get(f"{path}/README.md")
        if other is None:
            return path
        if anchor and anchor not in other.anchors:
            self.faults.append(f"{document.name}:{line}: {target}: no such heading")
        page = way(document.page, other.page) if other is not document or not anchor else ""
        link.attrSet("href", f"{page}#{anchor}" if anchor else page)
        return None

    def _resolved(self, document, line, name, target):
        """The name in the repository of what a document calls `name`."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document.name), name))
        if path.startswith("../"):
            self.faults.append(f"{document.name}:{line}: {target}: leads out of the repository")
        elif not (ROOT / path).exists():
            self.faults.append(f"{document.name}:{line}: {target}: no such file")
        return path

    def _picture(self, document, line, target):
        if ELSEWHERE.match(target):
            self.faults.append(f"{document.name}:{line}: {target}: a picture has to be in the repository")
            return target
        path = self._resolved(document, line, unquote(target), target)
        place = f"pictures/{PurePosixPath(path).name}"
        if self.pictures.setdefault(place, ROOT / path) != ROOT / path:
            self.faults.append(f"{document.name}:{line}: {target}: another picture has this name")
        return way(document.page, place)


def named(path, text):
    """What is not part of the site is named: by its path alone where the text of the link is a part of that."""
    shown = raw(f"<code>{html.escape(path)}</code>")
    is_path = plain(text).rstrip("/") in path and any(mark in plain(text) for mark in "/.")
    return [shown] if is_path else [*text, raw(" in "), shown]


def groups_of_documents():
    """The table with the decisions in it."""
    decisions = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / DECISIONS).glob("[0-9]*.md"))
    groups = [*GROUPS, ("Decisions", [(f"{DECISIONS}/README.md", "All decisions"), *((name, None) for name in decisions)])]
    rows = [name for _, rows in groups for name, _ in rows]
    existing = {path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]}
    table = "GROUPS in scripts/docs_site.py"
    faults = [f"{name}: no group of pages has it: add it to {table}" for name in sorted(existing - set(rows))]
    faults += [f"{name}: {table} names it, but there is no such file" for name in rows if name not in existing]
    faults += [f"{name}: {table} has it twice" for name in sorted(set(rows)) if rows.count(name) > 1]
    if faults:
        raise Fault("\n".join(faults))
    return groups


def contents_of(document):
    """The table of contents, of the second and third level; nothing for a page that is short."""
    entries = [(level, anchor, plain(tokens)) for level, anchor, tokens in document.headings if level in (2, 3)]
    if len(entries) < 2:
        return ""
    items, depth, above = "", 2, False
    for level, anchor, text in entries:
        # Those of the third level that come first have none above them.
        above = above or level == 2
        level = level if above else 2
        if items:
            items += "<ul>" if level > depth else "</li></ul></li>" if level < depth else "</li>"
        items += f'<li><a href="#{html.escape(anchor)}">{html.escape(text)}</a>'
        depth = level
    items += "</li></ul></li>" if depth == 3 else "</li>"
    close = close_button("site:contents")
    opening = '<nav id="site:contents" class="contents" popover aria-label="On this page">'
    return f"{opening}{close}<h2>On this page</h2><ul>{items}</ul></nav>"


def close_button(panel):
    return f'<button type="button" class="close" popovertarget="{panel}" popovertargetaction="hide">Close</button>'


# How some tokens become HTML


def heading_close(_renderer, tokens, index, _options, _environment):
    anchor = tokens[index - 2].attrGet("id")
    text = html.escape(plain(tokens[index - 1].children))
    link = f' <a class="anchor" href="#{html.escape(anchor)}" aria-label="Address of {text}">#</a>'
    return f"{link if tokens[index].tag != 'h1' else ''}</{tokens[index].tag}>\n"


def table_open(renderer, tokens, index, _options, _environment):
    return f'<div class="wide" tabindex="0"><table{renderer.renderAttrs(tokens[index])}>\n'


def table_close(*_):
    return "</table></div>\n"


def code(_renderer, tokens, index, _options, _environment):
    return f'<pre tabindex="0"><code>{html.escape(tokens[index].content)}</code></pre>\n'


RENDERERS = {
    "heading_close": heading_close, "table_open": table_open, "table_close": table_close, "fence": code, "code_block": code,
}  # fmt: skip
CONTENTS_BUTTON = '<button type="button" popovertarget="site:contents">On this page</button>'
PAGE = (PARTS / "page.html").read_text(encoding="utf-8")


def expect_room(directory):
    """Pages may only lie where nothing is, or pages are that were made here before."""
    index = directory / "index.html"
    if directory.exists() and any(directory.iterdir()):
        if not (index.is_file() and MADE_HERE in index.read_text(encoding="utf-8")):
            raise Fault(f"{directory}: the folder has other files in it: name an empty one, or one that ./pages has made")


def write(site, directory):
    """Each file takes the place of the one before in one step, so a server can go on serving them. Pages of documents that
    are gone go too, but nothing that was not made here."""
    for name, content in site.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.read_bytes() == content:
            continue
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        os.replace(fresh, path)
    for path in directory.rglob("*.html"):
        if path.relative_to(directory).as_posix() not in site and MADE_HERE in path.read_text(encoding="utf-8"):
            path.unlink()


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    directory = Path(sys.argv[1])
    try:
        expect_room(directory)
        site = Site().files()
        write(site, directory)
    except (Fault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    pages = sum(name.endswith(".html") for name in site)
    print(f"{pages} pages, {sum(map(len, site.values())) / 1e6:.1f} MB: {directory}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
