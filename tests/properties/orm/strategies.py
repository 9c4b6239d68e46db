"""What the properties are tried on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from orm.keys import Keys

# Every delimiter that Keys takes: below U+0024, not `!`.
DELIMITERS = [chr(c) for c in range(0x24) if chr(c) != "!"]
keys = st.sampled_from(DELIMITERS).map(Keys)

# Characters around the escape's edges come often; the whole of Unicode (without surrogates) comes.
_edges = st.sampled_from([*map(chr, range(0x30)), "0", "S", "T", "U", "~", "é", "\uffff", "😀"])
characters = _edges | st.characters(exclude_categories=["Cs"])
parts = st.text(characters, min_size=1, max_size=8)
rows_of_parts = st.lists(parts, min_size=1, max_size=4)

numbers = st.builds(
    lambda digits, exponent, sign: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 80),
    st.integers(0, 1),
).filter(lambda number: not number or -130 <= number.adjusted() <= 125)
datetimes = st.datetimes(timezones=st.sampled_from(
    [dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(dt.timedelta(hours=-5))]
), min_value=dt.datetime(1, 1, 3), max_value=dt.datetime(9999, 12, 29))  # fmt: skip
