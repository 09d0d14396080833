"""Tables for people: rich, Markdown, LaTeX, pandas; the only place that rounds."""
