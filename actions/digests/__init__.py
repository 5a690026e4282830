"""Digests: a summary of what happened, now or again and again."""
