"""One module per verb: the only place where model, simulations and analysis meet."""
