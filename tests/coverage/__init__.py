"""Coverage: from measurements to gaps."""
