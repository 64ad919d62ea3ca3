"""Hints are in charge of what composes and is still worth telling: one file a kind of hint."""
