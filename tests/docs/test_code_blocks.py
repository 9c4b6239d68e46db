"""Every code block of the documentation works.

The `python` blocks of a page run in order, in one namespace. Each line of a `sh` block is checked
for what it calls: a make target that exists, a `keyfold` command that parses with its options.
"""

from __future__ import annotations

import re
import shlex
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from orm.cli.main import GROUP, build
from orm.settings import VARIABLES
from tests.needs import check_local

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    if "```" in page.read_text(encoding="utf-8")
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = {"python", "sh", "text", "toml", "json", "mermaid", "console"}


def blocks(page: Path, kind: str) -> list[tuple[int, str]]:
    """The blocks of one kind, each with the line that it begins on."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, match.start()) + 2, match[2])
        for match in _BLOCK.finditer(text)
        if match[1] == kind
    ]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_what_it_is(page: Path) -> None:
    kinds = {match[1] for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))}
    assert kinds <= KINDS


@pytest.fixture
def fresh_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project on the memory engine, so that no block meets the engine or settings of a user.

    KEYFOLD_CACHE stays as it is: a block may start an engine of its own, whose files are there.
    """
    (tmp_path / "keyfold.toml").write_text('engine = "memory"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KEYFOLD_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
@pytest.mark.usefixtures("fresh_project")
def test_python_blocks_run_in_order(page: Path, request: pytest.FixtureRequest) -> None:
    """As a reader would type them, one after the other."""
    if any("ephemeral_engine" in source for _, source in blocks(page, "python")):
        check_local(request.config)
    namespace: dict[str, object] = {"__name__": f"docs_{page.stem.replace('-', '_')}"}
    for line, source in blocks(page, "python"):
        padded = "\n" * (line - 1) + source  # so that a traceback names the page's own line
        exec(compile(padded, str(page), "exec", dont_inherit=True), namespace)
    assert len(namespace) > 1


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=name)
def test_shell_lines_call_what_exists(page: Path) -> None:
    lines = [line for _, block in blocks(page, "sh") for line in block.splitlines() if line.strip()]
    for line in lines:
        check(line)
    assert lines


def check(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words and words[0] == "eval":
        words = shlex.split(words[1].removeprefix("$(").removesuffix(")"))
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words:
        return
    command, *arguments = words
    if command.endswith("keyfold"):
        app = build(list(entry_points(group=GROUP)), arguments[0] if arguments else "")
        app.parse_args(arguments, exit_on_error=False, print_error=False)
    elif command == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = [a for a in arguments if "=" not in a and not a.startswith("-")]
        assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets), line
    else:
        assert command in {"cd", "pip", "python", "pytest", "git", "export", "source"}, line
