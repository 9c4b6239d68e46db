"""Relations between rows: declared, followed, loaded, changed."""
