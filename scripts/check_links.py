#!/usr/bin/python3
"""Checks that every relative link in a Markdown file leads to a file, and every anchor to a heading of it, and that
every room of src/ has a README.md. Links into the web are left alone: a check must not depend on other people's sites."""

import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^\s*(```+|~~~+)")
CODE_SPAN = re.compile(r"(`+).+?\1")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*(\S+)")
HTML_LINK = re.compile(r"\b(?:href|src)=\"([^\"]+)\"")
HTML_ANCHOR = re.compile(r"\b(?:id|name)=\"([^\"]+)\"")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
ELSEWHERE = re.compile(r"^([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def prose(path: Path):
    """(line number, line) of everything outside fenced code."""
    fence = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = FENCE.match(line)
        if match and fence is None:
            fence = match.group(1)
        elif match and match.group(1).startswith(fence) and line.strip() == match.group(1):
            fence = None
        elif fence is None:
            yield number, line


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    found: set[str] = set()
    for _, line in prose(path):
        found.update(HTML_ANCHOR.findall(line))
        if match := HEADING.match(line):
            base = name = slug(match.group(1))
            repeat = 0
            while name in found:
                repeat += 1
                name = f"{base}-{repeat}"
            found.add(name)
    return found


def targets(line: str) -> list[str]:
    line = CODE_SPAN.sub("", line)
    return LINK.findall(line) + DEFINITION.findall(line) + HTML_LINK.findall(line)


def fault(source: Path, target: str) -> str | None:
    if ELSEWHERE.match(target):
        return None
    name, _, anchor = unquote(target).partition("#")
    path = (source.parent / name).resolve() if name else source
    if not path.is_relative_to(ROOT):
        return "leads out of the repository"
    if not path.exists():
        return "no such file"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return "no such heading"
    return None


def documents():
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = sorted(set(subfolders) - {".git", "build", "node_modules"})
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(".md"))


def main() -> int:
    faults, links = [], 0
    for path in documents():
        for number, line in prose(path):
            for target in targets(line):
                links += 1
                if why := fault(path, target):
                    faults.append(f"{path.relative_to(ROOT)}:{number}: {target}: {why}")
    for room in sorted((ROOT / "src").iterdir()):
        if room.is_dir() and not (room / "README.md").exists():
            faults.append(f"{room.relative_to(ROOT)}: a room needs a README.md")
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    print(f"links: {links} links, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
