"""What `Metadata` promises: stored small, read back whole."""

from __future__ import annotations

import pytest

from eventstore import Metadata

FULL = Metadata(
    command_id="c-1",
    command="Account.deposit",
    correlation_id="r",
    causation_id="k",
    actor="ann",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    extra={"ip": "::1"},
)


@pytest.mark.parametrize("metadata", [Metadata(), Metadata(actor="ann"), FULL])
def test_it_reads_back_as_it_was(metadata: Metadata):
    """Whatever is set."""
    assert Metadata.decode(metadata.encode()) == metadata


def test_no_bytes_are_no_metadata():
    """A commit without any stores none."""
    assert Metadata.decode(b"") == Metadata()


def test_what_is_not_set_takes_no_room():
    """It is paid for in every commit."""
    assert len(Metadata().encode()) == 1


def test_a_command_id_stands_in_the_bytes_as_it_is():
    """So that a commit without it is passed over unread."""
    assert "ключ".encode() in Metadata(command_id="ключ").encode()


def test_fields_of_newer_code_are_passed_over():
    """Two versions of the code run side by side for a while."""
    assert Metadata.decode(b"\x82\xa5actor\xa3ann\xa3new\x01") == Metadata(actor="ann")
