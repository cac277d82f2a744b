"""Benchmarks: programs that measure speed, memory, quality and movement, and the scenes that they measure on."""
