"""Our statistics beside Evidently's, NannyML's and scipy's: time, memory, and what is detected."""
