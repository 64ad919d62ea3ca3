// The company view: own batteries, what is due, offers that wait, what the rules found, recovery. Only the public graph, with the user's own token.
import { CASES_OF, inCase, listed as listedCases } from './cases.js'
import { packLink } from './code.js'
import { h } from './dom.js'
import { FINDING, findings } from './findings.js'
import { frame } from './frame.js'
import { fixed, locale, named, number, told, word } from './language.js'
import { fill, panel } from './panel.js'
import { published } from './published.js'
import { recovery } from './recovery.js'
import { ask, isAuthority, may, roles, session } from './session.js'
import { COUNTS, STAGES, amounts, charge, statusOf } from './stages.js'

const PAGE = 25
// Duties that are listed; of more their number is told.
const DUE = 100
const overview = () => `query Fleet($me: CreditCode!) {
  ${COUNTS}
  me: enterprise(uscc: $me) {
    ${may('findings:read') ? 'obligations { duty modelId since dueOn basis confidence overdue battery { code } }' : ''}
    ${may('recovery:read') ? 'recoveryRates { month element inputKg recoveredKg rate norm meetsNorm }' : ''}
    uscc
  }
  ${may('findings:read') ? `findings(first: 20, states: [OPEN EXPLAINED CONFIRMED]) { totalCount nodes { ${FINDING} ${CASES_OF} } }` : ''}
  ${may('battery:custody') ? `handed: batteries(first: 50, filter: {status: {eq: IN_TRANSIT}, custodian: {eq: $me}}) {
    totalCount nodes { code massKg custody(last: 1) { nodes { outcome purpose offeredAt sender { uscc } holder { name nameEn } toProvince { name nameEn } } } }
  }` : ''}
}`
const LIST = `query Packs($filter: BatteryFilter, $first: Int, $after: String, $last: Int, $before: String) {
  batteries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { code status chemistry producedOn nominalEnergyKwh HEALTH manufacturer { name nameEn } }
  }
}`

frame({ title: 'fleetTitle', draw })

function draw(main) {
  const words = locale.words
  const hero = panel(words.packs, { area: 'hero' })
  const todo = panel(words.todo, { area: 'todo' })
  const offers = panel(words.offers, { area: 'offers', hint: words.offersHint })
  const found = panel(words.findings, { area: 'findings' })
  const files = panel(isAuthority() ? words.cases : words.casesOwn, { area: 'cases', hint: words.casesHint })
  const rates = panel(words.recovery, { area: 'recovery', hint: words.recoveryHint })
  const list = panel(words.list, { area: 'list' })
  const open = panel(words.published, { area: 'open', hint: words.publishedHint })
  // Who recovers nothing needs no place for it.
  const recovers = may('recovery:read') && roles().includes('CU')
  const panels = [hero, todo, may('battery:custody') && offers, found, recovers && rates].filter(Boolean)
  const own = may('findings:read') ? [files.element] : []
  // The public has no credit code and no list: what a fleet is asked for would be refused.
  if (roles().join() === 'PB') {
    main.append(h('p', { class: 'nothing' }, words.noFleet, ' ', h('a', { href: '/b' }, words.label)), h('div', { class: 'fleet' }, may('statistics:read') && open.element))
    return may('statistics:read') && published(open)
  }
  main.append(
    ...[isAuthority() && h('p', { class: 'hint' }, words.authorityHint, ' ', h('a', { href: `/regulator${session.party ? `#as=${session.party}` : ''}` }, words.regulator))].filter(Boolean),
    h('div', { class: recovers ? 'fleet recovers' : 'fleet' }, panels.map((each) => each.element), own, list.element, may('statistics:read') && open.element),
  )
  let stage = null
  let amount = null
  const choose = (next) => {
    stage = next
    listed(list, stage)
    shown()
  }
  const shown = () => {
    const at = document.activeElement?.closest('.stages') ? [...hero.body.querySelectorAll('.stage')].indexOf(document.activeElement) : -1
    hero.show(h('p', { class: 'figure' }, h('strong', { id: 'whole' }, number(amount.get(null))), ' ', words.packsCount), charge(amount, stage, choose))
    if (at >= 0) hero.body.querySelectorAll('.stage')[at].focus()
    list.tally(number(amount.get(stage)))
  }
  fill(panels, () => ask(overview(), { me: session.claims.party }), ({ data }) => {
    amount = amounts(data.batteryCounts)
    shown()
    due(todo, data.me?.obligations ?? [])
    offered(offers, data.handed?.nodes ?? [], data.handed?.totalCount ?? 0)
    const nodes = (data.findings?.nodes ?? []).filter(Boolean)
    found.tally(data.findings ? number(data.findings.totalCount) : null, nodes.some((each) => each.severity === 'HIGH'))
    nodes.length ? found.show(findings(nodes, inCase)) : found.nothing(words.noFindings)
    const known = data.me?.recoveryRates ?? []
    known.length ? rates.show(recovery(known)) : rates.nothing(words.noRecovery)
  })
  listed(list, null)
  if (own.length > 0) listedCases(files)
  if (may('statistics:read')) published(open)
}

const rest = (count) => count > 0 && h('p', { class: 'quiet' }, told(locale.words.andMore, { count: number(count) }))

function due(place, obligations) {
  const words = locale.words
  place.tally(number(obligations.length), obligations.some((each) => each.overdue))
  if (obligations.length === 0) return place.nothing(words.noTodo)
  place.show(
    h('ul', { class: 'duties' }, obligations.slice(0, DUE).map((each) =>
      h(
        'li',
        { class: each.overdue ? 'duty overdue' : 'duty' },
        h('span', { class: 'when' }, h('time', { datetime: each.dueOn }, each.dueOn ?? '–'), each.overdue && h('strong', { class: 'late' }, words.overdue)),
        h('div', {}, h('strong', {}, word('duties', each.duty)), h('p', {}, each.battery ? packLink(each.battery.code) : h('code', {}, each.modelId ?? '')),
          h('p', { class: 'quiet' }, told(words.since, { day: each.since }), ' · ', told(words.basis, { basis: word('bases', each.basis), confidence: word('confidences', each.confidence) }))),
      ))),
    rest(obligations.length - DUE),
  )
}

function offered(place, packs, all) {
  const words = locale.words
  const mine = packs.filter(Boolean).flatMap((pack) => (pack.custody?.nodes ?? []).filter((leg) => leg?.outcome === 'PENDING' && leg.sender?.uscc === session.claims.party).map((leg) => ({ pack, leg })))
  const more = all - packs.length
  place.tally(number(mine.length + more))
  if (mine.length === 0) return place.nothing(words.noOffers)
  place.show(
    h('ul', { class: 'duties' }, mine.map(({ pack, leg }) =>
      h('li', { class: 'duty' }, h('span', { class: 'when' }, h('time', { datetime: leg.offeredAt }, (leg.offeredAt ?? '').slice(0, 10))),
        h('div', {}, h('strong', {}, told(words.to, { name: named(leg.holder) })), h('p', {}, packLink(pack.code)), h('p', { class: 'quiet' }, [leg.toProvince && named(leg.toProvince), `${fixed(pack.massKg, 1)} kg`].filter(Boolean).join(' · ')))))),
    rest(more),
  )
}

function listed(place, stage, page = { first: PAGE }) {
  const words = locale.words
  const filter = stage ? { status: { in: STAGES[stage] } } : null
  const health = may('battery:condition')
  fill([place], () => ask(LIST.replace('HEALTH', health ? 'stateOfHealth' : ''), { filter, ...page }), ({ data }) => {
    const list = data.batteries
    const nodes = list.nodes.filter(Boolean)
    if (nodes.length === 0) return place.nothing(words.noList)
    const turn = (name, cursor, next) => h('button', { type: 'button', disabled: !cursor, onclick: () => listed(place, stage, next) }, name)
    place.show(
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': words.list }, h(
        'table',
        { class: 'packs' },
        h('thead', {}, h('tr', {}, [words.code, words.status, words.chemistry, words.maker, words.producedOn, words.energy, health && words.health].filter(Boolean).map((each) => h('th', { scope: 'col' }, each)))),
        h('tbody', {}, nodes.map((each) =>
          h('tr', {}, h('th', { scope: 'row' }, packLink(each.code)), h('td', {}, statusOf(each.status)), h('td', {}, each.chemistry), h('td', {}, named(each.manufacturer)), h('td', { class: 'date' }, each.producedOn),
            h('td', { class: 'number' }, `${fixed(each.nominalEnergyKwh, 1)} kWh`), health && h('td', { class: 'number' }, gauge(each.stateOfHealth))))),
      )),
      h('div', { class: 'turning' }, turn(words.previous, list.pageInfo.hasPreviousPage, { last: PAGE, before: list.pageInfo.startCursor }), turn(words.next, list.pageInfo.hasNextPage, { first: PAGE, after: list.pageInfo.endCursor })),
    )
  })
}

const gauge = (value) => (value === null || value === undefined ? '–' : h('span', { class: value < 80 ? 'gauge low' : 'gauge', vars: { '--full': `${value}%` } }, `${fixed(value, 1)} %`))
