"""The marker `needs`: a test that calls a program which not every machine has.

    @pytest.mark.needs("go")
    def test_the_go_client_reads_what_we_wrote() -> None: ...

Such a test skips by the program's name where it is missing. Where the environment variable
KEYFOLD_REQUIRE lists the program (`KEYFOLD_REQUIRE=go,javac`, as in .ci/run) it fails instead, so
that nothing can go unchecked there unnoticed.

DynamoDB Local is such a program too, and `--engine memory` leaves it out, for machines on which it
cannot run. What then goes unchecked is listed at the end of the run, test by test.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

import pytest

# How each program is asked whether it works: a name on the path may be a stand-in that only says
# where to get the real one.
QUESTIONS = {"go": ("go", "version"), "javac": ("javac", "-version"), "java": ("java", "-version")}
ANSWER_SECONDS_MAX = 60
LOCAL = "DynamoDB Local"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=("local", "memory"),
        default="local",
        help="memory: leave out every test that needs DynamoDB Local",
    )
    parser.addoption(
        "--transport",
        choices=("lean", "stock"),
        default="lean",
        help="the path that requests to DynamoDB Local take: our own, or botocore's",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(*programs): skip where a program is missing, fail where it is required"
    )
    unknown = required() - QUESTIONS.keys()
    if unknown:
        raise pytest.UsageError(f"KEYFOLD_REQUIRE: no test can need {', '.join(sorted(unknown))}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if program == LOCAL:
                check_local(item.config)
            elif not works(program):
                refuse(program)


def check_local(config: pytest.Config) -> None:
    """Skip the test where this run leaves DynamoDB Local out."""
    if config.getoption("--engine") != "local":
        pytest.skip(f"needs {LOCAL}, which --engine memory leaves out")


def required() -> frozenset[str]:
    """The programs that must be here, from the environment."""
    listed = os.environ.get("KEYFOLD_REQUIRE", "").split(",")
    return frozenset(name.strip() for name in listed if name.strip())


@functools.cache
def works(program: str) -> bool:
    """Whether the program is on the path and answers."""
    question = QUESTIONS[program]
    if shutil.which(question[0]) is None:
        return False
    answer = subprocess.run(
        question,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=ANSWER_SECONDS_MAX,
        check=False,
    )
    return answer.returncode == 0


def refuse(program: str) -> None:
    if program in required():
        pytest.fail(f"{program} is required here (KEYFOLD_REQUIRE) and missing", pytrace=False)
    pytest.skip(f"needs {program}")
