"""This module is in charge of a whole demo world as values: every table's rows, without a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from resolvers.demo.authority_lists import lists_of
from resolvers.demo.blocks import Told, block_count, tell_block
from resolvers.demo.lives import Planted
from resolvers.demo.models import catalogue, documents, filings
from resolvers.demo.notices import notices_of
from resolvers.demo.options import WorldOptions
from resolvers.demo.registry import registry
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence, Outlet, Region
from resolvers.ledger.notices.notice import readers_of
from resolvers.ledger.notices.rows import Notice, NoticeReader
from resolvers.ledger.register_rows import NormListing, SwapModel
from resolvers.ledger.rows import TABLES, ManufacturerCode, Model, ModelDismantling, ModelMaterial, Specification, Traceability

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class World:
    """A demo world in memory: for tests and small sizes; `load` streams larger ones block by block."""

    options: WorldOptions
    rows: Mapping[type[Any], Sequence[Any]]
    planted: tuple[Planted, ...]
    codes: Mapping[str, str]

    def of(self, kind: type[R]) -> Sequence[R]:
        """The rows of one type, e.g. `world.of(Pack)`."""
        return self.rows[kind]


def generate(options: WorldOptions) -> World:
    """The world of these options: equal options give equal worlds, on any machine and in any order of making."""
    rows: dict[type[Any], list[Any]] = {kind: [] for kind in TABLES}
    told = [tell_block(options, index) for index in range(block_count(options))]
    for kind, found in registry_rows(options).items():
        rows[kind] += found
    for block in told:
        for kind, more in block.rows.items():
            rows[kind] += more
    for kind, found in document_rows(options, readers(told)).items():
        rows[kind] += found
    return World(options, rows, tuple([one for block in told for one in block.planted]), told[0].codes)


def registry_rows(options: WorldOptions) -> Mapping[type[Any], Sequence[Any]]:
    """What is of no pack: regions, enterprises, filed codes, models, sites that were seen."""
    everybody, models = registry(options.seed), catalogue(options.seed)
    kept = lists_of(options)
    filed, told = list(filings(models.designs)), notices_of(options)
    return {
        Region: everybody.regions,
        Enterprise: everybody.enterprises,
        EnterpriseRole: everybody.roles,
        Licence: everybody.licences,
        Outlet: kept.outlets,
        NormListing: kept.listings,
        SwapModel: kept.swap_models,
        ManufacturerCode: models.codes,
        Specification: [row for row in filed if isinstance(row, Specification)],
        Traceability: [row for row in filed if isinstance(row, Traceability)],
        Model: [design.row for design in models.designs],
        Notice: told,
        NoticeReader: [reader for each in told for reader in readers_of(each)],
    }


def document_rows(options: WorldOptions, by_model: Mapping[str, frozenset[str]]) -> Mapping[type[Any], Sequence[Any]]:
    """The models' documents, readable by their maker and by the readers of their packs."""
    designs = catalogue(options.seed).designs
    made = [row for d in designs for row in documents(d, tuple(sorted(by_model.get(d.row.id, frozenset()) | {d.maker.uscc})))]
    return {
        ModelMaterial: [row for row in made if isinstance(row, ModelMaterial)],
        ModelDismantling: [row for row in made if isinstance(row, ModelDismantling)],
    }


def readers(told: Iterable[Told]) -> Mapping[str, frozenset[str]]:
    """The readers of each model's documents: the union over blocks."""
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for block in told:
        for model, some in block.readers.items():
            found[model] |= some
    return found
