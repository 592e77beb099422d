"""Threads that do something beside a test."""

import threading


class Background:
    """Runs each of `actions` in a thread of its own while a `with` block is executed. An action returns soon after `stopping` is
    set. What one raises is raised again at the end of the block, so that no thread dies unnoticed."""

    def __init__(self, actions):
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self._raised = []
        self._threads = [threading.Thread(target=self._run, args=(action,)) for action in actions]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self._threads:
            thread.join()
        if self._raised:
            raise self._raised[0]

    def _run(self, action):
        try:
            action()
        except BaseException as raised:
            with self.lock:
                self._raised.append(raised)
