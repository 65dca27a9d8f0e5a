"""Other ways to run the same model: C, numpy, numba, JAX, plain Python, and tools that step through agents."""
