#!/usr/bin/python3
"""The tasks of a client in ../../README.md, with httpx."""

import pathlib
import ssl
import sys

import httpx

base, protocol, ca, root = sys.argv[1:]
root = pathlib.Path(root)
version = "HTTP/2" if protocol == "h2" else "HTTP/1.1"

with httpx.Client(http2=protocol == "h2", verify=ssl.create_default_context(cafile=ca), timeout=60) as client:
    answer = client.get(f"{base}/about.html")
    assert (answer.status_code, answer.content) == (200, (root / "about.html").read_bytes())
    assert answer.http_version == version
    print("ok get")

    answer = client.get(f"{base}/about.html", headers={"If-None-Match": answer.headers["ETag"]})
    assert answer.status_code == 304
    print("ok revalidation")

    answer = client.post(f"{base}/upload", json={"from": "httpx"})
    assert answer.status_code == 201
    assert client.get(base + answer.headers["Location"]).json() == {"from": "httpx"}
    print("ok upload")

    large = (root / "large.bin").read_bytes()
    assert client.get(f"{base}/large.bin").content == large
    print("ok large")

    answer = client.get(f"{base}/large.bin", headers={"Range": "bytes=1000-1999"})
    assert (answer.status_code, answer.content) == (206, large[1000:2000])
    print("ok range")

    assert all(client.get(f"{base}/about.html").status_code == 200 for _ in range(250))
    print("ok many")

    answer = client.post(f"{base}/upload", json=[" " * 5_000_000])
    assert answer.status_code == 413 and "413" in answer.text
    print("ok refusal")
