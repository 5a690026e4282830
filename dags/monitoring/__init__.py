"""Drift and quality statistics of a live model: pure functions over data frames, no Airflow.

`profile.build` summarises the reference once for each model version; `evaluate.evaluate` holds a
window of predictions against it and returns a report. docs/monitoring.md has the formulas.
"""
