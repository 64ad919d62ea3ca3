"""Execution is in charge of carrying a plan out and shaping the answer."""
