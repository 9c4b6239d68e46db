"""Expression text to tokens, and a cursor over them."""

from __future__ import annotations

import re
from typing import NamedTuple

from orm.memory.limits import EXPRESSION_SIZE_BYTES_MAX
from orm.memory.refusals import Invalid
from orm.memory.values import utf8_size

_TOKEN = re.compile(
    r"\s*(?:(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<index>0|[1-9][0-9]*)|(?P<sign><>|<=|>=|[=<>()\[\],.+\-]))"
)


class Token(NamedTuple):
    """One token: its kind (`name`, `value`, `word`, `index`, `sign`, `end`) and text."""

    kind: str
    text: str


END = Token("end", "<EOF>")


def tokenize(text: str) -> list[Token]:
    """Split an expression; anything that is no token is refused."""
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise Invalid(f"Syntax error; token: {stripped[position]!a}")
        assert match.lastgroup is not None
        tokens.append(Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class Cursor:
    """A place in a row of tokens; setting `place` goes back."""

    def __init__(self, text: str) -> None:
        if utf8_size(text) > EXPRESSION_SIZE_BYTES_MAX:
            raise Invalid("Expression size has exceeded the maximum allowed size")
        self._tokens = tokenize(text)
        self.place = 0
        if not self._tokens:
            raise Invalid("The expression can not be empty;")

    def peek(self, ahead: int = 0) -> Token:
        at = self.place + ahead
        return self._tokens[at] if at < len(self._tokens) else END

    def take(self) -> Token:
        token = self.peek()
        self.place += 1
        return token

    def accept(self, text: str) -> bool:
        """Step over a sign or keyword if it stands here; keywords in any case."""
        token = self.peek()
        found = token.kind in ("sign", "word") and token.text.upper() == text
        self.place += found
        return found

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.unexpected()

    def at_keyword(self, *keywords: str) -> bool:
        token = self.peek()
        return token.kind == "word" and token.text.upper() in keywords

    def refuse_doubled(self) -> Cursor:
        """Refuse a parenthesis right behind another, where they would hold one operand."""
        if self.peek().text == "(":
            raise Invalid("The expression has redundant parentheses;")
        return self

    def unexpected(self) -> Invalid:
        return Invalid(f"Syntax error; token: {self.peek().text!a}")

    def end(self) -> None:
        """Refuse anything that is left."""
        if self.peek() is not END:
            raise self.unexpected()
