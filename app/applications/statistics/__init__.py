"""Figures of all cases: counted without names, forecast, drawn as charts."""
