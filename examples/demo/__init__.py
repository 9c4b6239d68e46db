"""What the examples' runs share: tables, processes, progress and the `keyfold demo` command."""

__all__: list[str] = []
