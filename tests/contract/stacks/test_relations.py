"""Relations of parsed models: loaded from both sides, narrowed, asked about and changed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from orm.definitions import EntityDefinition
from orm.driver import MeteredDriver
from orm.records import Connection, NotLoaded, RestrictedError
from orm.validation import InvalidRowError
from tests.contract.stacks.samples import key_of, rows_of, sample
from tests.contract.stacks.stocked import Shop


def keys(definition: EntityDefinition, found: Any) -> set[tuple[Any, ...]]:
    """The primary keys of what a relation holds; none of them twice."""
    rows = found if isinstance(found, list) else [] if found is None else [found]
    made = {key_of(definition, row) for row in rows}
    assert len(made) == len(rows)
    return made


def test_every_relation_of_every_file_finds_what_brute_force_finds(
    connection: Connection, shop: Shop, models: Sequence[EntityDefinition]
) -> None:
    """From both sides; of rows in the bin none."""
    wrong: dict[str, Any] = {}
    for definition in (one for one in models if one.relations):
        rows = shop.live(definition.name)
        for relation in definition.relations:
            label = f"{definition.name}.{relation.name}"
            rows_of(connection, definition.name).load(rows, relation.name)
            target = _target(models, relation.model)
            found = [keys(target, getattr(row, relation.name)) for row in rows]
            wanted = [keys(target, shop.related(label)(row)) for row in rows]
            if relation.kind == "has_one_through":  # one of them, whichever
                wanted = [
                    have if have <= want and bool(have) == bool(want) else want
                    for have, want in zip(found, wanted, strict=True)
                ]
            if found != wanted or not any(wanted):
                wrong[label] = [
                    pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]
                ]
    assert wrong == {}


def _target(models: Sequence[EntityDefinition], name: str) -> EntityDefinition:
    """The related model; of a `morphTo` any, since all that it leads to have an id."""
    return next(one for one in models if one.name == (name or "Post"))


def test_relations_of_relations_are_loaded_with_the_query(
    connection: Connection, shop: Shop, meter: MeteredDriver
) -> None:
    """Level by level, and nothing that was not asked for."""
    users = rows_of(connection, "User")
    paths = ("orders.products.tags", "orders.payment", "posts.comments", "team")
    found = users.query().where_in("id", [f"{n}" for n in range(8)]).with_(*paths).get()
    before = meter.usage().requests
    seen = 0
    for user in found:
        assert {one.id for one in user.orders} == _ids(shop, "User.orders", user)
        for order in user.orders:
            assert {one.id for one in order.products} == _ids(shop, "Order.products", order)
            paid = [order.payment.id] if order.payment else []
            assert set(paid) == _ids(shop, "Order.payment", order)
            for product in order.products:
                line = shop.lines[order.id, product.id]
                assert (product.pivot.quantity, product.pivot.unit_price) == (
                    line.quantity,
                    line.unit_price,
                )
                assert {one.id for one in product.tags} == _ids(shop, "Product.tags", product)
                seen += 1
        for post in user.posts:
            assert {one.id for one in post.comments} == _ids(shop, "Post.comments", post)
    assert seen
    assert meter.usage().requests == before
    with pytest.raises(NotLoaded):
        _ = found[0].address


def _ids(shop: Shop, relation: str, row: Any) -> set[str]:
    return {one.id for one in shop.related(relation)(row)}


def test_rows_are_chosen_by_what_they_are_related_to(connection: Connection, shop: Shop) -> None:
    products = rows_of(connection, "Product")
    assert {row.id for row in products.query().where(variety="goods").has("tags").get()} == {
        row.id for row in shop.live("Product", variety="goods") if _ids(shop, "Product.tags", row)
    }
    asked = products.query().where_has("comments", lambda found: found.filter(status="shown"))
    assert {row.id for row in asked.scan()} == {
        row.id
        for row in shop.live("Product")
        if any(one.status == "shown" for one in shop.related("Product.comments")(row))
    }
    asked = products.query().where(variety="goods").doesnt_have("orders").with_count("categories")
    found = {row.id: row.count_of("categories") for row in asked.get()}
    assert found == {
        row.id: len(_ids(shop, "Product.categories", row))
        for row in shop.live("Product", variety="goods")
        if not _ids(shop, "Product.orders", row)
    }
    assert any(found.values())


def test_children_come_in_the_order_that_the_file_says(connection: Connection, shop: Shop) -> None:
    users = rows_of(connection, "User").find_many(["0", "1", "2"])
    rows_of(connection, "User").load(users, "orders")
    for user in users:
        placed = [order.placed_at for order in user.orders]
        assert placed == sorted(placed, reverse=True)
    assert any(len(user.orders) > 1 for user in users)
    narrowed = rows_of(connection, "User").query()
    (user,) = narrowed.where(id="0").with_(orders=lambda found: found.limit(1)).get()
    assert [one.id for one in user.orders] == [one.id for one in users[0].orders[:1]]


# --- many to many ---


def test_edges_hold_the_columns_of_the_pivot(connection: Connection) -> None:
    """Its defaults, its rules, and when they were made."""
    order = rows_of(connection, "Order").create(sample("Order"))
    product = rows_of(connection, "Product").create(sample("Product"))
    other = rows_of(connection, "Product").create(sample("Product", id="q", sku="AB-0002"))
    assert order.related("products").attach(product, unit_price=Decimal("1.5")) == ["p"]
    (found,) = order.load("products").products
    assert (found.pivot.quantity, found.pivot.unit_price) == (1, Decimal("1.5"))
    assert found.pivot.created_at is not None
    (back,) = product.load("orders").orders
    assert (back, back.pivot.quantity) == (order, 1)
    assert order.related("products").attach(product, quantity=3) == []
    assert order.load("products").products[0].pivot.quantity == 3
    with pytest.raises(InvalidRowError) as refused:
        order.related("products").attach(other, quantity=0)
    assert refused.value.errors.keys() == {"quantity"}
    assert [one.id for one in order.load("products").products] == ["p"]


def test_edges_are_synced_and_detached_from_either_side(connection: Connection) -> None:
    orders, products = rows_of(connection, "Order"), rows_of(connection, "Product")
    order = orders.create(sample("Order"))
    for n in range(4):
        products.create(sample("Product", id=f"{n}", sku=f"AB-000{n}"))
    related = order.related("products")
    related.attach("0", "1", quantity=5)
    done = related.sync({"1": {"quantity": 6}, "2": {"quantity": 7}})
    assert (done.attached, done.detached, done.updated) == (["2"], ["0"], ["1"])
    assert {one.id: one.pivot.quantity for one in order.load("products").products} == {
        "1": 6,
        "2": 7,
    }
    assert products.find_or_fail("1").related("orders").detach(order) == ["o"]
    assert related.detach() == ["2"]
    assert order.load("products").products == []
    assert products.find_or_fail("2").load("orders").orders == []


def test_one_pivot_serves_several_types(connection: Connection) -> None:
    """A post and a product of one id, tagged in one table of edges."""
    post = rows_of(connection, "Post").create(sample("Post", id="7"))
    product = rows_of(connection, "Product").create(sample("Product", id="7"))
    tags = rows_of(connection, "Tag")
    first, second = tags.create(label="first"), tags.create(label="second")
    post.related("tags").attach(first, second)
    assert product.load("tags").tags == []
    first.related("products").attach(product)
    assert [tag.label for tag in product.load("tags").tags] == ["first"]
    assert {tag.label for tag in post.load("tags").tags} == {"first", "second"}
    assert first.load("posts", "products").posts == [post]
    assert first.products == [product]
    assert second.load("products").products == []
    assert product.tags[0].pivot.taggable_type == "products"
    post.related("tags").detach()
    assert [tag.label for tag in product.load("tags").tags] == ["first"]
    assert first.load("posts").posts == []


def test_polymorphic_edges_keep_types_apart(connection: Connection) -> None:
    post = rows_of(connection, "Post").create(sample("Post", id="7"))
    product = rows_of(connection, "Product").create(sample("Product", id="7"))
    category = rows_of(connection, "Category").create(sample("Category"))
    category.related("products").attach(product)
    assert post.load("categories").categories == []
    post.related("categories").sync([category])
    category.load("posts", "products")
    assert (category.posts, category.products) == ([post], [product])
    assert product.related("categories").detach(category) == ["c"]
    category.load("posts", "products")
    assert (category.posts, category.products) == ([post], [])


# --- one to many ---


def test_rows_are_made_and_moved_along_relations(connection: Connection) -> None:
    users = rows_of(connection, "User")
    ann = users.create(sample("User"))
    bob = users.create(sample("User", id="b", email="bob@example.com"))
    order = ann.related("orders").create({**sample("Order"), "id": "o"})
    assert order.buyer_id == ann.id
    post = ann.related("posts").create(sample("Post"))
    assert post.load("author").author == ann
    order.related("buyer").associate(bob).save()
    assert ann.load("orders").orders == []
    assert bob.load("orders").orders == [order]
    order.related("buyer").dissociate().save()
    assert order.load("buyer").buyer is None
    address = bob.related("address").create(sample("Address"))
    assert bob.load("address").address == address


def test_a_comment_is_on_any_kind_of_row(connection: Connection) -> None:
    post = rows_of(connection, "Post").create(sample("Post", id="7"))
    product = rows_of(connection, "Product").create(sample("Product", id="7"))
    comment = post.related("comments").create(sample("Comment"))
    assert (comment.commentable_type, comment.commentable_id) == ("Post", "7")
    assert comment.load("commentable").commentable == post
    assert product.load("comments").comments == []
    comment.related("commentable").associate(product).save()
    assert comment.load("commentable").commentable == product
    assert post.load("comments").comments == []
    assert product.load("comments").comments == [comment]
    user = rows_of(connection, "User").create(sample("User"))
    picture = user.related("picture").create(sample("Picture"))
    assert picture.load("picturable").picturable == user
    assert user.load("picture").picture == picture


def test_deletions_cascade_and_are_refused_as_the_files_say(connection: Connection) -> None:
    user = rows_of(connection, "User").create(sample("User"))
    order = user.related("orders").create(sample("Order"))
    user.related("address").create(sample("Address"))
    post = user.related("posts").create(sample("Post"))
    payment = order.related("payment").create(sample("Payment"))
    with pytest.raises(RestrictedError, match="payment restricts"):
        user.delete()
    assert rows_of(connection, "Order").find("o") == order
    payment.delete()
    user.delete()
    assert rows_of(connection, "Order").find("o") is None
    assert rows_of(connection, "Address").find("a") is None
    assert rows_of(connection, "Post").find("p") == post
