"""The projections' part of the `keyfold` command: `projection`, `parked` and `worker`."""
