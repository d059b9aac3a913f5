"""Lists that municipalities and bureaus upload: read, judged, compared, published as versions, undone."""
