"""The site that most tests serve: HTML pages, small pictures and text, and one large picture."""

import random

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff\xe0"
BIG_BYTES = 1_300_000  # more than 1 MB, and no multiple of any buffer size


def noise(count, seed=1):
    """`count` bytes that look random and are the same in every run."""
    return random.Random(seed).randbytes(count)


def page(title):
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()


def site_files():
    """Name → content of every file of the site."""
    return {
        "index.html": page("Welcome"),
        "about.html": page("About") + b"<!-- about -->" * 20,
        "contact.html": page("Contact") + b"<!-- contact -->" * 30,
        "sample.txt": b"Hello, sample.\n" + noise(700, seed=2),
        "logo.png": PNG_SIGNATURE + noise(5_000, seed=3),
        "photo.png": PNG_SIGNATURE + noise(45_670, seed=4),
        "photo.jpg": JPEG_SIGNATURE + noise(20_000, seed=5),
        "big.png": PNG_SIGNATURE + noise(BIG_BYTES, seed=6),
    }


def write_site(root):
    root.mkdir(parents=True, exist_ok=True)
    for name, content in site_files().items():
        (root / name).write_bytes(content)
    (root / "uploads").mkdir()


def write_large(path, count, seed=9):
    """A file of `count` incompressible bytes without holes; returns its content."""
    block = noise(1 << 20, seed)
    content = bytearray()
    for index in range((count + len(block) - 1) // len(block)):
        content += index.to_bytes(8, "big") + block[8:]
    del content[count:]
    path.write_bytes(content)
    return bytes(content)
