"""Helpers of the DAGs, imported as from the DAG folder."""
