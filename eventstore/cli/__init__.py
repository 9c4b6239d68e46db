"""The event store's part of the `keyfold` command: `tables`, `stream` and `aggregate`."""
