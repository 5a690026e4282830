"""Postgres: tables, migrations and the transaction behind `actions.store`."""
