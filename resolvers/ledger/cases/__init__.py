"""This package is in charge of cases: what an authority makes of findings, asks about them and decides, and what the party answers."""
