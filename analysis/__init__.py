"""Counts to conclusions: Table 3, its inference and its checks, and audits."""

if __name__ != "abkit.analysis":
    raise ImportError(
        f"this folder is the package `abkit.analysis`, it was imported as `{__name__}`"
    )
