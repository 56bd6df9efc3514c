"""Runs that are too long for a page, and the training of what is shipped; with provenance."""
