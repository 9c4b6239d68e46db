"""The types that users see hold in pyright as in mypy, without a plugin of either."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PYRIGHT = shutil.which("pyright")


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed: npm install -g pyright")
def test_pyright_sees_what_mypy_sees() -> None:
    """Errors that mypy is to find stand in comments; one that pyright does not find is reported."""
    assert PYRIGHT is not None
    root = Path(__file__).parents[2]
    done = subprocess.run([PYRIGHT], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
