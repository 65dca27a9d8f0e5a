"""Monte Carlo simulation of geopolitical crises, from a model that an analyst can read."""

__version__ = "0.3.1"
