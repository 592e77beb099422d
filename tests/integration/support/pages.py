"""What stands in the documents: their samples, and the names that they cite."""

import re

from .server import REPOSITORY


def page(name):
    return (REPOSITORY / "docs" / name).read_text()


def blocks(name, language):
    """The fenced blocks of this language on a page of docs/."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page(name), re.MULTILINE | re.DOTALL)


def block(name, language, containing):
    """The one block of this language in which this text stands."""
    (found,) = [each for each in blocks(name, language) if containing in each]
    return found
