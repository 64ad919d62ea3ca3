"""This package is in charge of the federation engine and its front door."""
