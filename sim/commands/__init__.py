"""What each command of ``crossroads`` does. Parsing is in ``sim.cli``; heavy imports happen inside the functions."""
