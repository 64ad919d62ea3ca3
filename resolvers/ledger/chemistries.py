"""This module is in charge of the chemistries: which there are, and what a battery's code may say of each."""

from collections.abc import Mapping
from typing import Final

CHEMISTRY_LETTERS: Final[Mapping[str, frozenset[str]]] = {
    "LFP": frozenset("B"),
    "LMFP": frozenset("BZ"),
    "NCM": frozenset("E"),
    "NCM523": frozenset("E"),
    "NCM622": frozenset("E"),
    "NCM811": frozenset("E"),
    "NCA": frozenset("E"),
    "LMO": frozenset("C"),
    "LCO": frozenset("D"),
    "LTO": frozenset("G"),
    "NIMH": frozenset("A"),
    "SUPERCAPACITOR": frozenset("F"),
    "OTHER": frozenset("Z"),
}
"""The chemistries, and the battery-type letters of GB/T 34014 that agree with each."""
