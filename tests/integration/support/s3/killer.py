"""Kills a gateway again and again, beside a test."""

import contextlib
import threading


@contextlib.contextmanager
def killed_again_and_again(gateway, pause=1):
    """Each `pause` seconds, until `stop()` of what is yielded, or the end. The gateway is there when that returns."""

    class Killer:
        kills = 0

        def stop(self):
            stopping.set()
            thread.join()
            assert self.kills, "it was killed"

    stopping = threading.Event()
    killer = Killer()

    def kill():
        while not stopping.wait(pause):
            gateway.kill()
            gateway.restart()
            killer.kills += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killer
    finally:
        stopping.set()
        thread.join()
