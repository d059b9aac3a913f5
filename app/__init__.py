"""Tsunagaru: public assets and mobile connectivity in one map and one workflow."""
