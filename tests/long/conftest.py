"""Fixtures of the long tests."""

import pytest

from support.certificates import make_certificate
from support.site import write_large


@pytest.fixture
def authority(scratch):
    """One that issues certificates."""
    return make_certificate(scratch / "authority", "authority")


@pytest.fixture
def certificate(scratch, authority):
    """One for localhost."""
    return make_certificate(scratch / "certificates", "localhost", issuer=authority)


@pytest.fixture
def root(root):
    """The site with a large file in it."""
    write_large(root / "large.bin", 20_000_000)
    return root
