#!/usr/bin/python3
"""oci_image.py VERSION FOLDER ARCHITECTURE=PROGRAM...: writes an image of one layer, in the layout of the OCI, without a daemon.

The image is made from nothing: the program, which is linked statically, an empty folder that is served, one for documents,
and the names of its user. The same input gives the same bytes; every time in it is SOURCE_DATE_EPOCH. Of programs for several
architectures each gets an image, and a list of them has the name: whoever fetches it gets the one for their machine.
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile

USER = 65532
EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
PASSWD = f"root:x:0:0:root:/:/sbin/nologin\nbobbin:x:{USER}:{USER}:bobbin:/:/sbin/nologin\n"
GROUP = f"root:x:0:\nbobbin:x:{USER}:\n"


def add(layer, name, *, content=None, mode, owner=0):
    entry = tarfile.TarInfo(name)
    entry.mtime, entry.mode, entry.uid, entry.gid = EPOCH, mode, owner, owner
    if content is None:
        entry.type = tarfile.DIRTYPE
    else:
        entry.size = len(content)
    layer.addfile(entry, io.BytesIO(content) if content is not None else None)


def layer_of(program):
    """The file system of the image, as a tar archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for folder in ["etc", "site", "var", "var/lib"]:
            add(layer, folder, mode=0o755)
        add(layer, "var/lib/bobbin", mode=0o750, owner=USER)
        add(layer, "tmp", mode=0o1777)
        add(layer, "etc/passwd", content=PASSWD.encode(), mode=0o644)
        add(layer, "etc/group", content=GROUP.encode(), mode=0o644)
        add(layer, "bobbin", content=pathlib.Path(program).read_bytes(), mode=0o755)
    return archive.getvalue()


def configuration(architecture, version, digest):
    created = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"8080/tcp": {}},
            "Env": ["PATH=/", "BOBBIN_BIND=0.0.0.0", "BOBBIN_ROOT=/site", "BOBBIN_PROFILE=folder"],
            "Entrypoint": ["/bobbin"],
            "WorkingDir": "/",
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "bobbin",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "MIT",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [digest]},
        "history": [{"created": created, "created_by": "./package oci"}],
    }


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Layout:
    """A folder of blobs, named by their digests."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "blobs/sha256").mkdir(parents=True)

    def write(self, name, value):
        (self.folder / name).write_text(json.dumps(value, sort_keys=True))

    def add(self, content, media_type):
        """Keep a blob; returns its descriptor."""
        digest = digest_of(content)
        (self.folder / "blobs/sha256" / digest.split(":")[1]).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": digest, "size": len(content)}

    def add_json(self, value, media_type):
        return self.add(json.dumps(value, sort_keys=True).encode(), media_type)


def add_image(layout, program, architecture, version):
    """Returns the descriptor of the image of one program."""
    archive = layer_of(program)
    layer = layout.add(gzip.compress(archive, mtime=0), "layer.v1.tar+gzip")
    config = layout.add_json(configuration(architecture, version, digest_of(archive)), "config.v1+json")
    manifest = layout.add_json(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]},
        "manifest.v1+json",
    )
    return {**manifest, "platform": {"architecture": architecture, "os": "linux"}}


def main(version, folder, *programs):
    layout = Layout(folder)
    images = []
    for each in programs:
        architecture, program = each.split("=", 1)
        images.append(add_image(layout, program, architecture, version))
    named = images[0]
    if len(images) > 1:
        media_type = "application/vnd.oci.image.index.v1+json"
        named = layout.add_json({"schemaVersion": 2, "mediaType": media_type, "manifests": images}, "index.v1+json")
    named["annotations"] = {"org.opencontainers.image.ref.name": version}
    layout.write("index.json", {"schemaVersion": 2, "manifests": [named]})
    layout.write("oci-layout", {"imageLayoutVersion": "1.0.0"})


if __name__ == "__main__":
    main(*sys.argv[1:])
