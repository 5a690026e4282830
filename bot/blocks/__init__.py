"""Block Kit from the domain's values: pure functions, no client."""
