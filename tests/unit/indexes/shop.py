"""A schema as people have it: a shop with teams, posts, tags, likes and orders."""

from __future__ import annotations

from typing import Any

from orm.definitions import (
    AttributeDefinition,
    EntityDefinition,
    IndexDefinition,
    PatternDefinition,
    PivotDefinition,
    RelationDefinition,
    RelationKind,
    RuleCall,
    Traits,
)

TIMED = Traits(timestamps=("created_at", "updated_at"))


def attribute(name: str, *rules: str, **more: Any) -> AttributeDefinition:
    more.setdefault("required", True)
    given = tuple(RuleCall(rule) for rule in rules)
    return AttributeDefinition(name=name, declared=name, rules=given, **more)


def entity(name: str, *attributes: AttributeDefinition | str, **more: Any) -> EntityDefinition:
    found = [attribute(each) if isinstance(each, str) else each for each in attributes]
    return EntityDefinition(name=name, attributes=tuple(found), **more)


def relation(kind: RelationKind, name: str, model: str = "", **more: Any) -> RelationDefinition:
    return RelationDefinition(kind=kind, name=name, model=model, **more)


def pattern(name: str, *equal: str, **more: Any) -> PatternDefinition:
    return PatternDefinition(name=name, equal=equal, **more)


def index(name: str, *columns: str, **more: Any) -> IndexDefinition:
    return IndexDefinition(name=name, columns=columns, **more)


USER = entity(
    "User",
    attribute("email", unique=True, casefold=True),
    "team_id",
    attribute("status", kind="enum", choices=("active", "closed")),
    traits=TIMED,
    relations=(
        relation("belongs_to", "team", "Team"),
        relation("has_one", "profile", "Profile", owned=True),
        relation("has_many", "posts", "Post", order_by="-created_at"),
        relation("has_many", "orders", "Order"),
        relation("has_many_through", "order_lines", "OrderLine", through="Order"),
        relation("belongs_to_many", "roles", "Role", pivot=PivotDefinition(
            entity="RoleUser", timestamps=True)),
    ),
    patterns=(pattern("in team by status", "team_id", "status", sort="-created_at"),),
)  # fmt: skip
TEAM = entity("Team", "name", traits=TIMED, relations=(relation("has_many", "users", "User"),))
PROFILE = entity(
    "Profile",
    attribute("user_id", "immutable"),
    attribute("bio", required=False),
    relations=(relation("belongs_to", "user", "User"),),
)
ROLE = entity(
    "Role",
    attribute("name", unique=True),
    relations=(relation("belongs_to_many", "users", "User", pivot=PivotDefinition(
        entity="RoleUser", timestamps=True)),),
)  # fmt: skip
POST = entity(
    "Post",
    "user_id",
    "category_id",
    attribute("slug", unique=True),
    attribute("published_at", required=False, kind="datetime"),
    attribute("status", kind="enum", choices=("draft", "live")),
    traits=Traits(timestamps=("created_at", "updated_at"), soft_deletes="deleted_at"),
    relations=(
        relation("belongs_to", "author", "User", foreign_key="user_id"),
        relation("belongs_to", "category", "Category"),
        relation("has_many", "comments", "Comment"),
        relation("morph_many", "likes", "Like", morph_name="likeable"),
        relation("morph_to_many", "tags", "Tag", morph_name="taggable"),
    ),
    indexes=(index("posts_author_status", "user_id", "status", "created_at"),),
    patterns=(
        pattern("newest", sort="-created_at", writes_per_second=900),
        pattern("live in category", "category_id", sort="-published_at", where={"status": "live"}),
    ),
)
COMMENT = entity(
    "Comment",
    attribute("post_id", "immutable"),
    "user_id",
    "body",
    traits=TIMED,
    relations=(
        relation("belongs_to", "post", "Post"),
        relation("belongs_to", "user", "User"),
        relation("morph_many", "likes", "Like", morph_name="likeable"),
    ),
    patterns=(pattern("of post, now", "post_id", sort="created_at", strong=True,
                      with_parent="Post"),),
)  # fmt: skip
LIKE = entity(
    "Like",
    "likeable_type",
    "likeable_id",
    "user_id",
    traits=TIMED,
    relations=(
        relation("morph_to", "likeable", morph_name="likeable"),
        relation("belongs_to", "user", "User"),
    ),
    indexes=(index("one_each", "user_id", "likeable_type", "likeable_id", unique=True),),
)
TAG = entity(
    "Tag",
    attribute("name", unique=True),
    relations=(
        relation("morphed_by_many", "posts", "Post", morph_name="taggable"),
        relation("morphed_by_many", "products", "Product", morph_name="taggable"),
    ),
)
CATEGORY = entity(
    "Category",
    attribute("parent_id", required=False),
    relations=(
        relation("has_many", "children", "Category", foreign_key="parent_id"),
        relation("has_many", "posts", "Post"),
    ),
)
PRODUCT = entity(
    "Product",
    attribute("sku", unique=True),
    attribute("price", kind="number"),
    traits=TIMED,
    relations=(
        relation("morph_to_many", "tags", "Tag", morph_name="taggable"),
        relation("has_many", "lines", "OrderLine"),
    ),
)
ORDER = entity(
    "Order",
    "user_id",
    attribute("status", kind="enum", choices=("open", "paid")),
    attribute("coupon_id", required=False),
    traits=TIMED,
    relations=(
        relation("belongs_to", "user", "User"),
        relation("has_many", "lines", "OrderLine", owned=True),
        relation("belongs_to", "coupon", "Coupon"),
    ),
    patterns=(pattern("open", "status", sort="created_at", where={"status": "open"},
                      project=("user_id", "status")),),
)  # fmt: skip
ORDER_LINE = entity(
    "OrderLine",
    "order_id",
    "product_id",
    attribute("number", kind="integer"),
    primary_key=("order_id", "number"),
    relations=(relation("belongs_to", "order", "Order"),),
)
COUPON = entity("Coupon", attribute("code", unique=True))
GIFT_CARD = entity("GiftCard", relations=(relation("has_many", "orders", "Order"),))
VISIT = entity(
    "Visit",
    "site_id",
    attribute("at", kind="datetime"),
    attribute("path", required=False),
    primary_key=("site_id", "at"),
    keys={},
)

SHOP = (
    USER, TEAM, PROFILE, ROLE, POST, COMMENT, LIKE, TAG, CATEGORY, PRODUCT, ORDER, ORDER_LINE,
    COUPON, GIFT_CARD, VISIT,
)  # fmt: skip
