"""Credentials of a role: of the machine, of the container, or for the token of a web identity (docs/object-store.md,
"Credentials")."""

import json
import pathlib
import re
import socket

import pytest

from support.inboxes import check_accepted, names, post
from support.roles import CONTAINER, LIST_OF_ROLES, ROLE, SECRETS, TOKEN_OF_IDENTITY, RoleServices
from support.server import clean_environment, run_to_end
from support.waiting import eventually, in_parallel
from test_bucket_sites import PREFIX as SITE_PREFIX
from test_bucket_sites import cache, start_site  # noqa: F401
from test_consumers import start_consumer  # noqa: F401
from test_drain import ended, in_store
from test_drain import PREFIX as DRAIN_PREFIX
from test_object_inbox import configuration, processes_of, start_inbox  # noqa: F401

pytestmark = pytest.mark.modes("many")

SOURCES = ["instance", "container", "web_identity"]


@pytest.fixture
def bucket(faulty_store):
    return faulty_store.new_bucket()


@pytest.fixture
def services(faulty_store):
    with RoleServices(faulty_store) as services:
        yield services


@pytest.fixture
def token_file(scratch):
    (scratch / "identity").mkdir()
    return scratch / "identity" / "token"


@pytest.fixture
def environment_of(faulty_store, services, token_file):
    """The environment of a program that has credentials from there, and none of its own."""

    def make(*sources, **others):
        host, port = faulty_store.address
        environment = {"AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_REGION": "us-east-1", "HOME": "/nonexistent"}
        for source in sources:
            environment |= services.web_identity(token_file) if source == "web_identity" else getattr(services, source)()
        return clean_environment() | environment | others

    return make


def used_keys(faulty_store):
    """The keys of requests that the store has not refused, in their order, each once."""
    signed = [request for request in faulty_store.requests if request.status not in (400, 403)]
    return list(dict.fromkeys(re.search("Credential=([^/]+)/", request.get("Authorization"))[1] for request in signed))


def keys_of(issued):
    return [credentials.access_key for credentials in issued]


def secrets_of(services):
    return [*SECRETS, CONTAINER, *(secret for each in services.issued for secret in (each.secret, each.token))]


def check_nothing_is_told(text, services):
    for secret in secrets_of(services):
        assert secret not in text


# Where they are needed


@pytest.fixture
def drain(start_consumer, bucket, environment_of):  # noqa: F811
    """Start the command with these sources of credentials, or in this environment."""

    def start(*sources, flags=("--until-empty",), environment=None):
        environment = environment or environment_of(*sources)
        return start_consumer("drain", "--to", f"s3://{bucket}/{DRAIN_PREFIX}", *flags, environment=environment)

    return start


@pytest.fixture
def filled(start, folder, scratch):  # noqa: F811
    """An inbox with a folder, in which some records are."""
    path = scratch / "filled.toml"
    path.write_text(f'[[inbox]]\nname = "box"\ndir = "{folder}"\n')
    server = start("--config", path)
    for n in range(3):
        check_accepted(post(server, b"%d" % n))
    server.stop()


@pytest.mark.parametrize("source", SOURCES)
def test_a_command_has_them(filled, drain, faulty_store, bucket, services, source):
    assert ended(drain(source)) == ""
    assert len(in_store(faulty_store, bucket)) == 3
    (issued,) = services.issued
    assert {request.get("x-amz-security-token") for request in faulty_store.requests} == {issued.token}
    assert {request.status for request in services.requests} == {200}


@pytest.mark.parametrize("source", SOURCES)
def test_an_inbox_in_the_bucket_has_them_once_for_all_connections(start_inbox, faulty_store, services, environment_of, source):  # noqa: F811
    server = start_inbox(environment=environment_of(source))
    in_parallel(16, lambda n: check_accepted(post(server, b"%d" % n)))
    (issued,) = services.issued
    assert {request.get("x-amz-security-token") for request in faulty_store.requests} == {issued.token}
    assert len({request.connection for request in faulty_store.requests}) > 1
    assert not any(server.log.count(re.escape(secret)) for secret in secrets_of(services))
    # The process that talks to the store has what the server has no more.
    (agent, *_) = processes_of(server, "bobbin-agent")
    given, kept = (pathlib.Path(f"/proc/{process}/environ").read_text() for process in (agent, server.process.pid))
    assert any(secret in given for secret in secrets_of(services)) == (source == "container")
    check_nothing_is_told(kept, services)


@pytest.mark.parametrize("source", SOURCES)
def test_a_site_from_a_bucket_has_them(start_site, faulty_store, bucket, services, environment_of, source):  # noqa: F811
    faulty_store.put(bucket, SITE_PREFIX + "a.html", b"<p>a")
    server = start_site(environment=environment_of(source))
    assert server.get("/a.html").content == b"<p>a"
    (issued,) = services.issued
    assert {request.get("x-amz-security-token") for request in faulty_store.requests} == {issued.token}


@pytest.mark.parametrize("source", SOURCES)
def test_an_inbox_that_drains_has_them(start, scratch, folder, faulty_store, bucket, services, environment_of, source):  # noqa: F811
    path = scratch / "spool.toml"
    path.write_text(f'[[inbox]]\nname = "box"\ndir = "{folder}"\ntarget = "s3://{bucket}/in"\n')
    server = start("--config", path, environment=environment_of(source))
    check_accepted(post(server, b"1"))
    eventually(lambda: names(folder, "done"), "it is moved")
    assert used_keys(faulty_store) == keys_of(services.issued)


# What is asked


def test_the_metadata_service_is_asked_as_version_2_wants_it(filled, drain, services):
    ended(drain("instance"))
    token, role, credentials = services.requests
    assert (token.method, token.path) == ("PUT", "/latest/api/token") and token.get("X-aws-ec2-metadata-token-ttl-seconds")
    assert (role.method, role.path) == ("GET", LIST_OF_ROLES)
    assert credentials.path == LIST_OF_ROLES + "role%2Bof%3Dmachine"
    assert not any(request.get("X-Forwarded-For") for request in services.requests)


def test_version_1_is_never_asked(filled, drain, services):
    services.has_version_2 = False
    told = ended(drain("instance"), status=2)
    assert "was asked for a token, and has answered 404" in told
    assert {request.method for request in services.requests} == {"PUT"}


def test_a_machine_without_a_role(filled, drain, services):
    services.has_role = False
    assert "was asked for the role of this machine, and has answered 404" in ended(drain("instance"), status=2)


@pytest.mark.parametrize("answers", ["nobody", "late"])
def test_a_machine_without_a_metadata_service(filled, drain, environment_of, answers):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if answers == "nobody":
            listener.close()
        environment = environment_of(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://127.0.0.1:{port}/")
        told = ended(drain(environment=environment), status=2)
    assert "there are no credentials" in told and f"the metadata service at http://127.0.0.1:{port} does not answer" in told


@pytest.mark.parametrize("value", ["true", "TRUE"])
def test_the_metadata_service_can_be_switched_off(filled, drain, services, environment_of, value):
    told = ended(drain(environment=environment_of("instance", AWS_EC2_METADATA_DISABLED=value)), status=2)
    assert "AWS_EC2_METADATA_DISABLED is set" in told and "/nonexistent/.aws/credentials" in told
    assert services.requests == []


@pytest.mark.parametrize("changes, says", [
    ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "169.254.169.254"}, 'AWS_EC2_METADATA_SERVICE_ENDPOINT: "169.254.169.254" is not allowed'),
    ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5"}, 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv5" is not allowed'),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/secret-path"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not allowed"),
    ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@192.0.2.1/secret-path"}, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/secret-path", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret\r\nX: 1"},
     "AWS_CONTAINER_AUTHORIZATION_TOKEN has a character"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nonexistent/t"},
     'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/nonexistent/t" cannot be read'),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/t"}, "AWS_ROLE_ARN, which says for which role, is not"),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/t", "AWS_ROLE_ARN": ROLE}, 'AWS_WEB_IDENTITY_TOKEN_FILE: "/nonexistent/t" cannot be read'),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ROLE_ARN": ROLE}, '"/dev/null" holds no token'),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ROLE_ARN": ROLE, "AWS_ENDPOINT_URL_STS": "sts"}, 'AWS_ENDPOINT_URL_STS: "sts" is not allowed'),
    ({"AWS_PROFILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}, "it has no profile [none]"),
])  # fmt: skip
def test_what_is_wrong_with_a_variable_is_told(filled, drain, services, environment_of, changes, says):
    told = ended(drain(environment=environment_of("instance") | changes), status=2)
    assert "there are no credentials" in told and says in told and "secret" not in told
    assert services.requests == []


def test_a_token_that_is_refused(filled, drain, services, environment_of):
    wrong = environment_of("container", AWS_CONTAINER_AUTHORIZATION_TOKEN="secret-and-wrong")
    told = ended(drain(environment=wrong), status=2)
    assert "was asked for credentials, and has answered 401" in told and "secret" not in told
    environment = environment_of("web_identity")
    services.identity = "another"
    told = ended(drain(environment=environment), status=2)
    assert "was asked for the credentials of a role, and has answered 400 InvalidIdentityToken" in told
    check_nothing_is_told(told, services)


def test_a_proxy_sees_nothing_of_them(filled, drain, services, environment_of):
    """One that does not work is set for everything but the store."""
    proxied = {"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}
    elsewhere = services.url("localhost")
    for environment in (
        environment_of("instance", AWS_EC2_METADATA_SERVICE_ENDPOINT=elsewhere, **proxied),
        environment_of("container", AWS_CONTAINER_CREDENTIALS_FULL_URI=elsewhere + CONTAINER, **proxied),
    ):
        assert ended(drain(environment=environment)) == ""
    assert len(services.issued) == 2


def test_what_is_sent_to_a_security_token_service(filled, drain, services, environment_of):
    ended(drain(environment=environment_of("web_identity", AWS_ROLE_SESSION_NAME="a b&c")))
    (request,) = services.requests
    assert request.get("Content-Type") == "application/x-www-form-urlencoded"
    assert b"RoleSessionName=a%20b%26c&" in request.content and not request.get("Authorization")


# Which of them


def test_they_are_looked_for_in_the_order_of_the_tools_of_aws(filled, drain, faulty_store, services, environment_of, scratch):
    own = faulty_store.add_key("variables")
    of_file = faulty_store.add_key("file")
    shared = scratch / "shared"
    shared.write_text(f"[default]\naws_access_key_id = {of_file.access_key}\naws_secret_access_key = {of_file.secret}\n")
    everything = environment_of("instance", "container", "web_identity") | {
        "AWS_ACCESS_KEY_ID": own.access_key, "AWS_SECRET_ACCESS_KEY": own.secret, "AWS_SHARED_CREDENTIALS_FILE": str(shared)
    }  # fmt: skip

    def drained(*without):
        environment = {name: value for name, value in everything.items() if not name.startswith(without)}
        services.requests.clear()
        faulty_store.forget_requests()
        assert ended(drain(environment=environment)) == ""
        (key,) = used_keys(faulty_store)
        return key, [request.path for request in services.requests]

    gone = ["AWS_NOTHING"]
    assert drained(*gone) == (own.access_key, [])
    gone += ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    assert drained(*gone)[1] == ["/"]
    gone += ["AWS_WEB_IDENTITY_TOKEN_FILE"]
    assert drained(*gone) == (of_file.access_key, [])
    gone += ["AWS_SHARED_CREDENTIALS_FILE"]
    assert drained(*gone)[1] == [CONTAINER]
    gone += ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    assert drained(*gone)[1][-1].startswith(LIST_OF_ROLES)


def test_a_file_that_is_there_and_cannot_be_read_is_not_passed_over(filled, drain, services, environment_of, scratch):
    (scratch / ".aws/credentials").mkdir(parents=True)  # a folder, which is no file
    environment = environment_of("instance", HOME=str(scratch))
    assert "cannot be read" in ended(drain(environment=environment), status=2)
    assert services.requests == []


def test_a_file_that_is_named_counts_alone(filled, drain, faulty_store, services, environment_of, scratch):
    named = scratch / "named"
    flags = ("--until-empty", "--credentials-file", named)
    environment = environment_of(*SOURCES)
    assert f'"{named}" cannot be read' in ended(drain(flags=flags, environment=environment), status=2)
    named.write_text("[other]\n")
    assert "it has no profile [default]" in ended(drain(flags=flags, environment=environment), status=2)
    key = faulty_store.credentials
    named.write_text(f"[default]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret}\n")
    assert ended(drain(flags=flags, environment=environment)) == ""
    assert services.requests == []


def test_the_shared_file_need_not_have_the_profile(filled, drain, services, environment_of, scratch):
    """Not where it is the default one, and the file is that of the home."""
    (scratch / ".aws").mkdir()
    (scratch / ".aws" / "credentials").write_text("[other]\naws_access_key_id = a\naws_secret_access_key = b\n")
    assert ended(drain(environment=environment_of("instance", HOME=str(scratch)))) == ""
    assert len(services.issued) == 1


# Their end


@pytest.mark.parametrize("source", SOURCES)
def test_they_are_renewed_before_they_end(start_inbox, faulty_store, services, environment_of, source):  # noqa: F811
    services.lifetime = 4
    server = start_inbox(environment=environment_of(source))

    def another_was_used():
        check_accepted(post(server, b"1"))
        return len(used_keys(faulty_store)) >= 3

    eventually(another_was_used, "they were renewed twice")
    assert set(used_keys(faulty_store)) <= set(keys_of(services.issued))


def test_the_old_ones_are_used_until_they_end(start_inbox, faulty_store, services, environment_of):  # noqa: F811
    """They hold for longer than is told, so that the end that was told is seen."""
    services.told_lifetime = 6
    server = start_inbox("--commit-timeout", "1s", environment=environment_of("container"))
    check_accepted(post(server, b"1"))
    services.fails = 500
    before, old = len(services.requests), keys_of(services.issued)

    def was_asked():
        check_accepted(post(server, b"2"))
        return len(services.requests) > before

    eventually(was_asked, "they were to be renewed")
    assert set(used_keys(faulty_store)) <= set(old)
    eventually(lambda: post(server, b"3").status == 503, "they have ended")
    services.fails = None
    eventually(lambda: post(server, b"4").status == 201, "there are others")
    assert used_keys(faulty_store)[-1] not in old


def test_others_are_asked_for_when_the_store_refuses_them(start_inbox, faulty_store, services, environment_of):  # noqa: F811
    server = start_inbox(environment=environment_of("instance"))
    check_accepted(post(server, b"1"))
    faulty_store.revoke(services.issued[0])
    eventually(lambda: post(server, b"2").status == 201, "there are others")
    assert used_keys(faulty_store) == keys_of(services.issued) and len(services.issued) == 2


def test_those_that_seem_to_have_ended_are_used(filled, drain, faulty_store, services):
    """The clock of this machine may be wrong."""
    services.told_lifetime = -3600
    assert ended(drain("instance")) == ""
    assert len(services.issued) == 1


def test_a_token_is_read_again_where_it_was_replaced(start_inbox, faulty_store, services, environment_of, scratch):  # noqa: F811
    """As Kubernetes does it: the file is a link into a folder, which a link leads to that is replaced."""
    services.lifetime = 4
    volume = scratch / "serviceaccount"
    (volume / "..1").mkdir(parents=True)
    (volume / "..1" / "token").write_text(TOKEN_OF_IDENTITY)
    (volume / "..data").symlink_to("..1")
    (volume / "token").symlink_to("..data/token")
    server = start_inbox(environment=environment_of() | services.web_identity(volume / "token"))
    check_accepted(post(server, b"1"))
    (volume / "..2").mkdir()
    (volume / "..2" / "token").write_text("another-token\n")
    (volume / "..new").symlink_to("..2")
    services.identity = "another-token"
    (volume / "..new").rename(volume / "..data")
    (volume / "..1" / "token").unlink()

    def was_read():
        return post(server, b"2").status == 201 and len(used_keys(faulty_store)) >= 2

    eventually(was_read, "the new one is read, and its credentials are used")


def test_the_token_of_a_container_can_be_in_a_file(start_inbox, services, environment_of, token_file, faulty_store):  # noqa: F811
    token_file.write_text(SECRETS[1] + "\n")
    environment = environment_of("container", AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong",
                                 AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token_file))  # fmt: skip
    server = start_inbox(environment=environment)
    check_accepted(post(server, b"1"))
    assert len(services.issued) == 1


def test_a_service_that_fails_for_a_moment_ends_nothing(filled, drain, services):
    services.fails = 503
    draining = drain("container")
    eventually(lambda: len(services.requests) >= 4, "it is asked again")
    services.fails = None
    told = ended(draining)
    assert "and has answered 503" in told
    check_nothing_is_told(told, services)


# bobbin doctor


def test_doctor_asks_for_them_once(binary, configuration, root, services, environment_of, bucket, scratch, faulty_store):  # noqa: F811
    faulty_store.put(bucket, "www/a", b"1")
    site = f'\n[[mount]]\npath = "/www"\nroot = "s3://{bucket}/www"\n'
    path = configuration(f's3_cache = "{scratch}/cache"\n', site)
    ended = run_to_end(binary, "doctor", "--root", root, "--config", path, "--port", "0", "--json",
                       environment=environment_of("instance"))  # fmt: skip
    found = {each["about"]: each["severity"] for each in json.loads(ended.stdout)}
    assert found["inbox box"] == found[f"root s3://{bucket}/www/"] == "fine"
    assert len(services.issued) == 1
