"""The embedded stack: every part of Cooper on one machine, real where it can be, on loopback only."""

from infra.local.stack.stack import Options, stop, up

__all__ = ["Options", "stop", "up"]
