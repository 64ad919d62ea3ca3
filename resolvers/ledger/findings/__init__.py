"""This package is in charge of findings: rules that tell what should not have happened, one file each (`register.py` lists all)."""
