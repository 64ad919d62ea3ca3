// Others' gateways, asked by the tests: one JSON request a line on stdin, one JSON answer a line on stdout. The first answer, unasked, lists the subgraphs.
//
//   {"compose": true}                                       -> {"supergraph": SDL}, composed by Apollo
//   {"plan": SDL, "queries": [text]}                        -> {"plans": [[[subgraph, path]]]}, the fetches of Apollo's planner as for its router
//   {"gateway": "apollo" | "hive", "supergraph": SDL, "operations": [{query, variables}]} -> {"answers": [{data, errors}]}
import { createInterface } from "node:readline";
import { parse } from "graphql";
import { composeServices } from "@apollo/composition";
import { ApolloGateway } from "@apollo/gateway";
import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { ApolloServer } from "@apollo/server";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { started } from "./subgraphs.mjs";

console.log = console.info = console.warn = console.debug = (...words) => console.error(...words);

async function throughApollo(supergraph, operations) {
  const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: supergraph }), stopOnTerminationSignals: false });
  await server.start();
  const answers = [];
  for (const operation of operations) answers.push((await server.executeOperation(operation)).body.singleResult);
  await server.stop();
  return answers;
}

async function throughHive(supergraph, operations) {
  const gateway = createGatewayRuntime({ supergraph, logging: false });
  const headers = { "content-type": "application/json", accept: "application/json" };
  const answers = [];
  for (const operation of operations) {
    const response = await gateway.fetch("http://gateway/graphql", { method: "POST", headers, body: JSON.stringify(operation) });
    answers.push(await response.json());
  }
  await gateway[Symbol.asyncDispose]();
  return answers;
}

function* fetchesOf(node, path = []) {
  if (node?.kind === "Fetch") yield [node.serviceName, path.filter((step) => step !== "@").join(".")];
  else if (node?.kind === "Flatten") yield* fetchesOf(node.node, node.path);
  else for (const each of node?.nodes ?? []) yield* fetchesOf(each, path);
}

function plansOf(sdl, queries) {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
  const planner = new QueryPlanner(supergraph, {});
  return queries.map((text) => [...fetchesOf(planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), parse(text))).node)]);
}

const GATEWAYS = { apollo: throughApollo, hive: throughHive };

async function answer(request, subgraphs) {
  if (request.compose) {
    const result = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
    return result.errors ? { failed: result.errors.map((error) => error.message) } : { supergraph: result.supergraphSdl };
  }
  if (request.plan) return { plans: plansOf(request.plan, request.queries) };
  return { answers: await GATEWAYS[request.gateway](request.supergraph, request.operations) };
}

const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const subgraphs = await started();
tell({ subgraphs });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    tell(await answer(JSON.parse(line), subgraphs));
  } catch (error) {
    tell({ failed: [String(error.stack ?? error)] });
  }
}
process.exit(0);
