"""Schemas as people declare them, in dicts: each shows other ways for a row to be found."""

from __future__ import annotations

from typing import Any

import msgspec

from orm.definitions import AttributeDefinition, EntityDefinition, RelationDefinition, define
from orm.indexes import IndexPlan, PlanOptions, plan_indexes

FIXED = {"required": True, "rule": "immutable"}
NEEDED = {"required": True}
TIMED = {"useTimestamps": True}


class Schema(msgspec.Struct, frozen=True):
    """Entities of one table, and how they are planned."""

    name: str
    entities: tuple[EntityDefinition, ...]
    options: PlanOptions = PlanOptions()

    def plan(self) -> IndexPlan:
        return plan_indexes(self.entities, self.options)


def defined(*models: dict[str, Any]) -> tuple[EntityDefinition, ...]:
    return tuple(define(model) for model in models)


BLOG = Schema(
    "blog",
    defined(
        {
            "name": "User",
            "attributes": {
                "email": {"required": True, "unique": True, "type": "string"},
                "teamId": NEEDED,
                "body": {"type": "string"},
            },
            "hasMany": [{"model": "Post", "orderBy": "-createdAt"}],
            "hasOne": [{"model": "Profile", "owned": True}],
            "belongsTo": ["Team"],
            "traits": TIMED,
        },
        {
            "name": "Team",
            "attributes": {"name": {"required": True, "unique": True}},
            "hasMany": ["User"],
            "hasManyThrough": [{"model": "Post", "through": "User"}],
        },
        {
            "name": "Profile",
            "attributes": {"userId": FIXED, "body": {"type": "string"}},
            "belongsTo": ["User"],
        },
        {
            "name": "Post",
            "attributes": {
                "userId": NEEDED,
                "slug": {"required": True, "unique": True},
                "status": {"required": True, "choices": ["draft", "live"]},
                "publishedAt": {"type": "datetime"},
                "body": {"type": "string"},
            },
            "belongsTo": [{"model": "User", "relationName": "author"}],
            "belongsToMany": [{"model": "Tag", "pivot": {"columns": ["weight"]}}],
            "morphMany": [{"model": "Comment", "morphName": "commentable"}],
            "indexes": [{"name": "by_author", "columns": ["userId", "status", "createdAt"]}],
            "patterns": [
                {"name": "live", "equal": ["status"], "sort": "-publishedAt",
                 "where": {"status": "live"}},
                {"name": "newest", "equal": [], "sort": "-createdAt", "writesPerSecond": 1_800},
            ],
            "traits": {"useTimestamps": True, "useSoftDeletes": True},
        },
        {
            "name": "Tag",
            "attributes": {"name": {"required": True, "unique": True}},
            "belongsToMany": ["Post"],
        },
        {
            "name": "Video",
            "attributes": {"title": NEEDED},
            "morphMany": [{"model": "Comment", "morphName": "commentable"}],
        },
        {
            "name": "Comment",
            "attributes": {"commentableType": NEEDED, "commentableId": NEEDED,
                           "body": {"type": "string"}},
            "morphTo": [{"morphName": "commentable"}],
            "traits": TIMED,
        },
    ),
    PlanOptions(gsis_max=20, trashed=frozenset({"Post"})),
)  # fmt: skip

SHOP = Schema(
    "shop",
    defined(
        {
            "name": "Customer",
            "attributes": {"level": {"required": True, "type": "integer"}, "body": {}},
            "hasMany": [{"model": "Order", "owned": True}],
            "patterns": [{"name": "by level", "equal": [], "sort": "-level"}],
        },
        {
            "name": "Order",
            "attributes": {
                "customerId": FIXED,
                "placed": {"required": True, "type": "datetime", "rule": "immutable|datetime"},
                "total": {"required": True, "type": "decimal"},
                "status": {"required": True, "choices": ["open", "paid", "sent"]},
                "coupon": {"type": "string"},
                "body": {"type": "string"},
            },
            "belongsTo": ["Customer"],
            "patterns": [
                {"name": "placed", "equal": ["customerId"], "sort": "placed", "strong": True,
                 "withParent": "Customer"},
                {"name": "open", "equal": ["status"], "sort": "total",
                 "where": {"status": "open"}, "project": ["status", "total"]},
                {"name": "with coupon", "equal": ["coupon"], "sort": "-placed"},
            ],
        },
        {
            "name": "Line",
            "primaryKey": ["orderId", "number"],
            "attributes": {"orderId": NEEDED, "number": {"required": True, "type": "integer"},
                           "productId": NEEDED, "giftWrap": {"required": True, "type": "boolean"}},
            "belongsTo": ["Product"],
            "patterns": [{"name": "wrapped", "equal": ["giftWrap", "productId"]}],
            "indexes": [{"name": "one_each", "columns": ["orderId", "productId"], "unique": True}],
        },
        {"name": "Product", "attributes": {"weight": {"type": "float", "required": True}},
         "hasMany": ["Line"]},
    ),
)  # fmt: skip

SITES = Schema(
    "sites",
    defined(
        {
            "name": "Site",
            "attributes": {"host": NEEDED},
            "dynamodb": {"pk": "SITE#{id}", "sk": "SITE"},
        },
        {
            "name": "Visit",
            "primaryKey": ["siteId", "at"],
            "attributes": {"siteId": NEEDED, "at": {"required": True, "type": "datetime"},
                           "path": {}, "bot": {"required": True, "type": "boolean"}},
            "dynamodb": {
                "pk": "SITE#{siteId}", "sk": "VISIT#{at}", "gsi2pk": "PATH#{path}#{bot}",
                "gsi2sk": "{at}",
            },
            "patterns": [
                {"name": "of site", "equal": ["siteId"], "sort": "-at", "strong": True},
                {"name": "people", "equal": ["siteId"], "sort": "at", "where": {"bot": False},
                 "strong": True},
                {"name": "of page", "equal": ["path", "bot"], "sort": "at"},
                {"name": "by path", "equal": ["path"]},
            ],
        },
    ),
)  # fmt: skip

LEDGER = Schema(
    "ledger",
    defined(
        {
            "name": "Entry",
            "primaryKey": ["accountId", "number"],
            "attributes": {
                "accountId": NEEDED,
                "number": {"required": True, "type": "integer"},
                "amount": {"required": True, "type": "decimal"},
                "kind": {"required": True, "choices": ["in", "out"]},
                "note": {"type": "string"},
            },
            "patterns": [
                {"name": "in order", "equal": ["accountId"], "sort": "number", "strong": True},
                {"name": "by amount", "equal": ["accountId"], "sort": "-amount", "strong": True},
                {"name": "of kind", "equal": ["accountId", "kind"], "sort": "number",
                 "strong": True},
                {"name": "by kind", "equal": ["kind"], "sort": "number",
                 "writesPerSecond": 900, "readsPerSecond": 100},
            ],
        }
    ),
    PlanOptions(lsi=True),
)  # fmt: skip

SCHEMAS = (BLOG, SHOP, SITES, LEDGER)

ODD_ENTITY = 'Ü|ser "x" `#1;` direction TB'
ODD_ATTRIBUTE = 'e-mail | "`<b>*it_s_*\\ %~;'
ODD = Schema(
    "odd",
    (
        EntityDefinition(
            name=ODD_ENTITY,
            attributes=(
                AttributeDefinition(name=ODD_ATTRIBUTE, declared="x", unique=True, required=True),
                AttributeDefinition(name="pk", declared="pk", required=True),
                AttributeDefinition(name="1st", declared="1st", required=True),
                AttributeDefinition(name="Имя\nline", declared="x", required=True),
                AttributeDefinition(name="___\tline", declared="x", required=True),
            ),
            relations=(
                RelationDefinition(kind="has_many", name='po"sts|;', model="*Post* [a](b)",
                                   foreign_key="user # id"),
            ),
        ),
        EntityDefinition(
            name="*Post* [a](b)",
            attributes=(
                AttributeDefinition(name="user # id", declared="x", required=True),
                AttributeDefinition(name="end", declared="end", required=True),
            ),
        ),
    ),
)  # fmt: skip
