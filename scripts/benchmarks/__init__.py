"""Figures of the service beside its peers, on one machine, one database and one set of requests."""
