"""The book as one Markdown text, to be kept beside the code and read in review.

Always sorted and without dates: equal plans are equal bytes, and a changed one shows as the lines
that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orm.book.entries import Book, EntityEntry, PatternEntry, RouteEntry, WriteEntry, places_of
from orm.book.escaping import markdown_code, markdown_text

_NOTE = """\
Attributes in braces are given. A pattern with an order may be asked for a range of what orders it:
then `BETWEEN` stands in place of `begins_with`. *Units* are read units by the rows that the key
finds and the bytes of each; rows that a filter leaves out are read too. A consistent read that is
made on request costs double."""
_WRITES_NOTE = """\
A write takes ⌈bytes ÷ 1024⌉ units for the row and as many for every index entry, and 1 for every
claim of a unique value; less for an index that copies less. With claims it is a transaction, which
costs double."""


def markdown(book: Book) -> str:
    """The whole book."""
    sections = [
        _head(book),
        _diagram("Entities", book.entity_diagram),
        _diagram("The table", book.table_diagram),
        _patterns(book),
        _relations(book),
        _writes(book),
        _findings(book),
    ]
    lines = [line for section in sections for line in section]
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(book: Book) -> list[str]:
    indexes = len(places_of(book.entities)) - 1
    counts = f"{len(book.entities)} entities, {indexes} indexes, {len(book.patterns)} patterns"
    return ["# Access patterns", "", f"Table {markdown_code(book.table)}: {counts}.", ""]


def _diagram(title: str, text: str) -> list[str]:
    return [f"## {title}", "", "```mermaid", text.rstrip("\n"), "```", ""]


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """A table; `head` has its titles, apart by `|`."""
    titles = [title.strip() for title in head.split("|")]
    lines = [titles, ["---"] * len(titles), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


# --- patterns ---


def _patterns(book: Book) -> Iterator[str]:
    yield from ["## Patterns", "", *_NOTE.splitlines(), ""]
    for entity in book.entities:
        yield from [f"### {markdown_text(entity.name)}", "", *_keys(entity)]
        found = [entry for entry in book.patterns if entry.entity == entity.name]
        yield from _table(
            "pattern | finds | in | key condition | consistent | units",
            map(_pattern, found),
        )


def _keys(entity: EntityEntry) -> list[str]:
    rows = [
        [
            markdown_code(key.index) or "table",
            markdown_code(f"{key.pk} = {key.partition}"),
            markdown_code(f"{key.sk} = {key.order}") if key.sk else "",
            _lines([*key.rows, *([f"lies with its {key.under}"] if key.under else [])]) or "all",
        ]
        for key in entity.keys
    ]
    return _table("in | partition key | sort key | rows", rows)


def _pattern(entry: PatternEntry) -> list[str]:
    filtered = f"<br>filtered by {_lines(entry.filters)}" if entry.filters else ""
    then = ", then the row that it names" if entry.via == "claim" else ""
    shards = f", {entry.shards} partitions" if entry.shards > 1 else ""
    copies = f", copies {_lines(entry.attributes)}" if entry.attributes else ""
    place = "claim" if entry.via == "claim" else markdown_code(entry.index) or "table"
    return [
        f"{markdown_text(entry.name)}<br>{entry.origin}",
        markdown_text(entry.question),
        place + shards + copies,
        markdown_code(entry.key_condition) + then + filtered,
        entry.consistency,
        entry.units,
    ]


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(map(markdown_code, texts))


# --- relations, writes, findings ---


def _relations(book: Book) -> list[str]:
    if not book.relations:
        return []
    return ["## Relations", "", *_table("relation | kind | read by", map(_route, book.relations))]


def _route(route: RouteEntry) -> list[str]:
    steps = [f"{markdown_text(entity)}, {markdown_text(name)}" for entity, name in route.steps]
    text = ("<br>or " if route.either else "<br>then ").join(steps) or "nothing"
    after = f"<br>sorted by {markdown_code(route.order)} after reading" if route.order else ""
    relation = f"{markdown_text(route.entity)}.{markdown_text(route.relation)}"
    return [relation, route.kind.replace("_", " "), text + after]


def _writes(book: Book) -> list[str]:
    head = "entity | write | index entries | claims"
    return [
        "## Writes",
        "",
        *_WRITES_NOTE.splitlines(),
        "",
        *_table(head, map(_write, book.writes)),
    ]


def _write(entry: WriteEntry) -> list[str]:
    least, most = entry.entries
    entries = str(least) if least == most else f"{least} to {most}"
    return [markdown_text(entry.entity), entry.operation, entries, str(entry.claims)]


def _findings(book: Book) -> list[str]:
    if not book.findings:
        return []
    return ["## Worth knowing", "", *(f"- {markdown_text(text)}" for text in book.findings), ""]
