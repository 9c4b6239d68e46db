"""Writes of rows: what is to be written, by which actions, alone or together, and refusals."""
