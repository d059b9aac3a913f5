"""OGC API: collections, queries, formats, tiles."""
