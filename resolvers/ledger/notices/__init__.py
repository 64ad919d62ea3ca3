"""This package is in charge of events of no pack: a maker files codes, somebody sees an unlicensed site."""
