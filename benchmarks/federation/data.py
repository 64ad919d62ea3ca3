"""This module is in charge of what the four subgraphs know: users, products and their reviews, all made up, of the sizes that the public benchmark of
federation gateways has (six users, nine products, eleven reviews of 140 to 840 characters)."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any, Final

_NAMES: Final = ("Ada Ledwig", "Bo Sandreuter", "Cai Yunshan", "Dita Norhaven", "Emil Vestergo", "Fei Lanshi")
USERS: Final = [{"id": str(number), "name": name, "username": name.replace(" ", "").lower(), "birthday": 1234567890} for number, name in enumerate(_NAMES, 1)]
_PRODUCTS: Final = (
    ("Table", 899, 100, True),
    ("Couch", 1299, 1000, False),
    ("Glass", 15, 20, False),
    ("Chair", 499, 100, False),
    ("TV", 1299, 1000, True),
    ("Lamp", 6999, 300, True),
    ("Grill", 3999, 2000, True),
    ("Fridge", 100000, 6000, False),
    ("Sofa", 9999, 800, True),
)
PRODUCTS: Final = [
    {"upc": str(number), "name": name, "price": price, "weight": weight, "inStock": there} for number, (name, price, weight, there) in enumerate(_PRODUCTS, 1)
]
_WORDS: Final = (
    "Delivered on the promised day, in good order and with all of its screws; "
    "the second one arrived late, but was put together in an hour and has stood firm since. "
)
# Lengths of the texts in characters, and which product each review is about, with which text.
_LENGTHS: Final = (445, 291, 273, 141, 843)
_REVIEWS: Final = ((0, "1"), (1, "1"), (2, "1"), (3, "1"), (0, "2"), (1, "2"), (2, "2"), (3, "2"), (3, "3"), (3, "4"), (4, "4"))


def _text(number: int) -> str:
    return f"{number}. " + "".join(islice(cycle(_WORDS), _LENGTHS[number] - 3))


REVIEWS: Final = [{"id": str(number), "body": _text(text), "upc": upc} for number, (text, upc) in enumerate(_REVIEWS, 1)]
USER: Final[dict[str, dict[str, Any]]] = {str(each["id"]): each for each in USERS}
PRODUCT: Final[dict[str, dict[str, Any]]] = {str(each["upc"]): each for each in PRODUCTS}
REVIEW: Final[dict[str, dict[str, Any]]] = {each["id"]: each for each in REVIEWS}
