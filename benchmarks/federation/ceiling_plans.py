"""This module is in charge of two plans written by hand: typed structs for each fetch, changed in place and encoded as the answer; straight-line code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct, field

Send = Callable[[str, bytes], Awaitable[bytes]]
T = TypeVar("T")
encode: Final = msgspec.json.Encoder().encode


class Leaf(Struct, gc=False):
    in_stock: bool | None = field(name="inStock", default=None)
    name: str | None = None
    price: int | None = None
    shipping: int | None = field(name="shippingEstimate", default=None)
    upc: str = ""
    weight: int | None = None


class LeafReview(Struct, gc=False):
    id: str
    body: Raw
    product: Leaf | None = None


class Author(Struct, gc=False):
    id: str
    username: str | None = None
    name: str | None = None
    reviews: list[LeafReview | None] | None = None


class AuthoredReview(Struct, gc=False):
    id: str
    body: Raw
    author: Author | None = None


class Product(Leaf, gc=False):
    reviews: list[AuthoredReview | None] | None = None


class ProductReview(Struct, gc=False):
    id: str
    body: Raw
    product: Product | None = None


class User(Struct, gc=False):
    id: str
    username: str | None = None
    name: str | None = None
    reviews: list[ProductReview | None] | None = None


class SmallReview(Struct, gc=False):
    id: str
    body: Raw
    product: SmallProduct | None = None


class SmallProduct(Struct, gc=False):
    upc: str
    name: str | None = None
    price: int | None = None


class SmallUser(Struct, gc=False):
    id: str
    username: str | None = None
    name: str | None = None
    reviews: list[SmallReview | None] | None = None


class UserReviews(Struct, gc=False):
    reviews: list[ProductReview | None] | None = None


class ProductReviews(Struct, gc=False):
    reviews: list[AuthoredReview | None] | None = None


class Priced(Struct, gc=False):
    name: str | None = None
    price: int | None = None
    weight: int | None = None


class Stocked(Struct, gc=False):
    in_stock: bool | None = field(name="inStock", default=None)
    shipping: int | None = field(name="shippingEstimate", default=None)


class Named(Struct, gc=False):
    name: str | None = None


class SmallReviews(Struct, gc=False):
    reviews: list[SmallReview | None] | None = None


def _decoder(**fields: Any) -> Callable[[bytes], Any]:
    data = msgspec.defstruct("Data", [(name, type_, None) for name, type_ in fields.items()], gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Answer", [("data", data)], gc=False)).decode


def _entities(type_: Any) -> Callable[[bytes], Any]:
    return _decoder(_entities=list[type_ | None])


_USERS: Final = _decoder(users=list[User | None] | None)
_TOP: Final = _decoder(topProducts=list[Product | None] | None)
_REVIEWED: Final = _decoder(_e0=list[ProductReviews | None], _e1=list[UserReviews | None])
_PRICED, _STOCKED, _NAMED = _entities(Priced), _entities(Stocked), _entities(Named)
_ME: Final = _decoder(me=SmallUser | None)
_ITS_REVIEWS, _ITS_PRODUCTS = _entities(SmallReviews), _entities(Priced)


def _asking(text: str, *names: str) -> tuple[bytes, ...]:
    """The bytes around the lists of representations."""
    head = b'{"query":' + encode(text)
    if not names:
        return (head + b"}",)
    parts, between = [], head + b',"variables":{'
    for name in names:
        parts.append(between + b'"' + name.encode() + b'":[')
        between = b"],"
    return (*parts, b"]}}")


_ONE: Final = "query($r:[_Any!]!){_entities(representations:$r){...on "
(_ASK_USERS,) = _asking("{users{id username name}}")
(_ASK_TOP,) = _asking("{topProducts{name price upc weight}}")
(_ASK_ME,) = _asking("{me{id username name}}")
_ASK_REVIEWS: Final = _asking(
    "query($p:[_Any!]!$u:[_Any!]!){_e0:_entities(representations:$p){...on Product{reviews{...a}}} _e1:_entities(representations:$u)"
    "{...on User{reviews{id body product{upc reviews{...a}}}}}}fragment a on Review{id body author{id username reviews{id body product{upc}}}}",
    "p",
    "u",
)
_ASK_PRICED: Final = _asking(_ONE + "Product{name price weight}}}", "r")
_ASK_STOCKED: Final = _asking(_ONE + "Product{inStock shippingEstimate}}}", "r")
_ASK_NAMED: Final = _asking(_ONE + "User{name}}}", "r")
_ASK_ITS_REVIEWS: Final = _asking(_ONE + "User{reviews{id body product{upc}}}}}", "r")
_ASK_ITS_PRODUCTS: Final = _asking(_ONE + "Product{name price}}}", "r")


def _products(keys: Iterable[str]) -> bytes:
    return b",".join([b'{"__typename":"Product","upc":%b}' % encode(key) for key in keys])


def _users(keys: Iterable[str]) -> bytes:
    return b",".join([b'{"__typename":"User","id":%b}' % encode(key) for key in keys])


def _priced(keys: Iterable[tuple[str, int | None, int | None]]) -> bytes:
    return b",".join(
        [b'{"__typename":"Product","upc":%b,"price":%b,"weight":%b}' % (encode(upc), encode(price), encode(weight)) for upc, price, weight in keys]
    )


def _present(items: list[T | None] | None) -> list[T]:
    return [each for each in items or () if each is not None]


async def heavy(send: Send) -> bytes:
    """heavy.graphql in seven fetches."""
    users_sent, top_sent = send("accounts", _ASK_USERS), send("products", _ASK_TOP)
    top = _TOP(await top_sent).data.topProducts
    by_upc: dict[str, list[Any]] = {}
    stock: dict[tuple[str, int | None, int | None], list[Any]] = {}
    for each in _present(top):
        by_upc.setdefault(each.upc, []).append(each)
        stock.setdefault((each.upc, each.price, each.weight), []).append(each)
    first, last = _ASK_STOCKED
    stock_sent = send("inventory", first + _priced(stock) + last)
    users = _USERS(await users_sent).data.users
    by_id: dict[str, list[Any]] = {}
    for each in _present(users):
        by_id.setdefault(each.id, []).append(each)
    first, middle, last = _ASK_REVIEWS
    found = _REVIEWED(await send("reviews", first + _products(by_upc) + middle + _users(by_id) + last)).data
    products, authors = _reviewed(by_upc, by_id, found)
    (first, last), (name_first, name_last) = _ASK_PRICED, _ASK_NAMED
    priced_sent = send("products", first + _products(products) + last)
    named_sent = send("accounts", name_first + _users(authors) + name_last)
    more: dict[tuple[str, int | None, int | None], list[Any]] = {}
    for (upc, objects), each in zip(products.items(), _PRICED(await priced_sent).data._entities):
        for item in objects:
            item.name, item.price, item.weight = each.name, each.price, each.weight
        more[upc, each.price, each.weight] = objects
    first, last = _ASK_STOCKED
    more_sent = send("inventory", first + _priced(more) + last)
    for objects, each in zip(authors.values(), _NAMED(await named_sent).data._entities):
        for item in objects:
            item.name = each.name
    for wanted, sent in ((stock, stock_sent), (more, more_sent)):
        for objects, each in zip(wanted.values(), _STOCKED(await sent).data._entities):
            for item in objects:
                item.in_stock, item.shipping = each.in_stock, each.shipping
    return encode({"data": {"users": users, "topProducts": top}})


def _reviewed(by_upc: dict[str, list[Any]], by_id: dict[str, list[Any]], found: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Put the reviews where they belong; the products and authors that are found in them, by key."""
    products: dict[str, list[Any]] = {}
    authors: dict[str, list[Any]] = {}

    def look(reviews: list[Any] | None) -> None:
        for review in _present(reviews):
            author = review.author
            if author is None:
                continue
            authors.setdefault(author.id, []).append(author)
            for below in author.reviews or ():
                if below is not None and below.product is not None:
                    products.setdefault(below.product.upc, []).append(below.product)

    for objects, each in zip(by_upc.values(), found._e0):
        for item in objects:
            item.reviews = each.reviews
        look(each.reviews)
    for objects, each in zip(by_id.values(), found._e1):
        for item in objects:
            item.reviews = each.reviews
        for review in _present(each.reviews):
            if review.product is not None:
                products.setdefault(review.product.upc, []).append(review.product)
                look(review.product.reviews)
    return products, authors


async def small(send: Send) -> bytes:
    """small.graphql in three fetches."""
    me = _ME(await send("accounts", _ASK_ME)).data.me
    first, last = _ASK_ITS_REVIEWS
    me.reviews = _ITS_REVIEWS(await send("reviews", first + _users([me.id]) + last)).data._entities[0].reviews
    products: dict[str, list[Any]] = {}
    for each in _present(me.reviews):
        if each.product is not None:
            products.setdefault(each.product.upc, []).append(each.product)
    first, last = _ASK_ITS_PRODUCTS
    for objects, found in zip(products.values(), _ITS_PRODUCTS(await send("products", first + _products(products) + last)).data._entities):
        for item in objects:
            item.name, item.price = found.name, found.price
    return encode({"data": {"me": me}})
