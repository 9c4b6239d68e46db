"""Fetching the engine's files: whole and pinned, or not at all."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orm.errors import ConfigurationError
from orm.local.artifacts import is_whole, pinned_manifest, platform_name
from orm.local.errors import ChecksumError, FetchError, UnsupportedPlatformError
from orm.local.fetch import ATTEMPTS, ArtifactCache
from tests.unit.local.repository import FILES, PLATFORM, Repository, small_manifest


@pytest.fixture
def repository() -> Iterator[Repository]:
    with Repository() as serving:
        yield serving


class Cache(ArtifactCache):
    """A cache of the small engine, with what it said to the user."""

    def __init__(self, folder: Path, *addresses: str) -> None:
        self.said: list[str] = []
        self.shown = io.StringIO()
        super().__init__(
            folder,
            manifest=small_manifest(),
            platform=PLATFORM,
            repositories=lambda: addresses,
            report=self.said.append,
            stream=self.shown,
            backoff_seconds=0.001,
        )


def test_all_files_arrive_whole(tmp_path: Path, repository: Repository) -> None:
    """What is returned is what was pinned, jars first, all in one folder."""
    files = Cache(tmp_path, repository.address).ensure()
    assert [file.name for file in files] == ["one.jar", "two.jar", "libnative.so"]
    assert [file.read_bytes() for file in files] == list(FILES.values())


def test_a_second_time_needs_no_network(tmp_path: Path, repository: Repository) -> None:
    """With all files there, no repository is even asked for."""
    Cache(tmp_path, repository.address).ensure()
    asked = repository.requests.total()
    again = Cache(tmp_path)  # knows no repository
    again.ensure()
    assert repository.requests.total() == asked
    assert again.said == []


def test_licence_is_shown_once(tmp_path: Path, repository: Repository) -> None:
    """Before the first fetch, and not when a file has to be fetched again."""
    first, second = (Cache(tmp_path, repository.address) for _ in range(2))
    first.ensure()[0].unlink()
    second.ensure()
    assert "AWS account in good standing" in first.said[0]
    assert second.said == []


def test_wrong_file_is_refused(tmp_path: Path, repository: Repository) -> None:
    """Same length, other content: refused, thrown away, named; what was whole is kept."""
    repository.wrong["b/two.jar"] = b"x" * len(FILES["b/two.jar"])
    cache = Cache(tmp_path, repository.address)
    with pytest.raises(ChecksumError) as caught:
        cache.ensure()
    assert caught.value.name == "two.jar"
    assert not (cache.folder / "two.jar").exists()
    assert not list(cache.folder.glob("*.part"))
    assert repository.requests["b/two.jar"] == 1


def test_endless_file_is_cut(tmp_path: Path, repository: Repository) -> None:
    """A file longer than its pin is refused as soon as it is longer."""
    repository.wrong["a/one.jar"] = FILES["a/one.jar"] + b"more"
    with pytest.raises(ChecksumError, match="more than 150,000 bytes"):
        Cache(tmp_path, repository.address).ensure()


def test_cut_off_download_is_repeated(tmp_path: Path, repository: Repository) -> None:
    """A connection that ends half-way is a passing failure."""
    repository.cut_once.add("a/one.jar")
    assert Cache(tmp_path, repository.address).ensure()[0].read_bytes() == FILES["a/one.jar"]
    assert repository.requests["a/one.jar"] == 2


def test_interrupted_fetch_goes_on(tmp_path: Path, repository: Repository) -> None:
    """Files of an earlier run are kept, its unfinished ones are removed and fetched again."""
    cache = Cache(tmp_path, repository.address)
    cache.folder.mkdir(parents=True)
    (cache.folder / "one.jar").write_bytes(FILES["a/one.jar"])
    (cache.folder / "two.jar.99999.part").write_bytes(b"half")
    cache.ensure()
    assert repository.requests == {"b/two.jar": 1, "c/libnative.so": 1}
    assert not list(cache.folder.glob("*.part"))


def test_damaged_file_is_fetched_again(tmp_path: Path, repository: Repository) -> None:
    """One flipped bit in the cache is noticed at the next start."""
    cache = Cache(tmp_path, repository.address)
    file = cache.ensure()[1]
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    cache.ensure()
    assert file.read_bytes() == FILES["b/two.jar"]


def test_missing_file_is_not_asked_for_again(tmp_path: Path, repository: Repository) -> None:
    """404 is final; the error names the file and the address."""
    repository.status["c/libnative.so"] = 404
    with pytest.raises(FetchError, match=r"libnative\.so.*HTTP 404"):
        Cache(tmp_path, repository.address).ensure()
    assert repository.requests["c/libnative.so"] == 1


def test_passing_failure_is_repeated_so_many_times(tmp_path: Path, repository: Repository) -> None:
    """503 may pass, and patience is bounded."""
    repository.status["c/libnative.so"] = 503
    with pytest.raises(FetchError, match="HTTP 503") as caught:
        Cache(tmp_path, repository.address).ensure()
    assert repository.requests["c/libnative.so"] == ATTEMPTS
    assert caught.value.hint


def test_offline_is_one_clear_error(tmp_path: Path) -> None:
    """Nobody listens there: an error of ours, saying what to do instead."""
    with pytest.raises(FetchError) as caught:
        Cache(tmp_path, "http://127.0.0.1:9").ensure()
    assert "--engine memory" in caught.value.hint


def test_second_repository_stands_in(tmp_path: Path, repository: Repository) -> None:
    """What the first lacks or has wrong, the second may have."""
    with Repository() as worse:
        worse.status["a/one.jar"] = 404
        worse.wrong["b/two.jar"] = b"nonsense"
        Cache(tmp_path, worse.address, repository.address).ensure()
    assert repository.requests == {"a/one.jar": 1, "b/two.jar": 1}


def test_two_processes_share_the_work(tmp_path: Path, repository: Repository) -> None:
    """Two that start at once both end with whole files, each fetched once."""
    fetchers = [
        subprocess.Popen(
            [sys.executable, "-c", FETCHER, str(tmp_path), repository.address],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(2)
    ]
    answers = [json.loads(fetcher.communicate(timeout=60)[0]) for fetcher in fetchers]
    assert answers == [[len(content) for content in FILES.values()]] * 2
    assert repository.requests == dict.fromkeys(FILES, 1)


FETCHER = """
import json, sys
from pathlib import Path
from orm.local.fetch import ArtifactCache
from tests.unit.local.repository import PLATFORM, small_manifest
cache = ArtifactCache(Path(sys.argv[1]), manifest=small_manifest(), platform=PLATFORM,
                      repositories=lambda: [sys.argv[2]])
print(json.dumps([file.stat().st_size for file in cache.ensure()]))
"""


def test_progress_is_plain_lines_where_piped(tmp_path: Path, repository: Repository) -> None:
    """No control characters in a log file; the last line says all has arrived."""
    cache = Cache(tmp_path, repository.address)
    cache.ensure()
    lines = cache.shown.getvalue().splitlines()
    assert lines[-1] == "DynamoDB Local 1.0: 0.4 of 0.4 MB"
    assert "\x1b" not in cache.shown.getvalue()


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The error names the folder and the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        Cache(tmp_path / "file").ensure()
    assert "KEYFOLD_CACHE" in caught.value.hint


def test_unsupported_platform_hints_at_memory(tmp_path: Path) -> None:
    """Linux on ARM has no native library: said before anything is fetched."""
    cache = ArtifactCache(tmp_path, platform=platform_name("Linux", "aarch64"))
    with pytest.raises(UnsupportedPlatformError, match="linux-aarch64") as caught:
        cache.ensure()
    assert "--engine memory" in caught.value.hint


def test_manifest_is_whole() -> None:
    """32 jars and four native libraries, no two with one name, the jar versions agreeing."""
    manifest = pinned_manifest()
    names = [pin.name for pin in (*manifest.jars, *manifest.native.values())]
    assert (len(manifest.jars), len(manifest.native)) == (32, 4)
    assert len(set(names)) == len(names)
    assert f"DynamoDBLocal-{manifest.version}.jar" in names
    assert all(len(pin.sha256) == 64 for pin in manifest.jars)


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-x86_64"),
        ("Windows", "AMD64", "windows-x86_64"),
        ("Darwin", "arm64", "darwin-arm64"),
    ],
)
def test_platforms_have_one_name(system: str, machine: str, name: str) -> None:
    """Whatever the system calls its processor, the manifest finds it."""
    assert platform_name(system, machine) == name
    assert name in pinned_manifest().native


def test_absent_file_is_not_whole(tmp_path: Path) -> None:
    """No file, no error: it is simply not there yet."""
    assert not is_whole(small_manifest().jars[0], tmp_path / "one.jar")
