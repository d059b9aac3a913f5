"""Base stations that stand."""
