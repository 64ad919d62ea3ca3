// Where packs stand in life, as a battery that is filled by stage: what the company view begins with.
import { h, silent } from './dom.js'
import { locale, number, told } from './language.js'

export const STAGES = {
  made: ['CODED', 'SOLD', 'INSTALLED'],
  use: ['IN_SERVICE', 'SWAP_POOL'],
  out: ['REMOVED', 'IN_SCRAP_VEHICLE', 'RETIRED'],
  moving: ['IN_TRANSIT'],
  store: ['STORED', 'GRADED'],
  ended: ['DISMANTLED', 'REPROCESSED', 'RECYCLED', 'DISPOSED', 'EXPORTED'],
  missing: ['MISSING'],
}

export const stageOf = (status) => Object.keys(STAGES).find((each) => STAGES[each].includes(status))

// For the public graph: the whole and each stage, counted where `totalCount` is (exact up to 10,000).
export const COUNTS = [
  'whole: batteries(first: 1) { totalCount totalCountCapped }',
  ...Object.entries(STAGES).map(([stage, statuses]) => `${stage}: batteries(first: 1, filter: {status: {in: [${statuses.join(' ')}]}}) { totalCount totalCountCapped }`),
].join('\n')

export const amountOf = (list) => (list.totalCountCapped ? `${number(list.totalCount)}+` : number(list.totalCount))

export function charge(data, chosen, choose) {
  const words = locale.words
  const present = Object.keys(STAGES).filter((each) => data[each].totalCount > 0)
  const told_ = present.map((each) => told(words.packsOf, { stage: words.stages[each], count: amountOf(data[each]) })).join(', ')
  return [
    h(
      'div',
      { class: 'charge', role: 'img', 'aria-label': told(words.strip, { list: told_ }) },
      h('div', { class: 'cells' }, present.map((each) => h('span', { class: `cell stage-${each}`, vars: { 'flex-grow': data[each].totalCount } }))),
      h('span', { class: 'nub' }),
    ),
    h(
      'div',
      { class: 'stages', role: 'group', 'aria-label': words.status },
      h('button', { type: 'button', class: 'stage', 'aria-pressed': String(chosen === null), onclick: () => choose(null) }, h('span', { class: 'name' }, words.all), h('strong', {}, amountOf(data.whole))),
      Object.keys(STAGES).map((each) =>
        h(
          'button',
          { type: 'button', class: 'stage', 'aria-pressed': String(chosen === each), onclick: () => choose(each), disabled: data[each].totalCount === 0 && chosen !== each },
          h('span', { class: `swatch stage-${each}` }),
          h('span', { class: 'name' }, words.stages[each]),
          h('strong', {}, amountOf(data[each])),
        ),
      ),
    ),
  ]
}

export const statusOf = (status) => h('span', { class: 'status' }, h('span', { class: `swatch stage-${stageOf(status)}` }), locale.words.statuses[status] ?? silent(status))
