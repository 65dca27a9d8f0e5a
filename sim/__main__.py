"""``python -m sim`` is ``crossroads``."""

from sim.cli import main

main()
