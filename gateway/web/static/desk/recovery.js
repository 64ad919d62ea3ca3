// Recovery by element, month by month, against the norm: a row for each element, the norm a line, each month a mark above or below it.
import { h, svg } from './dom.js'
import { fixed, locale, month, percent, told } from './language.js'

const WIDE = 300
const HIGH = 44
const MONTHS = 12

// [{element, months: [{month, rate, norm, meetsNorm}]}], elements with a norm first.
export function byElement(rates) {
  const found = new Map()
  for (const each of rates.filter((rate) => rate.rate !== null)) found.set(each.element, [...(found.get(each.element) ?? []), each])
  const rows = [...found].map(([element, months]) => ({ element, months: months.sort((a, b) => (a.month < b.month ? -1 : 1)).slice(-MONTHS) }))
  return rows.sort((a, b) => Number(latest(b).norm !== null) - Number(latest(a).norm !== null) || (a.element < b.element ? -1 : 1))
}

const latest = (row) => row.months[row.months.length - 1]

export function recovery(rates) {
  const words = locale.words
  return h(
    'ul',
    { class: 'recovery' },
    byElement(rates).map((row) => {
      const last = latest(row)
      const norm = last.norm === null ? words.noNorm : percent(last.norm)
      const label = told(words.recoveryRow, { element: row.element, rate: percent(last.rate), month: month(last.month), norm })
      return h(
        'li',
        { class: last.rate > 1 ? 'beyond' : last.meetsNorm === false ? 'below' : null },
        h('p', { class: 'which' }, h('strong', { class: 'element' }, row.element), ' ', h('span', { class: 'quiet' }, words.elements[row.element] ?? ''),
          h('span', { class: 'masses quiet' }, `${fixed(last.recoveredKg, 1)} / ${fixed(last.inputKg, 1)} kg`)),
        chart(row, label),
        h('span', { class: 'rate' }, percent(last.rate), h('small', {}, last.rate > 1 ? words.moreOut : last.norm === null ? norm : told(words.normOf, { norm }))),
      )
    }),
  )
}

function chart(row, label) {
  const values = row.months.flatMap((each) => [each.rate, each.norm]).filter((each) => each !== null)
  const low = Math.min(...values) - 0.01
  const high = Math.max(...values) + 0.01
  const x = (place) => (row.months.length === 1 ? WIDE / 2 : 6 + (place * (WIDE - 12)) / (row.months.length - 1))
  const y = (value) => HIGH - 4 - ((value - low) / (high - low)) * (HIGH - 8)
  const norms = row.months.map((each, place) => (each.norm === null ? null : `${x(place)},${y(each.norm)}`)).filter(Boolean)
  return svg(
    'svg',
    { class: 'rates', viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-label': label },
    norms.length > 1 && svg('polyline', { class: 'norm', points: norms.join(' ') }),
    norms.length === 1 && svg('line', { class: 'norm', x1: 0, x2: WIDE, y1: y(row.months[0].norm), y2: y(row.months[0].norm) }),
    svg('polyline', { class: 'run', points: row.months.map((each, place) => `${x(place)},${y(each.rate)}`).join(' ') }),
    row.months.map((each, place) => svg('circle', { class: each.rate > 1 ? 'mark beyond' : each.meetsNorm === false ? 'mark below' : 'mark', cx: x(place), cy: y(each.rate), r: 3.2 }, svg('title', {}, `${month(each.month)} ${percent(each.rate)}`))),
  )
}
