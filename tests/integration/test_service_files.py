"""packaging/: what the packages install for a service manager is what docs/operating.md explains, and allowed."""

import re

from support.server import REPOSITORY, run_to_end

PACKAGING = REPOSITORY / "packaging"
OPERATING = (REPOSITORY / "docs/operating.md").read_text()


def settings(unit):
    """The lines that set something."""
    return [line for line in unit.splitlines() if line and not line.startswith(("#", "["))]


def documented_unit():
    return re.search(r"bobbin\.service`:\n```ini\n(.*?)```", OPERATING, re.DOTALL)[1]


def test_the_unit_is_the_documented_one_but_for_its_user_and_names():
    packaged = settings((PACKAGING / "bobbin.service.in").read_text())
    documented = settings(documented_unit())
    own = {
        "Documentation=man:bobbin(1)",
        "ExecStart=@PROGRAM@ --config /etc/bobbin/bobbin.toml",
        "User=bobbin",
        "Group=bobbin",
        "StateDirectoryMode=0750",
        "CacheDirectory=bobbin",
        "CacheDirectoryMode=0750",
        "LogsDirectory=bobbin",
        "LogsDirectoryMode=0750",
    }
    assert own <= set(packaged)
    assert [line for line in packaged if line not in own] == [
        line for line in documented if not line.startswith(("ExecStart=", "DynamicUser="))
    ]


def test_the_configuration_is_allowed(binary, scratch):
    text = (PACKAGING / "bobbin.toml").read_text()
    for number, proposed in enumerate([text, re.sub(r"^#(\w+ = )", r"\1", text, flags=re.MULTILINE)]):
        for name in ("/usr/share/bobbin", "/var/lib/bobbin", "/var/log/bobbin", "/var/cache/bobbin"):
            proposed = proposed.replace(name, str(scratch))
        (scratch / "site").mkdir(exist_ok=True)
        (scratch / "bobbin.toml").write_text(proposed)
        result = run_to_end(binary, "--check-config", "--config", scratch / "bobbin.toml")
        assert result.returncode == 0 and result.stderr == "", f"{number}: {result.stderr}"


def test_the_log_rotation_is_the_documented_one():
    documented = re.search(r"```\n# /etc/logrotate.d/bobbin\n(.*?)```", OPERATING, re.DOTALL)[1]
    assert (PACKAGING / "bobbin.logrotate").read_text() == documented.replace("bobbin.log {", "*.log {")
