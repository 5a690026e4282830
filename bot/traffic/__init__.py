"""Traffic for a deployed model, made of real rows: to see what the monitors see."""
