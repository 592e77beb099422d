"""The lists of what is in the programs: they agree with what the programs themselves say."""

import json
import os
import re
import subprocess

import pytest

from made import MADE
from support.server import REPOSITORY

RELEASE = REPOSITORY / "build/release/bobbin"


def listed(name):
    return json.loads((MADE / "sbom" / name).read_text())


def related(document, kind):
    named = {package["SPDXID"]: package["name"] for package in document["packages"]}
    return {named[each["relatedSpdxElement"]] for each in document["relationships"] if each["relationshipType"] == kind}


@pytest.fixture(params=["bobbin.spdx.json", "bobbin-static.spdx.json"])
def document(request):
    return listed(request.param)


def test_the_form_is_that_of_spdx(document):
    """SPDX 2.3, §6 and §7: what a document and its packages must have."""
    assert document["spdxVersion"] == "SPDX-2.3" and document["SPDXID"] == "SPDXRef-DOCUMENT"
    assert document["dataLicense"] == "CC0-1.0"
    assert re.fullmatch(r"https?://[^#]+", document["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    for package in document["packages"]:
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"])
        assert package["name"] and package["downloadLocation"] and package["versionInfo"]
    identities = [package["SPDXID"] for package in document["packages"]]
    assert len(set(identities)) == len(identities)


def test_shared_libraries_are_those_that_the_loader_finds():
    found = subprocess.run(["ldd", RELEASE], capture_output=True, text=True, check=True).stdout
    files = {os.path.realpath(path) for path in re.findall(r"(/\S+) \(0x", found)}
    names = {name for file in files for name in [file, file.removeprefix("/usr")]}
    owners = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True, check=False).stdout
    assert related(listed("bobbin.spdx.json"), "DYNAMIC_LINK") == {line.split(":")[0] for line in owners.splitlines()}


def test_the_static_program_has_the_listed_libraries():
    """zlib leaves its version in each program that it is linked into."""
    document = listed("bobbin-static.spdx.json")
    assert related(document, "DYNAMIC_LINK") == set()
    assert {"libssl-dev", "libc6-dev", "zlib1g-dev", "libnghttp2-dev"} <= related(document, "STATIC_LINK")
    (zlib,) = [package for package in document["packages"] if package["name"] == "zlib1g-dev"]
    inside = re.search(rb"deflate (\d+\.\d+\.\d+) ", (MADE / "static/bobbin").read_bytes())[1].decode()
    assert inside in zlib["versionInfo"]


def test_libraries_of_headers_alone_are_listed(document):
    assert {"libfmt-dev", "libboost1.81-dev", "libexpected-dev"} <= related(document, "GENERATED_FROM")
