// The other composer, as a judge of ours: one JSON request a line on stdin, one JSON answer a line on stdout, in their order.
//
//   {"subgraphs": [{name, url, sdl}], "supergraph": SDL or null, "unplanned": [operation]}
//   -> {"apollo": {ok, codes, messages, canonical, api, supergraph, hints, unplanned, loads}, "ours": {ok, canonical, api, unsatisfiable, error} or null}
//
// "unplanned" are operations that we say nobody can plan, and of them those that Apollo's planner fails to plan with Apollo's own supergraph.
// "loads", where ours does not, is whether Apollo can load what it has composed itself.
// "ours" is what Apollo makes of the supergraph given: whether it loads, into the query planner too, and what it says to clients.
import { createInterface } from "node:readline";
import { parse } from "graphql";
import { composeServices, validateSatisfiability } from "@apollo/composition";
import { Supergraph, errorCauses, operationFromDocument, printSchema } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { canonical, ordered } from "./canonical.mjs";

console.log = console.info = console.warn = (...words) => console.error(...words);

const failed = (errors) => ({
  ok: false,
  codes: errors.map((error) => error.extensions?.code ?? "NONE"),
  messages: errors.map((error) => error.message),
});

function apiOf(supergraph) {
  return ordered(printSchema(supergraph.apiSchema()));
}

function load(sdl) {
  return Supergraph.build(sdl, { supportedFeatures: null });
}

function composed(subgraphs) {
  try {
    const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
    const result = composeServices(services);
    if (result.errors) return failed(result.errors);
    const hints = (result.hints ?? []).map((hint) => ({ code: hint.definition.code, message: hint.message }));
    const sdl = result.supergraphSdl;
    return { ok: true, codes: [], supergraph: sdl, canonical: canonical(sdl), api: apiOf(load(sdl)), hints };
  } catch (error) {
    const causes = errorCauses(error);
    // What is no federation error is a defect of the judge: nothing can be learnt from it.
    return causes ? failed(causes) : { ...failed([error]), threw: String(error.stack ?? error) };
  }
}

function loaded(sdl) {
  try {
    const supergraph = load(sdl);
    new QueryPlanner(supergraph);
    const found = validateSatisfiability({ supergraphSdl: sdl });
    return { ok: true, canonical: canonical(sdl), api: apiOf(supergraph), unsatisfiable: (found.errors ?? []).map((error) => error.message) };
  } catch (error) {
    return { ok: false, error: String(error.message ?? error) };
  }
}

function cannotBePlanned(sdl, text) {
  const supergraph = load(sdl);
  try {
    // The operation shows a path and gives no arguments: where a field on it must have one, what is asked is no operation, and is planned by nobody.
    const operation = operationFromDocument(supergraph.apiSchema(), parse(text));
    new QueryPlanner(supergraph).buildQueryPlan(operation);
    return false;
  } catch {
    return true;
  }
}

function answer({ subgraphs, supergraph, unplanned }) {
  const apollo = composed(subgraphs);
  if (apollo.ok) apollo.unplanned = unplanned.filter((text) => cannotBePlanned(apollo.supergraph, text));
  const ours = supergraph ? loaded(supergraph) : null;
  if (apollo.ok && ours && !ours.ok) apollo.loads = loaded(apollo.supergraph).ok;
  return { apollo, ours };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) {
    // The end of a batch, told back.
    process.stdout.write("\n");
    continue;
  }
  let result;
  try {
    result = answer(JSON.parse(line));
  } catch (error) {
    result = { fatal: String(error.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
}
