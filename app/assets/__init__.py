"""The register of public assets and its versions."""
