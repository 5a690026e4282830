"""Measurements of a whole stack of its own: `python -m benchmarks` (`make bench`)."""
