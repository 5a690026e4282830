"""One file a command: its declaration (`SPEC`) and what it does."""
