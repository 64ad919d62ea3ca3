// node gateway.mjs SUPERGRAPH PORT: Apollo Gateway behind Apollo Server (standalone), one process.
import { readFileSync } from "node:fs";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

const [supergraph, port] = process.argv.slice(2);
const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: readFileSync(supergraph, "utf8") }) });
await startStandaloneServer(server, { listen: { port: Number(port), host: "127.0.0.1" } });
