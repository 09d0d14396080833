"""The command line: one file per command; the only place that owns stdout and stderr."""
