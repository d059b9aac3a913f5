"""Official papers: the facts each one prints, its PDF, and which step gives rise to it."""
