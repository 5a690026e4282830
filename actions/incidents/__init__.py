"""Incidents: what alerts tell of, who is on it, and when people hear about it."""
