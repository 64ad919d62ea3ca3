"""This package is in charge of the pages that people look at: the explorer at `/`, and the scanned label at `/b`."""
