#!/usr/bin/python3
"""sbom.py PROGRAM BUILD VERSION: prints what is in the program, as SPDX 2.3 in JSON.

Nothing is listed by hand. The headers that were compiled are those that ninja has noted in BUILD, and the libraries are those
of the command that links the program and of what the compiler adds; dpkg says which packages they come from.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

CREATED = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def headers(build):
    """The files of the system that were read when the program was compiled."""
    wanted = set(output_of("ninja", "-C", build, "-t", "inputs", "bobbin").split())
    found = set()
    for block in output_of("ninja", "-C", build, "-t", "deps").split("\n\n"):
        target, *files = block.splitlines() or [""]
        if target.split(":")[0] in wanted:
            found.update(name.strip() for name in files)
    return {name for name in found if name.startswith("/usr/")}


def link_command(build):
    return shlex.split(output_of("ninja", "-C", build, "-t", "commands", "-s", "bobbin").splitlines()[-1])


def is_static(words):
    return "-static-pie" in words


def libraries(words):
    """(archives whose code is in the program, shared libraries that it loads)"""
    named = {word for word in words if re.match(r"/usr/.*\.(a|so[.0-9]*)$", word)}
    compiler = next(word for word in words if re.search(r"/(c|g)\+\+[-0-9]*$|-g\+\+[-0-9]*$", word))

    def find(name):
        return output_of(compiler, f"-print-file-name={name}").strip()

    archives = {name for name in named if name.endswith(".a")} | {find("libstdc++.a"), find("libgcc.a")}
    if is_static(words):
        return archives | {find("libc.a"), find("libcrypt.a")}, set()
    shared = {name for name in named if not name.endswith(".a")} | {find("libc.so.6"), find("libcrypt.so")}
    return archives, {os.path.realpath(name) for name in shared}


def packages_of(files):
    """The names of the packages that the files belong to."""
    # Debian has merged /lib into /usr/lib, and dpkg knows a file by the name under which its package brought it.
    real = files | {os.path.realpath(name) for name in files}
    names = real | {name.removeprefix("/usr") for name in real}
    listed = subprocess.run(["dpkg", "-S", *sorted(names)], capture_output=True, text=True, check=False).stdout
    return {package.split(":")[0].strip() for line in listed.splitlines() for package in line.rsplit(": ", 1)[0].split(",")}


def described(package):
    form = "${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n"
    first = output_of("dpkg-query", "-W", "-f", form, package).splitlines()[0]
    version, architecture, source, source_version, homepage = first.split("\t")
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package),
        "name": package,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "homepage": homepage or "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from the Debian source package {source} {source_version}",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{package}@{version}?arch={architecture}".replace("+", "%2B"),
            }
        ],
    }


def own_package(version, digest):
    return {
        "SPDXID": "SPDXRef-bobbin",
        "name": "bobbin",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "MIT",
        "licenseDeclared": "MIT",
        "copyrightText": "Copyright (c) 2026 bobbin contributors",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "primaryPackagePurpose": "APPLICATION",
    }


def relation(kind, package):
    element = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package)
    return {"spdxElementId": "SPDXRef-bobbin", "relationshipType": kind, "relatedSpdxElement": element}


def document(program, build, version):
    words = link_command(build)
    archives, shared = libraries(words)
    linked, loaded = packages_of(archives), packages_of(shared)
    compiled = packages_of(headers(build)) - linked
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    relations = [relation("STATIC_LINK", name) for name in sorted(linked)]
    relations += [relation("DYNAMIC_LINK", name) for name in sorted(loaded)]
    relations += [relation("GENERATED_FROM", name) for name in sorted(compiled)]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"bobbin-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/bobbin-{version}-{digest}",
        "creationInfo": {"created": CREATED.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: bobbin-sbom"]},
        "packages": [own_package(version, digest), *map(described, sorted(linked | loaded | compiled))],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-bobbin"},
            *relations,
        ],
    }


if __name__ == "__main__":
    print(json.dumps(document(*sys.argv[1:]), indent=2))
