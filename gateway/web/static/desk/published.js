// What is published of the statistics, the same for everybody: a closed month, a version of it, and cells that are told or withheld. A withheld cell is no zero.
import { h } from './dom.js'
import { locale, month, named, number, percent, told, word } from './language.js'
import { fill } from './panel.js'
import { ask } from './session.js'

// Of each table what its rows and columns are.
const TABLES = {
  SALES: ['province', 'chemistry'],
  PRODUCTION: ['province', 'chemistry'],
  RETIREMENTS: ['province', 'chemistry'],
  REPROCESSING: ['province', 'kind'],
  RECOVERY: ['province', 'kind'],
  CUSTODY_FLOWS: ['fromRole', 'toRole'],
}
const ROLES = ['fromRole', 'toRole']
const DIMENSIONS = { province: 'PROVINCE', chemistry: 'CHEMISTRY', kind: 'KIND', fromRole: 'ROLE', toRole: 'TO_ROLE' }
const BACK = 24
const QUERY = `query Published($cube: PublishedCube, $month: Date, $version: Int) {
  statistics { published(cube: $cube, month: $month, version: $version) { month version publishedOn totals province { code name nameEn } chemistry fromRole toRole kind value suppressed } }
}`

// `chosen` lives as long as the page: another language, or the same party again, finds the table as it was left.
const chosen = { cube: 'SALES', month: null, version: null, newest: null, last: null }

export function published(place, focus = null) {
  const { cube, month: wanted, version } = chosen
  fill([place], () => ask(QUERY, { cube, month: wanted, version }), ({ data }) => {
    const cells = (data.statistics?.published ?? []).filter(Boolean)
    if (!data.statistics?.published) return place.nothing(locale.words.closed)
    const first = cells[0]
    if (first && wanted === null) chosen.newest = first.month
    if (first && version === null) chosen.last = first.version
    if (!first && version === null) chosen.last = null
    place.show(controls(place, first), first ? [about(first, cells), table(cube, cells)] : h('p', { class: 'nothing' }, locale.words.nothingPublished))
    if (focus) place.body.querySelector(`[name=${focus}]`)?.focus()
  })
}

function controls(place, first) {
  const words = locale.words
  const pick = (name, label, options, value, take) =>
    h('div', {}, h('label', { for: `published-${name}` }, label),
      h('select', { id: `published-${name}`, name, onchange: (event) => (take(event.target.value), published(place, name)) }, options.map(([key, text]) => h('option', { value: key, selected: key === value }, text))))
  const newest = chosen.newest
  const months = newest ? Array.from({ length: BACK }, (_, at) => back(newest, at)) : []
  const versions = Array.from({ length: chosen.last ?? 0 }, (_, at) => String(at + 1)).reverse()
  return h(
    'div',
    { class: 'picks' },
    pick('cube', words.publishedTable, Object.keys(TABLES).map((each) => [each, words.publishedTables[each]]), chosen.cube, (cube) => Object.assign(chosen, { cube, month: null, version: null, newest: null, last: null })),
    months.length > 0 && pick('month', words.publishedMonth, months.map((each) => [each, month(each)]), first?.month ?? chosen.month, (value) => Object.assign(chosen, { month: value, version: null, last: null })),
    versions.length > 0 && pick('version', words.publishedVersion, versions.map((each) => [each, each === String(chosen.last) ? told(words.newestVersion, { version: each }) : each]), String(first?.version ?? chosen.version), (value) => (chosen.version = Number(value))),
  )
}

function back(day, count) {
  const [year, number_] = day.split('-').map(Number)
  return new Date(Date.UTC(year, number_ - 1 - count, 1)).toISOString().slice(0, 10)
}

function about(first, cells) {
  const withheld = cells.filter((each) => each.suppressed).length
  return h('p', { class: 'quiet' }, told(locale.words.publishedAbout, { month: month(first.month), version: number(first.version), day: first.publishedOn, round: round(first.version) }), ' ', told(locale.words.withheldCount, { withheld: number(withheld), cells: number(cells.length), share: percent(withheld / cells.length, 0) }))
}

const round = (version) => (version === 1 ? locale.words.firstRound : told(locale.words.laterRound, { round: number(version - 1) }))

// Of a total null, and an empty text of what is not known.
const keyOf = (cell, dimension) => (cell.totals.includes(DIMENSIONS[dimension]) ? null : ((dimension === 'province' ? cell.province?.code : cell[dimension]) ?? ''))

function nameOf(dimension, key, cells) {
  if (key === null) return locale.words.totalOfAll
  if (key === '') return locale.words.nobody
  if (dimension === 'province') return named(cells.find((each) => each.province?.code === key).province)
  return ROLES.includes(dimension) ? word('partyRoles', key) : (locale.words.fieldsOfUse[key] ?? key)
}

// Rows and columns in order, the total of all last.
const keysOf = (cells, dimension) => [...new Set(cells.map((each) => keyOf(each, dimension)))].sort((a, b) => Number(a === null) - Number(b === null) || (a < b ? -1 : 1))

function table(cube, cells) {
  const words = locale.words
  const [down, across] = TABLES[cube]
  const columns = keysOf(cells, across)
  const at = new Map(cells.map((each) => [`${keyOf(each, down)} ${keyOf(each, across)}`, each]))
  const title = told(words.publishedCaption, { table: words.publishedTables[cube], unit: cube === 'RECOVERY' ? words.recoveredUnit : cube === 'REPROCESSING' ? words.productsUnit : words.packsUnit })
  const cell = (found) => {
    if (!found) return h('td', { class: 'number none' }, number(0))
    return found.suppressed ? h('td', { class: 'number withheld' }, h('abbr', { title: words.withheldWhy }, words.withheld)) : h('td', { class: 'number' }, number(found.value))
  }
  return [
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': title }, h('table', { class: 'published' }, h('caption', {}, title),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, words.publishedRows[down]), columns.map((each) => h('th', { scope: 'col' }, nameOf(across, each, cells))))),
      h('tbody', {}, keysOf(cells, down).map((row) => h('tr', { class: row === null ? 'total' : null }, h('th', { scope: 'row' }, nameOf(down, row, cells)), columns.map((each) => cell(at.get(`${row} ${each}`)))))))),
    h('p', { class: 'quiet legend' }, words.publishedLegend),
  ]
}
