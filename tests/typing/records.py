"""What a user of record models sees through mypy and pyright: checked, never run."""

from typing import Any, assert_type

from orm.records import Attr, Connection, DynamoDBModel, Related, Repository, attr, has_many


class Post(DynamoDBModel):
    id: Attr[str]
    likes: Attr[int]


class User(DynamoDBModel):
    id: Attr[str]
    email: Attr[str] = attr(unique=True)
    age: Attr[int | None] = attr(default=None)

    posts = has_many(Post)


def f(connection: Connection, user: User) -> None:
    assert_type(connection.repository(User), Repository[User])
    assert_type(connection.repository("User"), Repository[Any])
    with connection.transaction() as tx:
        assert_type(tx.create(Post, id="1"), Post)
        assert_type(tx.create("Post", id="1"), Any)
    assert_type(user.email, str)
    assert_type(user.age, int | None)
    assert_type(User.email, Attr[str])
    user.age = "5"  # type: ignore[assignment]
    print(user.emial)  # type: ignore[attr-defined]
    users = connection.repository(User)
    assert_type(users.create(email="ann@example.org"), User)
    assert_type(users.find("1"), User | None)
    assert_type(users.query().where(User.email == "ann@example.org").first(), User | None)
    assert_type(users.query().where_in(User.age, [1, 2]).get(), list[User])
    users.query().where(User.emial == "x")  # type: ignore[attr-defined]
    assert_type(user.related(User.posts), Related[Post])
    assert_type(user.related("posts"), Related[Any])
    posts = connection.repository(Post).query()
    assert_type(posts.pluck(Post.likes), list[int])
    assert_type(posts.pluck("likes"), list[Any])
    posts.order_by("likes", "down")  # type: ignore[arg-type]
