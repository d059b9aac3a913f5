"""Published data sources: the manifest, fetching and loading."""
