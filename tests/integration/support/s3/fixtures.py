"""What tests of a store of objects begin with. They have a fixture `store`, which says which store that is."""

import pytest

from .client import Client


@pytest.fixture
def bucket(store):
    return store.new_bucket()


@pytest.fixture
def client(store):
    with Client(store.address, store.credentials) as client:
        yield client
