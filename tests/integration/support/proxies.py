"""The real proxies: how to configure and to run them."""

import contextlib
import os
import shutil
import subprocess

import pytest

from .server import accepts, free_port
from .waiting import PATIENCE, eventually

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend front
    bind 127.0.0.1:{port}
    default_backend bobbin
backend bobbin
    {options}
    server bobbin {server}
"""

# What a server of nginx needs around it that touches nothing outside of the scratch folder.
NGINX_FRAME = """
daemon off; master_process off; pid {scratch}/nginx.pid; error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi; scgi_temp_path {scratch}/scgi;
    SAMPLE
}
"""
NGINX = NGINX_FRAME.replace("    SAMPLE\n", """\
    upstream bobbin { server UPSTREAM; keepalive 4; }
    server {
        listen 127.0.0.1:{port};
        location / {
            proxy_pass http://bobbin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            FIELD
        }
    }
""")


@contextlib.contextmanager
def proxies(folder):
    """A function that runs a proxy in the foreground with a configuration that is `text` with {port} for a free port, and
    {scratch} for `folder`; it returns that port. What it writes for itself is in `folder`. All of them are stopped at the
    end."""
    processes = []

    def run(program, text, arguments):
        path = shutil.which(program) or f"/usr/sbin/{program}"
        if not os.path.exists(path):
            pytest.skip(f"{program} is not installed and could not be: it is in packages/test.txt")
        port = free_port()
        configuration = folder / f"{program}.conf"
        configuration.write_text(text.replace("{port}", str(port)).replace("{scratch}", str(folder)))
        output = open(folder / f"{program}.log", "wb")
        command = [path, *arguments, configuration]
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "HOME": str(folder)})
        processes.append((process, output))
        eventually(
            lambda: accepts(("127.0.0.1", port)) or processes[-1][0].poll() is not None, f"{program} listens"
        )
        assert processes[-1][0].poll() is None, (folder / f"{program}.log").read_text()
        return port

    yield run
    for process, output in processes:
        process.terminate()
        process.wait(PATIENCE)
        output.close()
