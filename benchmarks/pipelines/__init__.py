"""Pipelines of language understanding side by side; `python -m benchmarks.pipelines`."""
