"""The files for Kubernetes and compose: what they say fits the image and the program."""

import re

import pytest
import yaml

from support.server import REPOSITORY, run_to_end

PACKAGING = REPOSITORY / "packaging"
SECONDS_OF_GRACE = 25


@pytest.fixture(scope="module")
def objects():
    return {each["kind"]: each for each in yaml.safe_load_all((PACKAGING / "kubernetes.yaml").read_text())}


@pytest.fixture(scope="module")
def pod(objects):
    return objects["Deployment"]["spec"]["template"]["spec"]


def test_the_configuration_is_allowed(objects, binary, scratch):
    text = objects["ConfigMap"]["data"]["bobbin.toml"]
    assert f'grace_period = "{SECONDS_OF_GRACE}s"' in text
    (scratch / "site").mkdir()
    (scratch / "bobbin").mkdir()
    file = scratch / "bobbin.toml"
    file.write_text(text.replace('"/site"', f'"{scratch}/site"').replace("/var/lib/bobbin", f"{scratch}/bobbin"))
    result = run_to_end(binary, "--check-config", "--config", file)
    assert result.returncode == 0 and result.stderr == "", result.stderr


def test_kubernetes_waits_longer_than_the_grace_period(pod):
    assert pod["terminationGracePeriodSeconds"] > SECONDS_OF_GRACE


def test_probes_ask_for_what_the_configuration_switches_on(objects, pod):
    (container,) = pod["containers"]
    asked = {container[probe]["httpGet"]["path"] for probe in ["livenessProbe", "readinessProbe"]}
    assert asked == {"/healthz", "/readyz"}
    assert "health = true\n" in objects["ConfigMap"]["data"]["bobbin.toml"]


def test_services_set_no_variables(pod):
    assert pod["enableServiceLinks"] is False


def test_the_pod_has_no_rights(pod):
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] == 65532
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_service_leads_to_the_port_of_the_container(objects, pod):
    (port,) = objects["Service"]["spec"]["ports"]
    (container,) = pod["containers"]
    assert [each["name"] for each in container["ports"]] == [port["targetPort"]]
    assert f"port = {container['ports'][0]['containerPort']}\n" in objects["ConfigMap"]["data"]["bobbin.toml"]


def test_every_volume_is_there(pod):
    (container,) = pod["containers"]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}


def test_compose_sets_variables_that_are_options(binary):
    (service,) = yaml.safe_load((PACKAGING / "compose.yaml").read_text())["services"].values()
    flags = set(re.findall(r"--([a-z0-9-]+)", run_to_end(binary, "--help").stdout))
    for name in service["environment"]:
        assert name.removeprefix("BOBBIN_").lower().replace("_", "-") in flags
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert int(service["stop_grace_period"].removesuffix("s")) > SECONDS_OF_GRACE
    assert service["environment"]["BOBBIN_GRACE_PERIOD"] == f"{SECONDS_OF_GRACE}s"
