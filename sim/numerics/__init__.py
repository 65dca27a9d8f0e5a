"""Numerics: every number the package computes is computed here, from IEEE 754 operations alone.

Each function is written once, as ``def f(ops, *arguments)`` over the operations of :mod:`~sim.numerics.ops`:
called with :class:`~sim.numerics.scalar.ScalarOps` it computes on Python floats, called with the compiler's
vector operations it prints code for many trajectories side by side, and both give the same bits. Elementary
functions are in ``elementary``, the normal distribution and the gamma function in ``special``, incomplete gamma
and beta functions in files of their own, the random generator in ``random``, and the inverse distribution function
of every family a model can draw from in ``quantiles``, which gathers them from a file per kind of family. Nothing
here imports the rest of the package or a library of mathematics.
"""
