"""This package is in charge of what an import writes: one module for each kind of line."""
