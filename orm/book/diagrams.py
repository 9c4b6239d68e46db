"""Diagrams, in Mermaid: entities and who points at whom; the table, its indexes and whose rows lie
in each by which keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from orm.book.entries import EntityEntry, KeyEntry, places_of
from orm.book.escaping import Words, mermaid_text
from orm.book.links import Link
from orm.indexes.facts import Facts


def entity_diagram(
    facts: Mapping[str, Facts], entities: Sequence[EntityEntry], links: Sequence[Link]
) -> str:
    """The entity-relationship diagram: attributes, kinds, keys, links."""
    lines = ["erDiagram"]
    for entity in entities:
        held = {link.key for link in links if link.child == entity.name}
        lines.append(f'    "{mermaid_text(entity.name)}" {{')
        lines += _attributes(facts[entity.name], entity, held)
        lines.append("    }")
    return "\n".join([*lines, *(f"    {_link(link)}" for link in links)]) + "\n"


def _attributes(facts: Facts, entity: EntityEntry, held: set[str]) -> Iterator[str]:
    words = Words()
    for name in facts.names:
        word = words.of(name)
        marks = {
            "PK": name in entity.identity,
            "FK": name in held,
            "UK": (name,) in entity.unique,
        }
        keys = ", ".join(mark for mark, is_one in marks.items() if is_one)
        comment = f'"{mermaid_text(name)}"' if word != name else ""
        parts = (facts.kind(name), word, keys, comment)
        yield f"        {' '.join(part for part in parts if part)}"


def _link(link: Link) -> str:
    ends = f"{'||' if link.always else '|o'}--{'o{' if link.many else 'o|'}"
    label = mermaid_text(" / ".join(link.names) or f"by {link.key}")
    return f'"{mermaid_text(link.parent)}" {ends} "{mermaid_text(link.child)}" : "{label}"'


def table_diagram(table: str, entities: Sequence[EntityEntry]) -> str:
    """The single-table diagram: the table, then every index, with the keys of each entity."""
    held: dict[tuple[str, str, str], list[tuple[EntityEntry, KeyEntry]]] = {}
    for entity in entities:
        for key in entity.keys:
            held.setdefault((key.index, key.pk, key.sk), []).append((entity, key))
    lines = ["flowchart LR"]
    for number, place in enumerate(places_of(entities)):
        lines += _place(number, table, place, held[place])
    lines += [f"    place0 --> place{number}" for number in range(1, len(held))]
    return "\n".join(lines) + "\n"


def _place(
    number: int,
    table: str,
    place: tuple[str, str, str],
    held: Sequence[tuple[EntityEntry, KeyEntry]],
) -> Iterator[str]:
    index, *names = place
    where = f"index {index}" if index else f"table {table}"
    title = mermaid_text(f"{where}: {', '.join(filter(None, names))}")
    yield f'    subgraph place{number}["{title}"]'
    for at, (entity, key) in enumerate(held):
        lines = [mermaid_text(line) for line in _label(entity, key)]
        yield f'        place{number}_{at}["{"<br/>".join(lines)}"]'
    yield "    end"


def _label(entity: EntityEntry, key: KeyEntry) -> Iterator[str]:
    yield f"{entity.name} (edge)" if entity.edge else entity.name
    yield f"{key.pk} = {key.partition}"
    if key.sk:
        yield f"{key.sk} = {key.order}"
    if key.under:
        yield f"lies with its {key.under}"
    if key.rows:
        yield f"if {' and '.join(key.rows)}"
