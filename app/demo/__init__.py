"""The deterministic sample register."""
