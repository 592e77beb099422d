"""What the upload folder must hold after faults: the acknowledged documents, byte for byte, and nothing else."""

JSON = ("Content-Type", "application/json")


def document(number):
    return b'{"document": %d, "text": "%b"}' % (number, b"abc" * number)


class Uploads:
    """Uploads through one server, and what it has acknowledged."""

    def __init__(self, server):
        self.server = server
        self.acknowledged = {}
        self._number = 0

    def upload(self, content=None):
        """Upload a document of its own, or `content`; returns the response."""
        self._number += 1
        content = document(self._number) if content is None else content
        return self.note(self.server.upload(content), content)

    def note(self, response, content):
        if response.status == 201:
            self.acknowledged[response["Location"].rpartition("/")[2]] = content
        return response

    def check(self):
        """The folder holds exactly what was acknowledged, and the server gives it out again."""
        folder = self.server.root / "uploads"
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".bobbin"} == self.acknowledged
        for name, content in self.acknowledged.items():
            response = self.server.get(f"/uploads/{name}")
            assert (response.status, response.content) == (200, content)
