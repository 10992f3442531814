"""Benchmarks: `python -m bench.NAME` prints a table of ratios measured in one run; its last line holds them to bounds.

Past a bound the exit code is 1. `--smoke` runs the smallest size, for crashes alone. What they share begins with "_".
"""
