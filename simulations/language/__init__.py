"""The customers' language: texts, logged codes, golden labels (docs/language.md)."""
