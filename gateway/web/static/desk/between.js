// Flows of custody between provinces, the largest first; and what products of used batteries are sold for.
import { h, headed } from './dom.js'
import { locale, number, told } from './language.js'
import { provinceName } from './tiles.js'

// Pairs that are shown at once; the others wait to be unfolded.
const MOST = 8

const nameOf = (region) => (region ? provinceName(region.code.slice(0, 2)) : locale.words.nobody)

// [{fromProvince, toProvince, packs, massKg}] as a table.
export function between(rows) {
  const words = locale.words
  const shown = rows.filter((each) => each.packs > 0).sort((a, b) => b.packs - a.packs)
  const row = (each) =>
    h('tr', {}, h('td', {}, nameOf(each.fromProvince)), h('td', {}, nameOf(each.toProvince)), h('td', { class: 'number' }, number(each.packs)), h('td', { class: 'number' }, number(Math.round(each.massKg))))
  const table = (some) => h('table', { class: 'between' },
    headed([words.from, words.to_, words.packsHead, words.massHead], [2, 3]), h('tbody', {}, some.map(row)))
  const rest = shown.slice(MOST)
  return [table(shown.slice(0, MOST)), rest.length > 0 && h('details', {}, h('summary', {}, told(words.morePairs, { count: number(rest.length) })), table(rest))]
}

// [{kind, packs}] in one line.
export function uses(rows) {
  const words = locale.words
  const shown = rows.filter((each) => each.packs > 0).sort((a, b) => b.packs - a.packs)
  if (shown.length === 0) return false
  return h('p', { class: 'quiet uses' }, h('strong', {}, words.uses), ' ', shown.map((each) => `${words.fieldsOfUse[each.kind] ?? words.nobody} ${number(each.packs)}`).join(words.listed))
}
