"""Where ./package puts what it makes."""

from support.server import REPOSITORY

MADE = REPOSITORY / "build/package"
