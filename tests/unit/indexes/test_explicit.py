"""Explicit keys are taken as they are given, used where they answer, and checked against others."""

from __future__ import annotations

from orm.definitions import Reference, Traits
from orm.indexes import plan_indexes
from tests.unit.indexes.shop import attribute, entity, index, pattern

SITE, AT, PATH = Reference("site_id"), Reference("at"), Reference("path")

VISIT = entity(
    "Visit",
    attribute("site_id", required=False),
    attribute("at", required=False, kind="datetime"),
    attribute("path", required=False),
    primary_key=("site_id", "at"),
    keys={
        "pk": ("SITE", SITE),
        "sk": ("VISIT", AT),
        "gsi1pk": ("SITE", SITE, "PATH", PATH),
        "gsi1sk": ("VISIT", AT),
    },
    patterns=(
        pattern("of site", "site_id", sort="-at", strong=True),
        pattern("of page", "site_id", "path", sort="at"),
        pattern("by path", "path"),
    ),
    traits=Traits(ttl="ttl"),
)


def test_given_templates_are_used_where_they_answer():
    """The site's visits by the table, consistently; a page's by the index; the rest is derived."""
    plan = plan_indexes([VISIT]).entity("Visit")
    assert [str(path) for path in plan.paths] == [
        "table: SITE#{site_id} | VISIT#{at}",
        "index 1: SITE#{site_id}#PATH#{path} | VISIT#{at}",
        "index 2: VISIT#{path} | VISIT#{site_id}#{at}",
    ]
    places = {a.pattern.name: a.path.place for a in plan.answers if a.path}
    assert places == {
        "by primary key": "table",
        "of site": "table",
        "of page": "index 1",
        "by path": "index 2",
    }


def test_without_a_sort_key_it_is_the_partition_keys_template():
    given = entity("Flag", "name", keys={"pk": ("FLAG", Reference("name"))})
    key = plan_indexes([given]).entity("Flag").key
    assert key.texts() == ("FLAG#{name}", "FLAG#{name}")


def test_an_entity_may_do_without_a_primary_key_of_its_own():
    """`id` is only the default's name: the given key's attributes identify a row."""
    given = entity("Flag", "name", keys={"pk": ("FLAG", Reference("name"))})
    assert plan_indexes([given]).entity("Flag").identity == ("name",)


def test_a_declared_primary_key_outside_the_given_key_is_kept_unique_by_a_claim():
    """Two rows of one id would lie at two keys; the claim is one, and finds the row, too. What the
    key is made of must be unique as well, or rows would have one key."""
    given = entity(
        "Visit",
        *("id", "site_id", "at"),
        keys={"pk": ("SITE", SITE), "sk": ("V", AT)},
        indexes=(index("one at a time", "site_id", "at", unique=True),),
    )
    plan = plan_indexes([given])
    answer = plan.entity("Visit").answer("by primary key")
    assert answer.claim is not None
    assert answer.claim.attributes == ("id",)
    assert answer.claim in plan.entity("Visit").claims
    assert "identity-by-claim" in [finding.code for finding in plan.findings]


def test_trashed_rows_leave_given_indexes_too():
    given = entity(
        "Visit",
        "site_id",
        keys={"gsi1pk": ("SITE", SITE), "gsi1sk": ("V", Reference("id"))},
        traits=Traits(soft_deletes="deleted_at"),
        patterns=(pattern("of site", "site_id"),),
    )
    plan = plan_indexes([given]).entity("Visit")
    assert [str(guard) for guard in plan.indexes[0].guards] == ["deleted_at is absent"]
    assert len(plan.indexes) == 1


def test_derived_templates_keep_out_of_given_slots():
    """Slot 2 is given; two more templates of the same entity take 1 and 3."""
    given = entity(
        "Visit",
        "a",
        "b",
        keys={"gsi2pk": ("V", Reference("a")), "gsi2sk": ("V", Reference("id"))},
        patterns=(pattern("p", "b"), pattern("q", "a", sort="b")),
    )
    plan = plan_indexes([given]).entity("Visit")
    assert [path.number for path in plan.indexes] == [1, 2, 3]
    assert [path.number for path in plan.indexes if path.explicit] == [2]


def test_entities_may_share_a_partition_by_given_keys():
    """Their sort keys begin differently, so nothing is mixed."""
    profile = entity(
        "Profile",
        "user_id",
        keys={"pk": ("USER", Reference("user_id")), "sk": ("PROFILE", Reference("user_id"))},
    )
    assert plan_indexes([entity("User", "name"), profile]).findings == ()


def test_rows_that_lie_mixed_are_reported():
    """A reader of one entity pays for the other's rows and must leave them out."""
    one = entity("One", "at", "k", keys={"pk": ("P", Reference("k")), "sk": (AT,)})
    other = entity(
        "Other", "k", "x", keys={"pk": ("P", Reference("k")), "sk": ("X", Reference("x"))}
    )
    (finding,) = [f for f in plan_indexes([one, other]).findings if f.code == "mixed-rows"]
    assert (finding.entity, finding.subject) == ("One", "Other")
