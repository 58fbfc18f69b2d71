"""Benchmarks: one module each, with a ``main`` that takes the command's options."""
