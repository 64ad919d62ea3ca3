"""This package is in charge of products made of used batteries: which standard each field of use asks for, and who may be sold what."""
