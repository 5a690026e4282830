"""How many alerts a second come in, beside Prometheus Alertmanager."""
