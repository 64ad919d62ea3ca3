"""The ids of events: as long for the first event of a battery as for the thousandth."""

import pytest

from resolvers.opaque import NotOurs, Opaque


def test_the_length_of_an_id_tells_nothing() -> None:
    opaque = Opaque(bytes(range(64)))
    ids = {opaque.fact_id("P", "event", "CODE", seq) for seq in (1, 9, 10, 99, 100, 1_000_000, 2_000_001)}
    assert len(ids) == 7
    assert len({len(each) for each in ids}) == 1


def test_an_identifier_has_one_spelling() -> None:
    opaque = Opaque(bytes(range(64)))
    for length in range(1, 8):
        sealed = opaque.seal("a", "b", b"x" * length)
        assert opaque.unseal("a", "b", sealed) == b"x" * length
        # The last letter holds bits that no byte is made of, but where the length is a multiple of three.
        others = [sealed[:-1] + chr(ord(sealed[-1]) + 1), sealed + "=" * (-len(sealed) % 4 or 4), sealed.replace("-", "+").replace("_", "/") + "\n"]
        for other in others:
            with pytest.raises(NotOurs):
                opaque.unseal("a", "b", other)
