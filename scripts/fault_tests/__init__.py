"""Proving that the service survives faults: processes killed in the midst of imports."""
