"""The world: customers and their language, arrivals, bot policies, agents, annotators."""

if __name__ != "abkit.simulations":
    raise ImportError(
        f"this folder is the package `abkit.simulations`, it was imported as `{__name__}`"
    )
