"""Alerts in: one ingress, one file a source, stored before they are answered."""
