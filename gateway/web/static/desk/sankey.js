// Flows of custody as a Sankey: who handed over on the left, who received on the right, the width of a band the packs. The same as a table below it.
import { h, headed, svg } from './dom.js'
import { locale, number, told } from './language.js'

const GAP = 12
const NODE = 10
const nameOf = (role) => locale.words.partyRoles[role] ?? locale.words.nobody

// [{from, to, packs, massKg}] to nodes with a place and bands between them, in a field of that width and height.
export function layout(flows, wide, high) {
  const sides = ['from', 'to'].map((side) => {
    const totals = new Map()
    for (const each of flows) totals.set(each[side], (totals.get(each[side]) ?? 0) + each.packs)
    return [...totals].sort((a, b) => b[1] - a[1])
  })
  const sum = flows.reduce((found, each) => found + each.packs, 0)
  const scale = Math.min(...sides.map((side) => (high - GAP * (side.length - 1)) / (sum || 1)))
  const nodes = sides.map((side, at) => {
    let y = (high - sum * scale - GAP * (side.length - 1)) / 2
    return new Map(side.map(([role, packs]) => {
      const node = { role, packs, x: at === 0 ? 0 : wide - NODE, y, size: packs * scale, next: y }
      y += node.size + GAP
      return [role, node]
    }))
  })
  const ranked = (at, role) => [...nodes[at].keys()].indexOf(role)
  const bands = [...flows].sort((a, b) => ranked(0, a.from) - ranked(0, b.from) || ranked(1, a.to) - ranked(1, b.to)).map((flow) => {
    const [left, right] = [nodes[0].get(flow.from), nodes[1].get(flow.to)]
    const size = flow.packs * scale
    const band = { flow, size, from: left.next + size / 2, to: right.next + size / 2 }
    left.next += size
    right.next += size
    return band
  })
  return { nodes: nodes.map((side) => [...side.values()]), bands }
}

export function sankey(flows) {
  const words = locale.words
  const narrow = window.matchMedia('(max-width: 44rem)').matches
  const [wide, high, margin] = narrow ? [360, 380, 4] : [740, 520, 156]
  const { nodes, bands } = layout(flows, wide - 2 * margin, high)
  const middle = (wide - 2 * margin) / 2
  const say = (flow) => told(words.flow, { from: nameOf(flow.from), to: nameOf(flow.to), packs: number(flow.packs) })
  const label = (node, at) => {
    const inside = narrow
    const right = at === 1
    return svg('text', { x: inside ? (right ? node.x - 6 : NODE + 6) : right ? node.x + NODE + 8 : -8, y: node.y + node.size / 2, 'text-anchor': inside === right ? 'end' : 'start', 'dominant-baseline': 'middle' },
      svg('tspan', {}, nameOf(node.role)), svg('tspan', { class: 'amount', dx: 6 }, number(node.packs)))
  }
  return [
    svg(
      'svg',
      { class: 'sankey', viewBox: `0 -10 ${wide} ${high + 20}`, role: 'img', 'aria-label': told(words.flowsLabel, { list: flows.map(say).join('; ') }) },
      svg('g', { transform: `translate(${margin} 0)` },
        bands.map(({ flow, size, from, to }) => svg('path', { class: `band role-${flow.from}`, d: `M${NODE},${from} C${middle},${from} ${middle},${to} ${wide - 2 * margin - NODE},${to}`, 'stroke-width': Math.max(size, 1) }, svg('title', {}, say(flow)))),
        nodes.map((side, at) => side.map((node) => [svg('rect', { class: `node role-${node.role}`, x: node.x, y: node.y, width: NODE, height: Math.max(node.size, 1) }), label(node, at)]))),
    ),
    h('details', {}, h('summary', {}, words.asTable), h('table', { class: 'flows' },
      headed([words.from, words.to_, words.packsHead, words.massHead], [2, 3]),
      h('tbody', {}, flows.map((each) => h('tr', {}, h('th', { scope: 'row' }, nameOf(each.from)), h('td', {}, nameOf(each.to)), h('td', { class: 'number' }, number(each.packs)), h('td', { class: 'number' }, number(each.massKg)))))))
  ]
}
