"""Documents made from the code, so that they cannot go stale."""
