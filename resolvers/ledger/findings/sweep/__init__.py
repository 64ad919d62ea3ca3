"""This package is in charge of the rules that need the absence of something, or the whole: one statement each over what was recorded as of a moment."""
