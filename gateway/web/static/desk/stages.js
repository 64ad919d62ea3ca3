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

// For the public graph: packs by status, which the gateway counts as events are recorded.
export const COUNTS = 'batteryCounts { status packs }'

// How many there are in each stage, and in all of them (`null`).
export function amounts(counts) {
  const found = new Map([[null, 0], ...Object.keys(STAGES).map((each) => [each, 0])])
  for (const { status, packs } of counts ?? []) for (const each of [null, stageOf(status)]) found.set(each, found.get(each) + packs)
  return found
}

export function charge(amount, chosen, choose) {
  const words = locale.words
  const present = Object.keys(STAGES).filter((each) => amount.get(each) > 0)
  const told_ = present.map((each) => told(words.packsOf, { stage: words.stages[each], count: number(amount.get(each)) })).join(', ')
  return [
    h(
      'div',
      { class: 'charge', role: 'img', 'aria-label': told(words.strip, { list: told_ }) },
      h('div', { class: 'cells' }, present.map((each) => h('span', { class: `cell stage-${each}`, vars: { 'flex-grow': amount.get(each) } }))),
      h('span', { class: 'nub' }),
    ),
    h(
      'div',
      { class: 'stages', role: 'group', 'aria-label': words.status },
      h('button', { type: 'button', class: 'stage', 'aria-pressed': String(chosen === null), onclick: () => choose(null) }, h('span', { class: 'name' }, words.all), h('strong', {}, number(amount.get(null)))),
      Object.keys(STAGES).map((each) =>
        h(
          'button',
          { type: 'button', class: 'stage', 'aria-pressed': String(chosen === each), onclick: () => choose(each), disabled: amount.get(each) === 0 && chosen !== each },
          h('span', { class: `swatch stage-${each}` }),
          h('span', { class: 'name' }, words.stages[each]),
          h('strong', {}, number(amount.get(each))),
        ),
      ),
    ),
  ]
}

export const statusOf = (status) => h('span', { class: 'status' }, h('span', { class: `swatch stage-${stageOf(status)}` }), locale.words.statuses[status] ?? silent(status))
