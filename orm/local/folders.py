"""Where the engine's files are: what can be fetched again, and what describes the running one.

The cache may be deleted at any time. The state folder holds the state file, the log and, with
`--persist`, the data. Both follow the platform's habits; KEYFOLD_CACHE and KEYFOLD_STATE override.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path, user_state_path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The user's cache of Keyfold."""
    named = environ.get("KEYFOLD_CACHE")
    return Path(named).expanduser().absolute() if named else user_cache_path("keyfold", False)


def state_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the engine's state file, log and data."""
    named = environ.get("KEYFOLD_STATE")
    return Path(named).expanduser().absolute() if named else user_state_path("keyfold", False)
