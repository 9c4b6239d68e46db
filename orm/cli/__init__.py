"""The `keyfold` command: its entry, its groups, and how everything it prints looks."""

from orm.cli.main import main

__all__ = ["main"]
