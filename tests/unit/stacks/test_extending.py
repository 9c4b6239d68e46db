"""`extendModel(Base, {…})`: both models, the extension's words last."""

from __future__ import annotations

import pytest

from tests.unit.stacks.reading import library, read

pytest.importorskip("tree_sitter", reason="needs the extra stacks")


def test_extension_has_both_models_relations_and_attributes() -> None:
    """An attribute of both is the extension's, in its old place."""
    found = library()["Librarian"]
    assert [one.name for one in found.relations] == ["lists", "picture", "branch"]
    names = [one.name for one in found.attributes]
    assert names[:3] == ["full_name", "email", "password"]
    password = found.attribute("password")
    assert password is not None
    assert (password.required, password.cast) == (True, None)
    assert found.traits.soft_deletes == "deleted_at"
    assert "use_socials" not in found.traits.others


def test_base_may_stand_in_the_same_file() -> None:
    """Also inside the call."""
    for base in ("Base", "defineModel(Base)"):
        text = f"const Base = {{ name: 'A', hasMany: ['B'] }}; export default extendModel({base}, "
        found = read(text + "{ hasMany: ['C'] })")
        assert (found.name, [one.name for one in found.relations]) == ("A", ["bs", "cs"])


def test_base_of_a_package_is_reported() -> None:
    """What is added is read; the model has the base's name."""
    text = (
        "import { User } from '@stacksjs/orm'\nexport default extendModel(User, { hasMany: ['C'] })"
    )
    found = read(text)
    assert (found.name, [one.name for one in found.relations]) == ("User", ["cs"])
    assert [(one.text, one.line) for one in found.unresolved] == [("User", 2)]
