"""The person side: what someone in the workspace can see and do, as an HTTP API."""
