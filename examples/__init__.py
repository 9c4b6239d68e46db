"""Examples that run: `keyfold demo`."""
