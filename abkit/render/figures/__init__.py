"""Figures 2 to 6 of the paper, drawn from facts; matplotlib is imported only when drawing."""
