"""Every result of König et al. 2026, trained again: ``python -m validation.paper``."""
