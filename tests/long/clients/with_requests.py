#!/usr/bin/python3
"""The tasks of a client in ../../README.md, with requests. REQUESTS_CA_BUNDLE names the CA."""

import pathlib
import sys

import requests

base, _, _, root = sys.argv[1:]
root = pathlib.Path(root)

with requests.Session() as client:
    answer = client.get(f"{base}/about.html", timeout=60)
    assert (answer.status_code, answer.content) == (200, (root / "about.html").read_bytes())
    print("ok get")

    answer = client.get(f"{base}/about.html", headers={"If-None-Match": answer.headers["ETag"]}, timeout=60)
    assert answer.status_code == 304
    print("ok revalidation")

    answer = client.post(f"{base}/upload", json={"from": "requests"}, timeout=60)
    assert answer.status_code == 201
    assert client.get(base + answer.headers["Location"], timeout=60).json() == {"from": "requests"}
    print("ok upload")

    large = (root / "large.bin").read_bytes()
    assert client.get(f"{base}/large.bin", timeout=60).content == large
    print("ok large")

    answer = client.get(f"{base}/large.bin", headers={"Range": "bytes=1000-1999"}, timeout=60)
    assert (answer.status_code, answer.content) == (206, large[1000:2000])
    print("ok range")

    assert all(client.get(f"{base}/about.html", timeout=60).status_code == 200 for _ in range(250))
    print("ok many")

    answer = client.post(f"{base}/upload", json=[" " * 5_000_000], timeout=60)
    assert answer.status_code == 413 and "413" in answer.text
    print("ok refusal")
