"""The ids of events: as long for the first event of a battery as for the thousandth."""

from resolvers.opaque import Opaque


def test_the_length_of_an_id_tells_nothing() -> None:
    opaque = Opaque(bytes(range(64)))
    ids = {opaque.fact_id("P", "event", "CODE", seq) for seq in (1, 9, 10, 99, 100, 1_000_000, 2_000_001)}
    assert len(ids) == 7
    assert len({len(each) for each in ids}) == 1
