"""Contracts, results, errors, keyed random numbers and files: what every layer may import."""
