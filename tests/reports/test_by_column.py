"""This module is in charge of proving that rows which stay columns are written as those which were objects: byte for byte, in every format, for everybody."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.execution.by_column import ColumnPage
from gateway.foundation import Foundation
from gateway.pipeline import Call, GraphQLResponse, run
from tests.reports.conftest import Desk, entry
from tests.web.pages import pages_over

EVENT = ("batteryCode", "type", "category", "occurredAt", "recordedAt", "dueOn", "late", "reporter { uscc }", "counterparty { kind: __typename uscc }",
         "province { code }", "what: type")  # fmt: skip
BATTERY = ("code", "status", "chemistry", "producedOn", "nominalEnergyKwh", "massKg", "cellCount", "reprocessed", "stateOfHealth", "cycleCount",
           "conditionAt", "manufacturer { uscc }", "custodian { uscc }", "province { code }", "powertrain", "statusSince")  # fmt: skip
PARTIES = ("miit", "province", "battery-maker", "automaker", "recycler", "samr")
ROLES = ["BM", "OEM", "SW", "RS", "SD", "CU", "PR", "MI", "ME", "SA"]
FORMATS = ("csv", "ndjson", "json", "arrow", "parquet")


def document(draw: random.Random, root: str, fields: tuple[str, ...], arguments: str) -> str:
    chosen = draw.sample(fields, draw.randint(1, len(fields)))
    return f"""query ($first: Int, $after: String) {{ {root}(first: $first, after: $after{arguments}) {{
  pageInfo {{ hasNextPage endCursor }} nodes {{ {" ".join(chosen)} }} }} }}"""


def documents() -> dict[str, str]:
    draw = random.Random(20261125)
    filters = (
        "",
        ", orderBy: {field: CODE, direction: DESC}",
        ", filter: {reporter: {isNull: false}, type: {in: [SOLD, HANDED_OVER, PRODUCED]}}",
        ', filter: {recordedAt: {gte: "2026-02-01T00:00:00Z"}}, orderBy: {field: RECORDED_AT, direction: DESC}',
    )
    made = {f"events{n}": document(draw, "lifecycleEvents", EVENT, each) for n, each in enumerate(filters)}
    orders = ("", ", orderBy: {field: STATE_OF_HEALTH, direction: DESC}")
    made |= {f"packs{n}": document(draw, "batteries", BATTERY, each) for n, each in enumerate(orders)}
    return made | {"edges": document(draw, "lifecycleEvents", EVENT, "").replace("nodes", "edges { node").replace("} } }", "} } } }")}


@pytest.fixture(scope="module")
async def drawn(small_demo: Foundation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("drawn")
    for name, text in documents().items():
        (folder / f"{name}.graphql").write_text(text)
    (folder / "reports.toml").write_text("".join(f"[reports.{name}]\n{entry(text, roles=ROLES)}" for name, text in documents().items()))
    async with pages_over(small_demo, reports=str(folder)) as pages:
        yield Desk(pages, small_demo.base)


@pytest.mark.parametrize("name", [*documents()])
async def test_aliases_and_edges_are_columns_from_the_first_page_on(drawn: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[Any] = []

    async def watched(*given: Any) -> GraphQLResponse:
        answer = await run(*given)
        assert answer.values is not None
        (found,) = answer.values["data"].values()
        pages.append(found.get("nodes", found.get("edges")))
        return answer

    monkeypatch.setattr("gateway.reports.endpoint.run", watched)
    assert (await drawn.read("miit", f"/{name}.csv?limit=300")).status == 200
    assert len(pages) > 1
    assert all(isinstance(page, ColumnPage) for page in pages)


def as_objects(**given: Any) -> Call:
    return Call(**{**given, "by_column": False})


@pytest.mark.parametrize("party", PARTIES)
async def test_bytes_are_those_of_the_slow_writer(drawn: Desk, party: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.reports.reading.PAGE_ROWS", 97)
    draw = random.Random(party)
    for name in documents():
        # Arrow and Parquet are made of the same arrays; one of each is enough of them.
        for format_ in ("csv", *draw.sample(FORMATS[1:], 1)):
            limit = draw.choice(("", "?limit=150", "?limit=1"))
            quick = await drawn.read(party, f"/{name}.{format_}{limit}")
            with monkeypatch.context() as patch:
                patch.setattr("gateway.reports.endpoint.Call", as_objects)
                slow = await drawn.read(party, f"/{name}.{format_}{limit}")
            # Not everybody's view has all that a filter or an order names.
            assert quick.status == slow.status == 200 or (quick.status == slow.status == 403 and party not in ("miit", "province")), quick.text
            assert quick.body == slow.body, (name, format_, limit)
            assert quick.headers.get("x-cellgate-closed") == slow.headers.get("x-cellgate-closed")
