"""What attributes are to mypy and pyright, without a plugin: checked, never run."""

from typing import assert_type

from orm.records import Attr, Clause, DynamoDBModel, attr, belongs_to, dynamo, has_many, new_id


class User(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    email: Attr[str] = attr(unique=True)
    age: Attr[int | None] = attr(default=None)

    posts = has_many(lambda: Post)


class Post(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    user_id: Attr[str]

    user = belongs_to(User)


def f() -> None:
    assert_type(User.email, Attr[str])
    assert_type(User.age == 3, Clause)
    user = User(email="ann@example.com")
    assert_type(user.email, str)
    assert_type(user.age, int | None)
    assert_type(user.posts, list[Post])
    assert_type(Post.find_or_fail("1").user, User | None)
    assert_type(User.find("1"), User | None)
    assert_type(User.where(User.age == 3).get(), list[User])
    assert_type(dynamo.entity(User).pk(id="1").get(), list[User])
    user.email = 3  # type: ignore[assignment]
    User()  # type: ignore[call-arg]
    User(email=3)  # type: ignore[arg-type]
