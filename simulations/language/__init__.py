"""The customers' language: return-reason texts, logged codes and golden labels (docs/language.md)."""
