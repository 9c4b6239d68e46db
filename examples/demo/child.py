"""The process of one actor: `python -m examples.demo.child package.module:function`."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

from examples.demo.actors import Work, act


def named(name: str) -> Work:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    found: Work = getattr(import_module(module), function)
    return found


if __name__ == "__main__":
    # what the worker warns of (a repair scan, waiting) is in its report
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    sys.exit(act(named(sys.argv[1])))
