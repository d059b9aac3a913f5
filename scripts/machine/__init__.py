"""The machine around the application: Debian packages, the private PostgreSQL, npm packages, processes."""
