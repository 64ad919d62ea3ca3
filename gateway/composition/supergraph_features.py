"""This module is in charge of the specifications that a supergraph links: which it uses, under which names, and their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.composition.definitions import SUPERGRAPH_FEATURES, SupergraphFeature
from gateway.composition.merged import Annotations, Merged
from gateway.composition.subgraph import Subgraph


def used_features(merged: Merged, subgraphs: Sequence[Subgraph]) -> dict[str, SupergraphFeature]:
    """The features with a directive that some subgraph applies anywhere, in their order: what became of the element it stands on does not matter."""
    used = {name for subgraph in subgraphs for name in subgraph.mentioned} - {"cacheTag"}
    used |= {"cacheTag" for said in _all_annotations(merged) if said.joined}
    return {name: feature for name, feature in SUPERGRAPH_FEATURES.items() if used & {*feature.directives}}


def feature_link(name: str, feature: SupergraphFeature, names: Mapping[str, str], alias: str) -> str:
    """The `@link` of a feature, with an import for each directive that is not called as it would be without."""
    purpose = f", for: {feature.purpose}" if feature.purpose else ""
    imports = ", ".join(_imports(name, feature, names, alias))
    called = f', as: "{alias}"' if alias != name else ""
    written = f", import: [{imports}]" if imports else ""
    return f'@link(url: "https://specs.apollo.dev/{name}/{feature.version}"{called}{purpose}{written})'


def definitions_of(name: str, feature: SupergraphFeature, names: Mapping[str, str], alias: str) -> str:
    """The definitions of a feature's directives, and of the scalars that they take, by what they are called here."""
    return feature.definitions.replace(f"{name}__", f"{alias}__").format(**names)


def _imports(name: str, feature: SupergraphFeature, names: Mapping[str, str], alias: str) -> Iterator[str]:
    for directive in feature.directives if feature.definitions else ():
        here = names[directive]
        if here != (alias if directive == name else f"{alias}__{directive}"):
            yield f'"@{directive}"' if here == directive else f'{{name: "@{directive}", as: "@{here}"}}'


def _all_annotations(merged: Merged) -> Iterator[Annotations]:
    yield merged.schema
    for type_ in merged.types.values():
        yield type_.annotations
        yield from (part.annotations for part in type_.parts)
        for field in type_.fields.values():
            yield from (argument.annotations for argument in field.arguments.values())
