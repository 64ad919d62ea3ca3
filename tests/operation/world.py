"""This module is in charge of a small world for tests of operations: one graph with something hidden of every kind."""

from __future__ import annotations

from datetime import UTC, datetime

from auth.principal import Principal
from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.settings import Limits

HEAD = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@requiresScopes", "@composeDirective"])
  @link(url: "https://cellgate.dev/category/v1.0", import: ["@category"])
  @composeDirective(name: "@category")
directive @category(names: [String!]!) repeatable on
  OBJECT | FIELD_DEFINITION | INTERFACE | ARGUMENT_DEFINITION | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ENUM | ENUM_VALUE | SCALAR
"""

# Category A is open to `READER`; everything of category F, and of the scope "secret:read", is not.
GRAPH = """
type Query {
  battery(code: ID!, tuned: Int @category(names: ["F"])): Battery
  batteries(filter: BatteryFilter, order: BatteryOrder, first: Int, codes: [ID!], note: Note): [Battery!]!
  thing(id: ID!): Thing
  found(text: String = "x"): [Found!]!
  health: Health
  counted: Int! @category(names: ["F"])
}

type Mutation {
  rename(code: ID!, name: String!): Battery
  calibrate(code: ID!): Int @category(names: ["F"])
}

interface Thing { id: ID! label: String soh: Float }

type Battery implements Thing @key(fields: "id") {
  id: ID!
  label: String
  soh: Float @category(names: ["F"])
  soc: Float! @category(names: ["F"])
  maker: Enterprise!
  peers(first: Int): [Battery!]!
  health: Health
  secret: String @requiresScopes(scopes: [["secret:read", "extra:read"], ["root:read"]])
}

type Vehicle implements Thing @key(fields: "id") { id: ID! label: String soh: Float wheels: Int }

type Enterprise { name: String!, phone: String @category(names: ["F"]) }

"Condition as it is measured."
type Health @category(names: ["F"]) { score: Int, trend: Trend }

type Trend { slope: Float }

union Found = Vehicle | Enterprise | Health

enum Chemistry { LFP NMC SODIUM @category(names: ["F"]) }

enum BatteryOrder { CODE SOH @category(names: ["F"]) }

input BatteryFilter {
  chemistry: Chemistry
  soh: RangeFilter @category(names: ["F"])
  any: [BatteryFilter!]
  labels: [String!]
}

input RangeFilter { least: Float, most: Float }

scalar Note
"""

READER = frozenset({"battery:identity", "enterprise:read"})
EVERYTHING = frozenset({"battery:identity", "battery:condition", "secret:read", "extra:read"})
LIMITS = Limits(tokens=400, depth=6, aliases=8, root_fields=5, fields=60, directives=6, list_size=10)


def supergraph(graph: str = GRAPH) -> Supergraph:
    made = compose((SubgraphSource("battery", "in-process", HEAD + graph),))
    assert isinstance(made, Supergraph), made
    return made


def principal(scopes: frozenset[str] = READER, *, mode: str = "redact", purpose: str = "compliance", party: str = "91350900587527783P") -> Principal:
    return Principal(
        party=party,
        roles=frozenset({"BM"}),
        scopes=scopes,
        jurisdiction=frozenset(),
        purpose=purpose,
        client_id="client-1",
        token_id="token-1",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        view_mode=mode,
    )
