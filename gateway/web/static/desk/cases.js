// Cases as a list, and the way of a finding to a case.
import { drafted, form } from './act.js'
import { authorityOf, redrawn } from './case.js'
import { h } from './dom.js'
import { day, locale, named, number, told, word } from './language.js'
import { fill } from './panel.js'
import { ask, may, roles } from './session.js'

const PAGE = 20
const LIST = `query Cases($states: [CaseState!], $first: Int, $after: String, $last: Int, $before: String) {
  cases(states: $states, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id title state authority province dueOn changedAt party { name nameEn } }
  }
}`
const STATES = ['OPEN', 'EXPLAINED', 'CONFIRMED', 'CLOSED']

// To be asked for with a finding: the cases that were opened on it.
export const CASES_OF = 'cases { id title state }'

export function listed(place, chosen = { state: null }, page = { first: PAGE }, keep = false) {
  const words = locale.words
  fill([place], () => ask(LIST, { states: chosen.state && [chosen.state], ...page }), ({ data }) => {
    const nodes = (data.cases?.nodes ?? []).filter(Boolean)
    place.tally(data.cases ? number(data.cases.totalCount) : null)
    const choose = (state) => {
      chosen.state = state
      listed(place, chosen)
    }
    const choices = h('div', { class: 'choices', role: 'group', 'aria-label': words.casesShown },
      [null, ...STATES].map((each) => h('button', { type: 'button', 'aria-pressed': String(each === chosen.state), onclick: () => choose(each) }, each ? word('states', each) : words.all)))
    const turn = (name, there, next) => h('button', { type: 'button', disabled: !there, onclick: () => listed(place, chosen, next) }, name)
    const info = data.cases?.pageInfo
    place.show(
      choices,
      nodes.length ? h('ul', { class: 'duties cases' }, nodes.map(line)) : h('p', { class: 'nothing' }, words.noCases),
      (info?.hasPreviousPage || info?.hasNextPage) && h('div', { class: 'turning' }, turn(words.previous, info.hasPreviousPage, { last: PAGE, before: info.startCursor }), turn(words.next, info.hasNextPage, { first: PAGE, after: info.endCursor })),
    )
  }, keep)
  redrawn.set('cases', () => listed(place, chosen, page, true))
}

export const caseLink = (id, title) => h('a', { class: 'case-link', href: `#case=${encodeURIComponent(id)}` }, title)

function line(each) {
  const words = locale.words
  return h(
    'li',
    { class: 'duty case', 'data-state': each.state },
    h('span', { class: 'when' }, each.dueOn ? [h('span', { class: 'quiet' }, words.answerBy), h('time', { datetime: each.dueOn }, each.dueOn)] : h('span', { class: 'quiet' }, words.nothingAsked)),
    h('div', {}, h('p', { class: 'what' }, h('strong', {}, caseLink(each.id, each.title)), h('span', { class: 'standing' }, word('states', each.state))),
      h('p', { class: 'quiet' }, [each.party && named(each.party), authorityOf(each.authority, each.province), told(words.changedOn, { day: day(each.changedAt) })].filter(Boolean).join(' · '))),
  )
}

// A finding may be in one open case; closed ones lie behind it.
const openCase = (finding) => (finding.cases ?? []).find((each) => each && each.state !== 'CLOSED')

export const inCase = (finding) => {
  const found = openCase(finding)
  return found && h('p', { class: 'about quiet' }, h('span', {}, locale.words.inCase), caseLink(found.id, found.title))
}

// Whether who asks may open a case on it.
export const opens = (finding) => mayOpen() && Boolean(finding.party) && !openCase(finding)

const mayOpen = () => roles().some((each) => ['PR', 'MI', 'ME', 'SA'].includes(each) && may(`report:${each}`))

// What stands below a finding: the case it is in, or the way to open one.
export function way(finding, done) {
  const words = locale.words
  if (!opens(finding)) return inCase(finding)
  const rule = finding.rule.split('_')[0]
  const fields = [
    { name: 'title', label: words.caseTitle, kind: 'line', value: `${rule} ${words.rules[finding.rule] ?? ''}`.trim() },
    { name: 'text', label: words.caseText, kind: 'text', needed: false },
  ]
  return h('details', { class: 'doing', open: drafted('openCase', finding.id) }, h('summary', {}, words.acts.openCase.name),
    form({ act: 'openCase', about: finding.id, fields, label: words.acts.openCase.label, inputOf: (values) => ({ findings: [finding.id], title: '', ...values }), done }))
}
