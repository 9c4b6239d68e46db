"""What a user of record models sees through mypy: checked, never run."""

from typing import Any, assert_type

from orm.records import Attr, Connection, DynamoDBModel, Related, Repository, has_many


class Post(DynamoDBModel):
    id: Attr[str]
    likes: Attr[int]


class User(DynamoDBModel):
    id: Attr[str]

    posts = has_many(Post)


def f(connection: Connection, user: User) -> None:
    assert_type(connection.repository(User), Repository[User])
    assert_type(connection.repository("User"), Repository[Any])
    with connection.transaction() as tx:
        assert_type(tx.create(Post, id="1"), Post)
        assert_type(tx.create("Post", id="1"), Any)
    assert_type(user.related(User.posts), Related[Post])
    assert_type(user.related("posts"), Related[Any])
    posts = connection.repository(Post).query()
    assert_type(posts.pluck(Post.likes), list[int])
    assert_type(posts.pluck("likes"), list[Any])
    posts.order_by("likes", "down")  # type: ignore[arg-type]
