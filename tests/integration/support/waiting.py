"""Waiting for conditions. No test sleeps for a guessed time: it names what must become true."""

import concurrent.futures
import time

# Long enough for a sanitizer build on a busy machine. Reaching it means that the thing never happens.
PATIENCE = 60.0


def eventually(condition, what, patience=PATIENCE, every=0.01):
    """Return the first true value of `condition()`, or fail naming `what` never became true."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"still not true after {patience:.0f} s: {what}"
        time.sleep(every)


def in_parallel(count, action):
    """Run `action(0)` … `action(count - 1)` at the same time; return their results in order, raise what they raise."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(action, index) for index in range(count)]]
