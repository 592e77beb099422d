"""`./run`, which builds the program and starts it: where it looks for what its words name."""

import shutil

import pytest

from support.server import REPOSITORY, run_to_end


@pytest.fixture
def repository(scratch, binary):
    """One whose program is built already: the one under test."""
    folder = scratch / "repository"
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    shutil.copy(REPOSITORY / "run", folder)
    (folder / "packages").mkdir()
    (folder / "packages/build.txt").write_text("bash\n")
    (folder / "build/release").mkdir(parents=True)
    (folder / "build/release/build.ninja").write_text("build bobbin: phony\n")
    (folder / "build/release/bobbin").symlink_to(binary)
    for name in ["resources", "resources/uploads", "site"]:
        (folder / name).mkdir()
        (folder / name / "index.html").write_text(f"{name} of the repository")
    return folder


@pytest.fixture
def caller(scratch):
    """The folder in which the script is called; there is a `site` here and in the repository, and one that is called 8."""
    folder = scratch / "caller"
    for name in ["site", "8"]:
        (folder / name).mkdir(parents=True)
        (folder / name / "index.html").write_text(f"{name} of the caller")
    (folder / "index.html").write_text("folder of the caller")
    (folder / "bobbin.toml").write_text('root = "site"\n')
    return folder


@pytest.mark.parametrize(
    "words, content",
    [
        (["site"], "site of the caller"),
        (["site/"], "site of the caller"),
        (["../caller/site"], "site of the caller"),
        (["."], "folder of the caller"),
        (["--root", "site"], "site of the caller"),
        (["--root=site"], "site of the caller"),
        (["--config", "bobbin.toml"], "site of the caller"),
        (["--listing", "site"], "site of the caller"),
        ([], "resources of the repository"),
        (["--threads", "8"], "resources of the repository"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_relative_name_is_that_of_the_caller(start_plain, repository, caller, words, content):
    server = start_plain(*words, "--port", "0", program=repository / "run", directory=caller)
    assert server.get("/").text == content


def test_an_absolute_name_is_what_it_is(start_plain, repository, caller):
    server = start_plain(caller / "site", "--port", "0", program=repository / "run", directory=repository)
    assert server.get("/").text == "site of the caller"


def test_what_is_nowhere_is_named_as_it_was_written(repository, caller):
    ended = run_to_end(repository / "run", "nowhere", directory=caller)
    assert ended.returncode == 2 and '"nowhere" is no port, no command and no directory' in ended.stderr
