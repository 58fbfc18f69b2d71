"""Fuzzing: what must hold for any input, tried on inputs that nobody would write."""
