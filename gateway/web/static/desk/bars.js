// Months as bars, and shares as bars: small figures that stand beside their number.
import { h, headed, svg } from './dom.js'
import { locale, month, number, percent, told, word } from './language.js'

// Kinds of report that are shown at once; the others wait to be unfolded.
const MOST = 12
// The share of late reports from which a kind of report is marked.
export const MUCH = 0.05

// A number for the whole period with its months below it, the first and the last named. `running` is the month that has not ended; what is expected is drawn hollow.
export function series(id, name, rows, unit, { running = null, expected = false } = {}) {
  const words = locale.words
  const total = rows.reduce((sum, each) => sum + each.packs, 0)
  const most = Math.max(expected ? 0.1 : 1, ...rows.map((each) => each.packs))
  const [wide, high] = [220, 46]
  const step = wide / Math.max(rows.length, 1)
  const digits = expected ? 1 : 0
  const said = (each) => (each.month === running ? told(words.running, { month: month(each.month) }) : month(each.month))
  const kind = (each) => (expected ? 'bar expected' : each.month === running ? 'bar running' : 'bar')
  const label = told(words.series, { name, list: rows.map((each) => `${said(each)} ${number(each.packs, digits)}`).join(', ') })
  return h(
    'div',
    { class: 'series' },
    h('h3', {}, name),
    h('p', {}, h('strong', { id }, number(total)), ' ', h('span', { class: 'quiet' }, unit)),
    svg('svg', { viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': label },
      rows.map((each, at) => {
        const size = Math.max((each.packs / most) * (high - 2), each.packs > 0 ? 1.5 : 0)
        return svg('rect', { class: kind(each), x: at * step + 1, width: Math.max(step - 2, 1), y: high - size, height: size }, svg('title', {}, `${said(each)} ${number(each.packs, digits)}`))
      })),
    rows.length > 0 && h('p', { class: 'ends quiet', 'aria-hidden': 'true' }, h('span', {}, said(rows[0])), rows.length > 1 && h('span', {}, said(rows[rows.length - 1]))),
  )
}

// Reports by kind of event: how many, and which share of them came late.
export function lateness(rows) {
  const words = locale.words
  const shown = rows.filter((each) => each.reports > 0).sort((a, b) => b.late - a.late || b.reports - a.reports)
  const most = Math.max(0.01, ...shown.map((each) => each.lateRate))
  const row = (each) =>
    h('tr', { class: each.lateRate > MUCH ? 'over' : null }, h('th', { scope: 'row' }, word('events', each.eventType)), h('td', { class: 'number' }, number(each.reports)), h('td', { class: 'number' }, number(each.late)),
      h('td', { class: 'share' }, h('span', { class: 'track', vars: { '--full': `${(each.lateRate / most) * 100}%` } }), h('span', {}, percent(each.lateRate))))
  const table = (rows) => h('table', { class: 'lateness' },
    headed([words.event, words.reportsHead, words.lateHead, words.lateShare], [1, 2]), h('tbody', {}, rows.map(row)))
  const rest = shown.slice(MOST)
  return [table(shown.slice(0, MOST)), rest.length > 0 && h('details', {}, h('summary', {}, told(words.moreKinds, { count: number(rest.length) })), table(rest))]
}

// Packs by how long they have stood where they stand.
export function dwelling(rows) {
  const words = locale.words
  const classes = Object.keys(words.dwells)
  const most = Math.max(1, ...rows.map((each) => each.packs))
  return h('ul', { class: 'dwelling' }, classes.map((each) => {
    const packs = rows.find((row) => row.dwell === each)?.packs ?? 0
    return h('li', {}, h('span', {}, words.dwells[each]), h('span', { class: 'track', vars: { '--full': `${(packs / most) * 100}%` } }), h('strong', {}, number(packs)))
  }))
}
