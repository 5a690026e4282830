"""Cooper's domain: the catalogue, policy, plans, requests and the service that acts on them."""
