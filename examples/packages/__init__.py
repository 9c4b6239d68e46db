"""The history of a package registry, replayed as events from a file of one JSON object a line."""

__all__: list[str] = []
