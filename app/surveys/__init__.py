"""Surveys: campaigns of measuring the signal, their logs, and what residents report."""
