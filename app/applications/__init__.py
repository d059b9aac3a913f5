"""The one-stop window: applications over many sites, one case a site, one procedure, one clock."""
