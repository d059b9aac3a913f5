"""Choosing sites: from the map or a file to assets, and what is known of each before it is sent."""
