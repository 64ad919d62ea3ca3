// Two supergraphs that say the same, as the same text: order, layout, names of join__Graph values and what is left at its default are no difference.
import { parse, print, visit, Kind } from "graphql";

const BY_DEFAULT = { extension: false, resolvable: true, isInterfaceObject: false, external: false, usedOverridden: false };
const FIELD_SETS = new Set(["key", "requires", "provides"]);
const LISTS = ["directives", "fields", "arguments", "interfaces", "types", "operationTypes", "definitions", "selections"];
const OWN_SPECS = /^https:\/\/specs\.apollo\.dev\/(link|join)\//;

function compared(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function inOrder(nodes) {
  return nodes
    .map((node) => [`${node.kind} ${node.name?.value ?? ""} ${print(node)}`, node])
    .sort(([a], [b]) => compared(a, b))
    .map(([, node]) => node);
}

/** A document whose every unordered list is sorted. */
function sorted(document) {
  return visit(document, {
    leave(node) {
      const lists = LISTS.filter((name) => Array.isArray(node[name])).map((name) => [name, inOrder(node[name])]);
      if (node.kind === Kind.ENUM_TYPE_DEFINITION) lists.push(["values", inOrder(node.values ?? [])]);
      if (node.kind === Kind.DIRECTIVE_DEFINITION) lists.push(["locations", [...node.locations].sort((a, b) => compared(a.value, b.value))]);
      return lists.length ? { ...node, ...Object.fromEntries(lists) } : undefined;
    },
  });
}

/** SDL with every order sorted away that has no meaning. */
export function ordered(sdl) {
  return print(sorted(parse(sdl, { noLocation: true })));
}

function fieldSet(text) {
  try {
    return print(sorted(parse(`{${text}}`, { noLocation: true }))).replace(/\s+/g, " ").slice(2, -2);
  } catch {
    return text;
  }
}

function valueNamed(node, name) {
  return node.arguments?.find((argument) => argument.name.value === name)?.value;
}

function graphNames(document) {
  const graphs = document.definitions.find((node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === "join__Graph");
  const name = (value) => valueNamed(value.directives.find((use) => use.name.value === "join__graph"), "name").value;
  return new Map((graphs?.values ?? []).map((value) => [value.name.value, `g_${name(value).replace(/\W/g, "_")}`]));
}

function isPlumbing(node) {
  const name = node.name?.value ?? "";
  return name.startsWith("link__") || (name.startsWith("join__") && name !== "join__Graph") || (node.kind === Kind.DIRECTIVE_DEFINITION && name === "link");
}

function isOwnLink(use) {
  return use.name.value === "link" && OWN_SPECS.test(valueNamed(use, "url")?.value ?? "");
}

function joinArgument(argument, graphs) {
  const { name, value } = argument;
  if (value.kind === Kind.BOOLEAN && value.value === BY_DEFAULT[name.value]) return null;
  if (FIELD_SETS.has(name.value) && value.kind === Kind.STRING) return { ...argument, value: { ...value, block: false, value: fieldSet(value.value) } };
  return visit(argument, { EnumValue: (node) => (graphs.has(node.value) ? { ...node, value: graphs.get(node.value) } : undefined) });
}

/** What a supergraph says, as text that equals that of another supergraph that says the same. */
export function canonical(sdl) {
  const document = parse(sdl, { noLocation: true });
  const graphs = graphNames(document);
  const told = visit({ ...document, definitions: document.definitions.filter((node) => !isPlumbing(node)) }, {
    enter(node) {
      if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) return { ...node, directives: node.directives.filter((use) => !isOwnLink(use)) };
      if (node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === "join__Graph")
        return { ...node, values: node.values.map((value) => ({ ...value, name: { ...value.name, value: graphs.get(value.name.value) } })) };
      if (node.kind === Kind.DIRECTIVE && node.name.value.startsWith("join__"))
        return { ...node, arguments: node.arguments.map((argument) => joinArgument(argument, graphs)).filter(Boolean) };
      return undefined;
    },
  });
  return print(sorted(told));
}
