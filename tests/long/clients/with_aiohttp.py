#!/usr/bin/python3
"""The tasks of a client in ../../README.md, with aiohttp."""

import asyncio
import pathlib
import ssl
import sys

import aiohttp


async def main(base, ca, root):
    context = ssl.create_default_context(cafile=ca)

    def ask(method, path, **options):
        return client.request(method, base + path, ssl=context if base.startswith("https") else None, **options)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as client:
        async with ask("GET", "/about.html") as answer:
            assert (answer.status, await answer.read()) == (200, (root / "about.html").read_bytes())
            etag = answer.headers["ETag"]
        print("ok get")

        async with ask("GET", "/about.html", headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304
        print("ok revalidation")

        async with ask("POST", "/upload", json={"from": "aiohttp"}) as answer:
            assert answer.status == 201
            location = answer.headers["Location"]
        async with ask("GET", location) as answer:
            assert await answer.json() == {"from": "aiohttp"}
        print("ok upload")

        large = (root / "large.bin").read_bytes()
        async with ask("GET", "/large.bin") as answer:
            assert await answer.read() == large
        print("ok large")

        async with ask("GET", "/large.bin", headers={"Range": "bytes=1000-1999"}) as answer:
            assert (answer.status, await answer.read()) == (206, large[1000:2000])
        print("ok range")

        for _ in range(250):
            async with ask("GET", "/about.html") as answer:
                assert answer.status == 200
        print("ok many")

        async with ask("POST", "/upload", json=[" " * 5_000_000]) as answer:
            assert answer.status == 413 and "413" in await answer.text()
        print("ok refusal")


asyncio.run(main(sys.argv[1], sys.argv[3], pathlib.Path(sys.argv[4])))
