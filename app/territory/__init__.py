"""Municipalities and the population mesh: the ground everything stands on."""
