"""`define`: what a mapping declares, and what it is refused for."""

from __future__ import annotations

import pickle
import re
from typing import Any

import msgspec
import pytest

from orm.definitions import (
    DefinitionError,
    Reference,
    RuleCall,
    Source,
    Unresolved,
    define,
    extend,
)


def model(**entries: Any) -> Any:
    return define({"name": "Thing", **entries})


def attribute(**entries: Any) -> Any:
    return model(attributes={"x": entries}).attributes[0]


def refused(**entries: Any) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        model(**entries)
    return caught.value


def _at_x(inside: str, hint: str) -> tuple[tuple[str, str, str], str]:
    return ("attributes", "x", inside), hint


def test_the_documents_model() -> None:
    """As it stands in the document, registered from a dict."""
    user = define(
        {
            "name": "User",
            "primaryKey": "id",
            "attributes": {
                "name": {"fillable": True},
                "email": {"fillable": True, "unique": True},
            },
            "hasMany": ["Post"],
            "traits": {"useTimestamps": True},
        }
    )
    assert [one.name for one in user.attributes] == ["name", "email", "created_at", "updated_at"]
    assert [one.unique for one in user.attributes] == [False, True, False, False]
    assert [(one.name, one.model, one.foreign_key) for one in user.relations] == [
        ("posts", "Post", "user_id")
    ]
    assert (user.primary_key, user.traits.timestamps) == (("id",), ("created_at", "updated_at"))


def test_definition_holds_only_data() -> None:
    """It can be written as JSON and compared."""
    found = model(attributes={"x": {"default": [1]}}, custom={"a": Source("f")})
    assert msgspec.json.decode(msgspec.json.encode(found))["others"] == {"custom": {"a": "f"}}


RULES = (
    RuleCall("string"),
    RuleCall("required"),
    RuleCall("min", (3,)),
    RuleCall("in", ("a", "b")),
)


@pytest.mark.parametrize(
    "rule",
    [
        "string|required|min:3|in:a,b",
        "string | required | min: 3 | in: a, b |",
        ["string", "required", "min:3", "in:a,b"],
        [("string", ()), ("required", ()), ("min", (3,)), ("in", ("a", "b"))],
        [("string", []), "required", ["min", 3], ("oneOf", (["a", "b"],))],
        [RuleCall("string"), ("required", ()), ("minLength", (3,)), ("in", ["a", "b"])],
        {"string": True, "required": True, "min": 3, "in": ["a", "b"]},
    ],
)
def test_every_form_of_rules_is_one(rule: Any) -> None:
    """Under any of the names, too."""
    assert attribute(validation={"rule": rule}).rules == RULES
    assert attribute(rule=rule).rules == attribute(rules=rule).rules == RULES


def test_pattern_of_a_text_may_hold_the_separator() -> None:
    """Between slashes a `|` is part of the pattern."""
    assert attribute(rule=r"regex:/^a|b\/c$/i|required").rules == (
        RuleCall("regex", (r"(?i)^a|b/c$",)),
        RuleCall("required"),
    )
    compiled = re.compile("^a", re.I)
    assert attribute(rule=[("regex", (compiled,))]).rules == (RuleCall("regex", ("(?i)^a",)),)


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ({"rule": "required|integer", "cast": "string"}, "integer"),
        ({"rule": "required", "cast": "datetime", "type": "string"}, "datetime"),
        ({"cast": "decimal:2"}, "number"),
        ({"type": "varchar(80)"}, "string"),
        ({"rule": "email"}, "string"),
        ({"rule": "email", "cast": "json"}, "json"),
        ({"rule": [("timestampTz", ())]}, "datetime"),
        ({"choices": [1, 2]}, "enum"),
        ({}, "any"),
    ],
)
def test_kind_is_told_from_rule_cast_or_type(entries: dict[str, Any], kind: str) -> None:
    """In this order; a rule that implies a string last."""
    assert attribute(**entries).kind == kind


@pytest.mark.parametrize(
    ("entries", "required", "nullable"),
    [
        ({"required": True}, True, False),
        ({"required": False}, False, True),
        ({"nullable": True}, False, True),
        ({"rule": "required"}, True, False),
        ({"rule": "required", "required": False}, False, True),
        ({"default": None}, False, True),
        ({}, False, False),
    ],
)
def test_required_and_nullable(entries: dict[str, Any], required: bool, nullable: bool) -> None:
    """Nullable is `nullable: true` or `required: false`."""
    found = attribute(**entries)
    assert (found.required, found.nullable) == (required, nullable)


def test_only_fillable_true_is_fillable() -> None:
    """Nothing said is no."""
    assert [attribute(fillable=True).fillable, attribute().fillable] == [True, False]


def test_messages_are_by_rule() -> None:
    """One text is for every rule."""
    by_rule = attribute(validation={"rule": "min:3|max:9", "message": {"min": "short"}})
    assert by_rule.messages == {"min": "short"}
    one = attribute(validation={"rule": "min:3|max:9", "message": "wrong"})
    assert one.messages == {"min": "wrong", "max": "wrong"}


def test_implied_attributes_are_added_once() -> None:
    """Also when `teamId` is declared already."""
    found = model(
        belongsTo=["Team", "Author"],
        morphTo="subject",
        traits={"useUuid": True, "ttl": True, "softDeletes": True, "versioned": True},
        attributes={"teamId": {"rule": "integer"}},
    )
    assert [(one.name, one.kind) for one in found.attributes] == [
        ("team_id", "integer"),
        ("author_id", "any"),
        ("subject_type", "any"),
        ("subject_id", "any"),
        ("uuid", "string"),
        ("deleted_at", "datetime"),
        ("ttl", "timestamp"),
        ("version", "integer"),
    ]


@pytest.mark.parametrize(
    ("declared", "name", "model_name", "key"),
    [
        ("Author", "author", "Author", "author_id"),
        (["Author"], "author", "Author", "author_id"),
        ({"Writer": "Author"}, "writer", "Author", "writer_id"),
        ({"writer": {"model": "Author", "foreignKey": "penId"}}, "writer", "Author", "pen_id"),
        ([{"model": "Author", "relationName": "by"}], "by", "Author", "author_id"),
        ({"model": "Author", "foreign_key": "by_id"}, "author", "Author", "by_id"),
        ([{"Writer": "Author"}], "writer", "Author", "writer_id"),
    ],
)
def test_every_shape_of_a_relation(declared: Any, name: str, model_name: str, key: str) -> None:
    """Names, aliases and records."""
    (found,) = model(belongsTo=declared).relations
    assert (found.name, found.model, found.foreign_key) == (name, model_name, key)


def test_a_relation_may_be_called_nearly_like_a_setting() -> None:
    """Where it is called as its model is."""
    found = model(hasMany=[{"modal": "Modal"}, {"throughs": "Through"}]).relations
    assert [(one.name, one.model) for one in found] == [("modal", "Modal"), ("throughs", "Through")]


def test_columns_that_could_not_be_read_are_no_empty_ones() -> None:
    """The index is reported, and left to the planner."""
    found = model(indexes=[{"name": "i", "columns": Unresolved("COLUMNS")}])
    assert found.indexes[0].columns == ()
    assert [one.text for one in found.unresolved] == ["COLUMNS"]


def test_alias_uses_the_declared_key_of_the_model() -> None:
    """Where `author_id` is declared and `writer_id` is not."""
    found = model(belongsTo={"Writer": "Author"}, attributes={"authorId": {}})
    assert found.relations[0].foreign_key == "author_id"


def test_templates_of_keys() -> None:
    """As texts with braces, or as parts."""
    found = model(dynamodb={"pk": "SITE#{siteId}", "GSI1SK": ["AT", Reference("seenAt")]})
    assert found.keys == {
        "pk": ("SITE", Reference("site_id")),
        "gsi1sk": ("AT", Reference("seen_at")),
    }
    listed = model(keys={"pk": ["SITE", "{siteId}"], "sk": ["A#{b}"]})
    assert listed.keys == {
        "pk": ("SITE", Reference("site_id")),
        "sk": ("A", Reference("b")),
    }


def test_the_name_of_a_pattern_says_all_that_it_asks() -> None:
    """So that two questions have two names."""
    asked = [
        {"equal": ["a"]},
        {"equal": ["a"], "sort": "b"},
        {"equal": ["a"], "sort": "-b"},
        {"equal": ["a", "b"]},
        {"where": {"c": None, "d": 1}},
        {"name": "mine"},
    ]
    assert [one.name for one in model(patterns=asked).patterns] == [
        "by_a",
        "by_a_sort_b",
        "by_a_sort_b_desc",
        "by_a_b",
        "all_where_c_None_where_d_1",
        "mine",
    ]


def test_what_is_not_known_is_kept() -> None:
    """At the top, in an attribute, in a relation."""
    found = model(
        billing={"plan": "a"},
        attributes={"x": {"dashboard": {"icon": "i"}}},
        hasMany=[{"model": "Post", "label": "Posts"}],
    )
    assert found.others == {
        "billing": {"plan": "a"},
        "attributes": {"x": {"dashboard": {"icon": "i"}}},
        "relations": {"posts": {"label": "Posts"}},
    }


def test_unresolved_values_are_gathered_from_anywhere() -> None:
    """Each once, in order; a function counts where a value is needed."""
    one, two = Unresolved("a()"), Unresolved("b()")
    found = model(
        traits={"useApi": {"uri": one}},
        attributes={"x": {"default": two, "unique": one, "factory": Source("() => f()")}},
        get={"y": Source("y => 1")},
        custom=Source("z"),
    )
    assert [each.text for each in found.unresolved] == ["a()", "b()", "z"]
    assert found.attributes[0].default == two
    assert found.getters == {"y": "y => 1"}


@pytest.mark.parametrize(
    ("entries", "path", "hint"),
    [
        ({"atributes": {}}, ("atributes",), "write attributes"),
        ({"primary_kye": "id"}, ("primary_kye",), "write primary_key"),
        ({"belongTo": []}, ("belongTo",), "write belongsTo"),
        ({"traits": {"useTimestamp": True}}, ("traits", "useTimestamp"), "write useTimestamps"),
        ({"attributes": {"x": {"fillabel": 1}}}, ("attributes", "x", "fillabel"), "write fillable"),
        (
            {"hasMany": [{"model": "A", "foriegnKey": "a"}]},
            ("hasMany", 0, "foriegnKey"),
            "write foreignKey",
        ),
        ({"indexes": [{"column": ["a"]}]}, ("indexes", 0), "write columns: ['team_id', 'tone']"),
        ({"primaryKey": "a", "primary_key": "b"}, ("primary_key",), "leave one out"),
        ({"traits": {"useTtl": 1, "ttl": 1}}, ("traits", "ttl"), "leave one out"),
        ({"attributes": {"aB": {}, "a_b": {}}}, ("attributes", "a_b"), "leave one out"),
        ({"hasOneThrough": ["A"]}, ("hasOneThrough", 0), "write through: 'Team'"),
        (
            {"belongsTo": [{"model": "A", "onDelete": "explode"}]},
            ("belongsTo", 0, "onDelete"),
            "there are cascade, restrict, set null and no action",
        ),
        (
            {"belongsTo": [{"model": "A", "onUpdate": "explode"}]},
            ("belongsTo", 0, "onUpdate"),
            "there are cascade, restrict and no action",
        ),
        *(
            (
                {"attributes": {name: {}}},
                ("attributes", name),
                "begin it with a letter, and go on with letters, digits and _",
            )
            for name in ("1a", "!written", "__init__", "a+b")
        ),
        ({"primaryKey": []}, ("primaryKey",), "write primaryKey: 'id'"),
        ({"dynamodb": {"pk": "a-{b}"}}, ("dynamodb", "pk"), "write 'SITE#{site_id}'"),
        ({"dynamodb": {"pk": ["a-{b}"]}}, ("dynamodb", "pk"), "write 'SITE#{site_id}'"),
        (
            {"patterns": [{"equal": ["a"], "where": "b = 1"}]},
            ("patterns", 0, "where"),
            "write where: {status: 'open'}",
        ),
        ({"keys": {"pkk": "A#{id}"}}, ("keys", "pkk"), "write pk"),
        ({"keys": {"pk": "A"}, "dynamodb": {"pk": "A"}}, ("dynamodb",), "leave one out"),
        (
            {"hasMany": [{"modle": "Essay"}]},
            ("hasMany", 0, "modle"),
            "write model, or relationName",
        ),
        (
            {"hasMany": {"throgh": "Team"}},
            ("hasMany", "throgh"),
            "write through, or relationName",
        ),
        ({"attributes": {"x": {"enum": "a,b"}}}, *_at_x("enum", "write ['open', 'closed']")),
        ({"attributes": {"x": {"type": "strng"}}}, *_at_x("type", "write string")),
        (
            {"attributes": {"x": {"default": dict}}},
            *_at_x("default", "give a value, or declare a class with attr(default_factory=…)"),
        ),
        ({"patterns": [{}]}, ("patterns", 0), "write equal: ['team_id'], or a name for all rows"),
        ({"indexes": [{"columns": []}]}, ("indexes", 0), "write columns: ['team_id', 'tone']"),
        ({"get": {"y": len}}, ("get", "y"), "declare it on a model class"),
    ],
)
def test_refused_with_place_and_hint(
    entries: dict[str, Any], path: tuple[str | int, ...], hint: str
) -> None:
    """The path is as the source spells it; the hint says what to write."""
    error = refused(**entries)
    assert (error.model, error.path, error.hint) == ("Thing", path, hint)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_name_is_needed() -> None:
    """And must be one."""
    for mapping in ({}, {"name": ""}, {"name": 3}, {"name": "a b"}):
        with pytest.raises(DefinitionError, match="name"):
            define(mapping)


def test_file_stands_in_errors_and_definition() -> None:
    """So that a message names it."""
    with pytest.raises(DefinitionError, match=r"^app/a\.ts: Thing\.hasMany: is 3"):
        define({"name": "Thing", "hasMany": 3}, file="app/a.ts")
    assert define({"name": "Thing"}, file="app/a.ts").source == "app/a.ts"


def test_extension_joins_and_its_words_hold() -> None:
    """Relations are joined, attributes replaced one by one, the rest as in the base."""
    base = define(
        {
            "name": "User",
            "table": "users",
            "primaryKey": "slug",
            "hasMany": ["Post"],
            "traits": {"useTimestamps": True, "taggable": True},
            "attributes": {"email": {"unique": True}, "name": {"fillable": True}},
            "dynamodb": {"pk": "USER#{slug}"},
        }
    )
    found = extend(
        base,
        {
            "hasMany": [{"model": "Note", "onDelete": "cascade"}],
            "traits": {"useUuid": True, "taggable": False},
            "attributes": {"email": {"hidden": True}, "age": {}},
        },
    )
    assert (found.name, found.table, found.primary_key) == ("User", "users", ("slug",))
    assert [one.name for one in found.relations] == ["posts", "notes"]
    names = ["email", "name", "created_at", "updated_at", "age", "uuid"]
    assert [one.name for one in found.attributes] == names
    email = found.attribute("email")
    assert email is not None
    assert (email.unique, email.hidden) == (False, True)
    assert found.traits.timestamps == ("created_at", "updated_at")
    assert found.traits.others == {}
    assert found.keys == base.keys
