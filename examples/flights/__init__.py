"""Every departure from New York's three airports in 2013, as events; see README.md beside this."""

__all__: list[str] = []
