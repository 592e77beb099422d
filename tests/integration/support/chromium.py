"""A headless chromium that is driven through a pipe, in the Chrome DevTools Protocol: one page at a time."""

import base64
import json
import os
import shutil
import subprocess

import pytest

from .server import clean_environment
from .waiting import PATIENCE, eventually

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors",
    "--remote-debugging-pipe",
]  # fmt: skip


class Chromium:
    """A browser with a profile of its own in `profile`. It skips the test where chromium is not installed."""

    def __init__(self, profile):
        program = shutil.which("chromium")
        if program is None:
            pytest.skip("chromium is not installed: it is in packages/long.txt")
        to_browser, self._requests = os.pipe()
        self._answers, from_browser = os.pipe()
        os.set_blocking(self._answers, False)
        # The browser reads commands from descriptor 3 and writes to 4.
        self._process = subprocess.Popen(
            ["bash", "-c", 'exec "${@:3}" 3<&"$1" 4>&"$2"', "bash", str(to_browser), str(from_browser),
             program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],  # fmt: skip
            pass_fds=[to_browser, from_browser],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._last_id = 0
        self._session = None
        self._unread = b""
        self._results = {}
        self.events = []
        try:
            pages = self.call("Target.getTargets")["targetInfos"]
            target = next(each["targetId"] for each in pages if each["type"] == "page")
            self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    def close(self):
        os.close(self._requests)  # which ends the browser
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._answers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **parameters):
        """The result of one command. What the browser reports meanwhile is added to `events`."""
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        os.write(self._requests, json.dumps(command).encode() + b"\0")
        eventually(lambda: self._receive() or self._last_id in self._results, f"chromium has answered {method}")
        answer = self._results.pop(self._last_id)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _receive(self):
        """Take what has arrived; always false."""
        try:
            while data := os.read(self._answers, 1 << 16):
                self._unread += data
        except BlockingIOError:
            pass
        *messages, self._unread = self._unread.split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._results[message["id"]] = message
            else:
                self.events.append((message["method"], message["params"]))
        return False

    # What a test wants

    def show(self, address, *, width=1280, height=800, dark=False, script=True):
        """Open a page, and wait until it is loaded. `events` has what happened since."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.call("Page.navigate", url=address)
        self._wait_for_event("Page.loadEventFired")

    def _wait_for_event(self, name):
        def seen():
            self._receive()
            return any(method == name for method, _ in self.events)

        eventually(seen, f"chromium has reported {name}")

    def evaluate(self, expression):
        """The value of an expression in the page, as JSON."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_until(self, expression):
        eventually(lambda: self.evaluate(expression), expression)

    def requests(self):
        """The addresses that the page has asked for."""
        return [event["request"]["url"] for method, event in self.events if method == "Network.requestWillBeSent"]

    def complaints(self):
        """What stands in the console: errors, warnings, and exceptions that nobody has caught."""
        found = [event for method, event in self.events if method == "Runtime.exceptionThrown"]
        found += [event for method, event in self.events if method == "Runtime.consoleAPICalled"]
        return found + [event["entry"] for method, event in self.events if method == "Log.entryAdded"]

    def picture(self):
        """The whole page as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])
