"""TLS for the strict client: a socket that is secured, and says how its peer ends the connection.

Python's own SSLSocket cannot finish sending and go on reading, and forgives a connection that ends without a goodbye.
"""

import ssl
import threading


def client_context(**verify):
    """A context that trusts everybody, or with `cafile=…` only those."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if verify:
        context.load_verify_locations(**verify)
    else:
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsSocket:
    """The part of a socket's interface that Connection uses, over TLS. One thread may send while another receives: what
    is to be sent is then flushed by the sender alone, or two threads would exchange records."""

    def __init__(self, raw, context=None, name=None):
        self.raw = raw
        self._state = threading.Lock()  # held while OpenSSL works, and never while the socket does
        self._ended = False  # the connection, whatever was said before
        self._input = ssl.MemoryBIO()
        self._output = ssl.MemoryBIO()
        self.tls = (context or client_context()).wrap_bio(self._input, self._output, server_hostname=name)
        self._run(self.tls.do_handshake)
        self._flush()

    def __getattr__(self, name):
        return getattr(self.raw, name)

    def _flush(self):
        if data := self._output.read():
            self.raw.sendall(data)

    def _run(self, action):
        """Call it until it does not want to read any more."""
        while True:
            try:
                with self._state:
                    return action()
            except ssl.SSLWantReadError:
                if not self.tls.version():
                    self._flush()  # the handshake's messages; afterwards who reads has nothing to say
                self._feed()
            except ssl.SSLError:
                self._flush()  # the alert
                raise

    def _feed(self):
        data = self.raw.recv(256 * 1024)
        if data:
            self._input.write(data)
        else:
            self._ended = True
            self._input.write_eof()

    def sendall(self, data):
        view = memoryview(data)
        while view:
            with self._state:
                view = view[self.tls.write(view[:16384]) :]
            self._flush()

    def recv(self, count):
        """b"" after the peer's goodbye; an end without it counts as a reset."""
        try:
            data = self._run(lambda: self.tls.read(count))
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            data = b""
        if not data and self._ended:
            raise ConnectionResetError("the connection has ended without close_notify")
        return data

    def shutdown(self, how):
        """Say goodbye, and finish sending; reading goes on."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()
        self.raw.shutdown(how)
