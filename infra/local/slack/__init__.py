"""A stand-in for a Slack workspace: the true protocol to unmodified slack-bolt and slack-sdk."""
