"""Runs that are too long for a page; their results carry their provenance."""
