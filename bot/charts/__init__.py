"""Pictures of figures, one file a kind."""
