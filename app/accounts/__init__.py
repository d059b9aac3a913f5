"""Organisations, people, sign-in, permissions and the audit trail: the doors and locks of everything."""
