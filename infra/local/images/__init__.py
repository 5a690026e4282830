"""The local counterparts of container images: one Python environment each, made from the lock in its folder."""
