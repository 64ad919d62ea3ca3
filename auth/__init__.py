"""This package is in charge of who is asking and what they may see."""
