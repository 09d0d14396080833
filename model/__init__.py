"""Text to probability: losses, the BiLSTM, training, calibration, thresholds, artifacts, scores."""

if __name__ != "abkit.model":
    raise ImportError(f"this folder is the package `abkit.model`, it was imported as `{__name__}`")
