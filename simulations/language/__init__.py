"""The customers' language: return-reason texts, the logs' noisy codes, golden labels."""
