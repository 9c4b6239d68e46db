"""Benchmarks: CPU time as ratios against named peers, and counts that are exact."""
