// Three subgraphs of others' making: Apollo Server with @apollo/subgraph, each on a port of its own.
import { parse } from "graphql";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject", "@override", "@inaccessible", "@tag"])`;

const PACKS = [
  { __typename: "Pack", code: "P1", state: "IN_USE", mass: 410.5, maker: { id: "M1" }, spare: null },
  { __typename: "Pack", code: "P2", state: "MADE", mass: 95, maker: { id: "M2" }, spare: "P1" },
  { __typename: "Pack", code: "P3", state: "RETIRED", mass: null, maker: null, spare: "P9" },
];
const CHARGERS = [{ __typename: "Charger", code: "C1", power: 120 }];
const MAKERS = [
  { id: "M1", name: "East" },
  { id: "M2", name: "West" },
];
const READINGS = { P1: [81, 79, 78], P2: [99], P3: [] };

const byCode = (code) => [...PACKS, ...CHARGERS].find((asset) => asset.code === code) ?? null;

const packs = {
  sdl: `${LINK}
type Query {
  packs(first: Int = 10): [Pack!]!
  pack(code: ID!): Pack
  assets: [Asset!]!
  found: [Found]
}
union Found = Pack | Charger
interface Asset @key(fields: "code") { code: ID! }
type Pack implements Asset @key(fields: "code") @tag(name: "public") {
  code: ID!
  state: State! @shareable
  mass: Float
  maker: Maker
  spare: Pack
  secret: String @inaccessible
}
type Charger implements Asset @key(fields: "code") { code: ID! power: Int }
type Maker @key(fields: "id") { id: ID! }
enum State { MADE IN_USE RETIRED }`,
  resolvers: {
    Query: {
      packs: (_, { first }) => PACKS.slice(0, first),
      pack: (_, { code }) => byCode(code),
      assets: () => [...PACKS, ...CHARGERS],
      found: () => [PACKS[0], null, CHARGERS[0]],
    },
    Pack: { __resolveReference: ({ code }) => byCode(code), spare: ({ spare }) => byCode(spare) },
    Charger: { __resolveReference: ({ code }) => byCode(code) },
    Asset: { __resolveReference: ({ code }) => byCode(code), __resolveType: ({ code }) => byCode(code).__typename },
    Found: { __resolveType: ({ __typename }) => __typename },
  },
};

const makers = {
  sdl: `${LINK}
type Query { makers: [Maker!]! favourite: Pack @provides(fields: "state") }
type Maker @key(fields: "id") { id: ID! name(upper: Boolean = false): String packs: [Pack!]! }
type Pack @key(fields: "code") {
  code: ID!
  mass: Float @external
  state: State! @external
  heavy: Boolean @requires(fields: "mass")
}
enum State { MADE IN_USE RETIRED }`,
  resolvers: {
    Query: { makers: () => MAKERS, favourite: () => ({ code: "P1", state: "IN_USE" }) },
    Maker: {
      __resolveReference: ({ id }) => MAKERS.find((maker) => maker.id === id) ?? null,
      name: ({ name }, { upper }) => (upper ? name.toUpperCase() : name),
      packs: ({ id }) => PACKS.filter((pack) => pack.maker?.id === id).map(({ code }) => ({ code })),
    },
    Pack: { __resolveReference: (pack) => pack, heavy: ({ mass }) => (mass == null ? null : mass > 100) },
  },
};

const readings = {
  sdl: `${LINK}
type Query { latest(code: ID!): Reading }
type Mutation { record(code: ID!, value: Int!): Reading }
type Asset @key(fields: "code") @interfaceObject { code: ID! label: String! readings(last: Int): [Reading!]! }
type Reading { value: Int! asset: Asset! }`,
  resolvers: {
    Query: { latest: (_, { code }) => readingOf(code, READINGS[code]?.at(-1)) },
    Mutation: { record: (_, { code, value }) => readingOf(code, value) },
    Asset: {
      __resolveReference: ({ code }) => ({ code }),
      label: ({ code }) => `asset ${code}`,
      readings: ({ code }, { last }) => (READINGS[code] ?? []).slice(last == null ? 0 : -last).map((value) => readingOf(code, value)),
    },
  },
};

function readingOf(code, value) {
  return value === undefined ? null : { value, asset: { code } };
}

/** Starts them; name -> {url, sdl}, the SDL as the subgraph itself tells it. */
export async function started() {
  const found = {};
  for (const [name, { sdl, resolvers }] of Object.entries({ packs, makers, readings })) {
    const server = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs: parse(sdl), resolvers }), stopOnTerminationSignals: false });
    const { url } = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" } });
    const answer = await server.executeOperation({ query: "{ _service { sdl } }" });
    found[name] = { name, url: url.replace("localhost", "127.0.0.1"), sdl: answer.body.singleResult.data._service.sdl };
  }
  return Object.values(found);
}
