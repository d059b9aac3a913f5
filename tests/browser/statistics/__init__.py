"""Figures, totals for everybody, notices, webhooks and failures in a browser."""
