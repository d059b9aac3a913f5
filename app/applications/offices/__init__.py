"""What offices and the window set for themselves: procedures, closures, routes, caps."""
