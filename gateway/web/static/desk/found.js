// Findings of a jurisdiction: narrowed by how grave they are and by what became of them, a page at a time; each with its evidence and its way to a case.
import { changed, redrawn } from './case.js'
import { CASES_OF, opens, way } from './cases.js'
import { bar, box } from './chosen.js'
import { h } from './dom.js'
import { FINDING, findings } from './findings.js'
import { locale, number, told, word } from './language.js'
import { fill } from './panel.js'
import { ask, may } from './session.js'

const PAGE = 20
const SEVERITIES = ['HIGH', 'MEDIUM', 'LOW', 'INFO']
const STATES = ['OPEN', 'EXPLAINED', 'CONFIRMED', 'CLOSED']
const CURRENT = ['OPEN', 'EXPLAINED', 'CONFIRMED']
// Of all months: the list is of all, too.
const COUNTED = `statistics { findings(from: "2000-01-01", by: [STATE]) { state severity findings } }`
const FOUND = `query Found($severities: [FindingSeverity!], $states: [FindingState!], $first: Int, $after: String, $last: Int, $before: String) {
  findings(severities: $severities, states: $states, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { ${FINDING} ${CASES_OF} }
  }
  COUNTED
}`
const chosen = { severity: null, state: null }

// `keep`: what is shown stays until the answer is there; `focus`: the choice that was made by keyboard has the focus again.
export function listed(place, { page = { first: PAGE }, keep = false, focus = null } = {}) {
  redrawn.set('findings', () => listed(place, { page, keep: true }))
  const words = locale.words
  const variables = { severities: chosen.severity && [chosen.severity], states: chosen.state ? [chosen.state] : CURRENT, ...page }
  fill([place], () => ask(FOUND.replace('COUNTED', may('statistics:read') ? COUNTED : ''), variables), ({ data }) => {
    const nodes = (data.findings?.nodes ?? []).filter(Boolean)
    place.tally(data.findings ? number(data.findings.totalCount) : null, nodes.some((each) => each.severity === 'HIGH'))
    const choosing = bar(place.body, opened)
    place.show(
      choices(place, words.severitiesShown, 'severity', [[null, words.all], ...SEVERITIES.map((each) => [each, words.severities[each]])]),
      choices(place, words.statesShown, 'state', [[null, words.current], ...STATES.map((each) => [each, counted(each, data.statistics?.findings)])]),
      nodes.length ? findings(nodes, (each) => h('div', { class: 'foot' }, evidence(each), opens(each) && box(each, choosing.show), way(each, opened))) : h('p', { class: 'nothing' }, words.noFindingsDesk),
      choosing.place,
      turning(place, data.findings?.pageInfo),
    )
    choosing.show()
    if (focus) place.body.querySelector(`[data-choice=${focus}] [aria-pressed=true]`).focus()
  }, keep)
}

// A state, and how many findings stand there as the statistics have it, for those whom these are open to.
function counted(state, rows) {
  const of = (rows ?? []).filter((each) => each.state === state && (chosen.severity === null || each.severity === chosen.severity))
  const name = word('states', state)
  return rows ? told(locale.words.stateOf, { name, count: number(of.reduce((sum, each) => sum + each.findings, 0)) }) : name
}

function choices(place, label, name, options) {
  const choose = (key) => {
    chosen[name] = key
    listed(place, { focus: name })
  }
  return h('div', { class: 'choices', role: 'group', 'aria-label': label, 'data-choice': name },
    options.map(([key, text]) => h('button', { type: 'button', 'aria-pressed': String(key === chosen[name]), onclick: () => choose(key) }, text)))
}

function turning(place, info) {
  if (!info?.hasPreviousPage && !info?.hasNextPage) return null
  const turn = (name, there, next) => h('button', { type: 'button', disabled: !there, onclick: () => listed(place, { page: next }) }, name)
  return h('div', { class: 'turning' }, turn(locale.words.previous, info.hasPreviousPage, { last: PAGE, before: info.startCursor }), turn(locale.words.next, info.hasNextPage, { first: PAGE, after: info.endCursor }))
}

// A case was opened: its sheet opens, and the lists take it up.
function opened(report) {
  changed()
  const next = new URLSearchParams(window.location.hash.slice(1))
  next.set('case', report.case.id)
  window.location.hash = next
}

const evidence = (each) => each.evidence?.length > 0 && h('p', { class: 'quiet' }, told(locale.words.evidenceCount, { count: number(each.evidence.length) }))
