// The regulator's desk: flows, provinces, recovery, late reports and findings of the jurisdiction. Statistics are asked of the graph, which keeps
// them as cubes: no operation of this page reads packs one by one.
import { MUCH, dwelling, lateness, series } from './bars.js'
import { between, uses } from './between.js'
import { listed as listedCases } from './cases.js'
import { h } from './dom.js'
import { listed } from './found.js'
import { frame } from './frame.js'
import { locale, number, percent, told } from './language.js'
import { fill, panel } from './panel.js'
import { published } from './published.js'
import { recovery } from './recovery.js'
import { sankey } from './sankey.js'
import { listed as listedSites } from './sites.js'
import { ask, isAuthority, may, roles, session } from './session.js'
import { provinceName, tiles } from './tiles.js'

const MEASURES = ['stock', 'production', 'sales', 'retirements']
const DESK = `query Desk($from: Date, $province: RegionCode) {
  statistics {
    production(from: $from, province: $province, by: [MONTH]) { month packs }
    sales(from: $from, province: $province, by: [MONTH]) { month packs }
    retirements(from: $from, province: $province, by: [MONTH]) { month packs }
    reprocessing(from: $from, province: $province, by: [MONTH]) { month packs }
    uses: reprocessing(from: $from, province: $province, by: [KIND]) { kind packs }
    expectedRetirements(province: $province) { month packs }
    custodyFlows(from: $from, province: $province, by: [ROLE, TO_ROLE]) { fromRole toRole packs massKg }
    between: custodyFlows(from: $from, province: $province, by: [PROVINCE, TO_PROVINCE]) { fromProvince { code } toProvince { code } packs massKg }
    stock(province: $province, by: [DWELL]) { dwell packs }
    recovery(from: $from, province: $province, by: [MONTH]) { month element inputKg recoveredKg rate norm meetsNorm }
    lateReports(from: $from, province: $province, by: [KIND]) { eventType reports late lateRate }
    takeBacks(from: $from, province: $province) { outcome requests late }
    outletCoverage(province: $province) { role enterprises covered outlets packs }
  }
}`
const MAP = `query Map($from: Date) {
  statistics {
    stock(by: [PROVINCE]) { province { code } packs }
    production(from: $from, by: [PROVINCE]) { province { code } packs }
    sales(from: $from, by: [PROVINCE]) { province { code } packs }
    retirements(from: $from, by: [PROVINCE]) { province { code } packs }
  }
}`
const OWN = `query Own($me: CreditCode!) { enterprise(uscc: $me) { recoveryRates { month element inputKg recoveredKg rate norm meetsNorm } } }`
const state = { months: 12, last: null, province: null, measure: 'stock' }

frame({ title: 'regulatorTitle', draw })

function draw(main) {
  const words = locale.words
  const made = {
    numbers: panel(words.numbers, { area: 'numbers' }),
    flows: panel(words.flows, { area: 'flows', hint: words.flowsHint }),
    map: panel(words.provinces, { area: 'map', hint: words.provincesHint }),
    recovery: panel(words.recoveryDesk, { area: 'recovery', hint: words.recoveryHint }),
    late: panel(words.lateReports, { area: 'late', hint: told(words.lateHint, { share: percent(MUCH, 0) }) }),
    between: panel(words.between, { area: 'between', hint: words.betweenHint }),
    dwell: panel(words.dwell, { area: 'dwell', hint: words.dwellHint }),
    open: panel(words.published, { area: 'open', hint: words.publishedHint }),
    files: panel(words.cases, { area: 'cases', hint: words.casesHint }),
    sites: panel(words.sites, { area: 'sites', hint: words.sitesHint }),
    found: panel(words.findingsDesk, { area: 'found' }),
  }
  const { found, files, sites, map, open, ...figures } = made
  const desk = h('div', { class: 'desk' }, Object.values(made).map((each) => each.element))
  const again = () => statistics(figures, map, controls)
  const controls = h('div', { class: 'controls' })
  main.append(controls, desk)
  again()
  may('statistics:read') ? published(open) : open.element.remove()
  isAuthority() && may('statistics:read') && may('findings:read') ? listedSites(sites) : sites.element.remove()
  if (!may('findings:read')) {
    files.element.remove()
    return found.nothing(words.closed)
  }
  listed(found)
  listedCases(files)
}

// The first day of the period. The graph's own default is the last twelve months by its clock, and tells which month is the last.
function from() {
  if (state.months === 12 || state.last === null) return null
  const [year, month] = state.last.split('-').map(Number)
  return new Date(Date.UTC(year, month - state.months, 1)).toISOString().slice(0, 10)
}

function back(day, months) {
  const [year, month] = day.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10)
}

// Each month of the period up to the one that is running: of some nothing was reported, and they have their place, too.
function throughout(rows, running) {
  if (running === null) return rows
  return Array.from({ length: state.months }, (_, at) => back(running, state.months - 1 - at)).map((month) => rows.find((each) => each.month === month) ?? { month, packs: 0 })
}

function steer(place, again) {
  const words = locale.words
  const months = h('select', { id: 'months', onchange: (event) => ((state.months = Number(event.target.value)), again()) },
    Object.entries(words.periods).map(([value, name]) => h('option', { value, selected: Number(value) === state.months }, name)))
  const code = h('input', { id: 'code', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: 64 })
  const look = (event) => {
    event.preventDefault()
    const wanted = code.value.replace(/\s/g, '').toUpperCase()
    code.setCustomValidity([19, 24].includes(wanted.length) ? '' : words.notACode)
    if (!code.reportValidity()) return
    const next = new URLSearchParams(window.location.hash.slice(1))
    next.set('pack', wanted)
    window.location.hash = next
  }
  place.replaceChildren(
    h('label', { for: 'months' }, words.period), months,
    h('p', { class: 'scope', role: 'status' }, state.province ? told(words.narrowed, { name: provinceName(state.province) }) : words.wholeCountry,
      state.province && h('button', { type: 'button', class: 'plain', onclick: () => ((state.province = null), again()) }, words.widen)),
    h('form', { class: 'look', onsubmit: look }, h('label', { for: 'code' }, words.openCode), code, h('button', { type: 'submit' }, words.openIt)),
  )
  code.addEventListener('input', () => code.setCustomValidity(''))
}

function statistics(figures, map, controls) {
  const again = () => statistics(figures, map, controls)
  steer(controls, again)
  const words = locale.words
  const variables = { from: from(), province: state.province && `${state.province}0000` }
  if (!may('statistics:read')) return own(figures, map, controls)
  fill(Object.values(figures), () => ask(DESK, variables), ({ data }) => (data.statistics?.production ? show(figures, data.statistics) : own(figures, map, controls)))
  fill([map], () => ask(MAP, { from: variables.from }), ({ data }) => data.statistics?.production && mapped(map, data.statistics, again))
}

// Whom the exact statistics are closed to: what is its own, and a sentence about the rest.
function own(figures, map, controls) {
  const words = locale.words
  const { recovery: rates, ...rest } = figures
  for (const each of [...Object.values(rest), map]) each.element.remove()
  controls.querySelector('.scope').replaceChildren(isAuthority() ? words.statisticsAbsent : words.statisticsClosed)
  controls.querySelectorAll('select, [for=months]').forEach((each) => each.remove())
  rates.element.parentElement.classList.add('own')
  const alone = () => {
    rates.element.parentElement.classList.add('alone')
    rates.element.remove()
  }
  if (!may('recovery:read')) return alone()
  fill([rates], () => ask(OWN, { me: session.claims.party }), ({ data }) => {
    const known = data.enterprise?.recoveryRates ?? []
    if (known.length > 0) return rates.show(recovery(known))
    // Who recovers nothing needs no place for it.
    if (!roles().includes('CU')) return alone()
    rates.nothing(words.noRecovery)
  })
}

function show(figures, told_) {
  const words = locale.words
  const months = [told_.production, told_.sales, told_.retirements].flat().map((each) => each.month).sort()
  state.last = months[months.length - 1] ?? state.last
  const outlook = told_.expectedRetirements
  // What is expected begins after the month that is running.
  const running = outlook.length > 0 ? back(outlook[0].month, 1) : null
  const course = (name, unit) => series(name, words[name], throughout(told_[name], running), unit, { running })
  figures.numbers.show(
    h('div', { class: 'numbers' },
      course('production', words.packsUnit),
      course('sales', words.packsUnit),
      course('retirements', words.packsUnit),
      series('expected', words.expected, outlook, words.expectedUnit, { expected: true }),
      course('reprocessing', words.productsUnit)),
    uses(told_.uses),
    told_.outletCoverage.length > 0 && h('p', { class: 'quiet outlets' }, h('strong', {}, words.outlets), ' ', told_.outletCoverage.map((each) => each)
      .reduce((sum, each) => [sum[0] + each.enterprises, sum[1] + each.covered, sum[2] + each.outlets], [0, 0, 0])
      .reduce((text, value, at) => text.replace(`{${['enterprises', 'covered', 'outlets'][at]}}`, number(value)), words.outletsOf)),
    h('p', { class: 'quiet outlets taken' }, h('strong', {}, words.takeBacks), ' ', takeBacks(told_.takeBacks)),
  )
  const flows = told_.custodyFlows.filter((each) => each.packs > 0).map((each) => ({ from: each.fromRole, to: each.toRole, packs: each.packs, massKg: each.massKg }))
  flows.length ? figures.flows.show(sankey(flows)) : figures.flows.nothing(words.noFlows)
  told_.between.some((each) => each.packs > 0) ? figures.between.show(between(told_.between)) : figures.between.nothing(words.noFlows)
  told_.recovery.length ? figures.recovery.show(recovery(told_.recovery)) : figures.recovery.nothing(words.noRecovery)
  const reports = told_.lateReports.filter((each) => each.reports > 0)
  figures.late.tally(number(reports.reduce((sum, each) => sum + each.late, 0)))
  reports.length ? figures.late.show(lateness(reports)) : figures.late.nothing(words.noLate)
  figures.dwell.show(dwelling(told_.stock))
}

// What was asked for, and what became of it; the late answers with it.
function takeBacks(rows) {
  const words = locale.words
  const sum = (name, of = rows) => of.reduce((total, each) => total + each[name], 0)
  if (sum('requests') === 0) return words.noTakeBacks
  const parts = Object.keys(words.outcomes).map((each) => [each, sum('requests', rows.filter((row) => row.outcome === each))]).filter(([, count]) => count > 0)
  const late = sum('late')
  return [told(words.takeBacksOf, { requests: number(sum('requests')) }), parts.map(([each, count]) => told(words.outcomes[each], { count: number(count) })).join(words.listed), late > 0 && told(words.answeredLate, { late: number(late) })].filter(Boolean).join(' ')
}

function mapped(map, cubes, again) {
  const words = locale.words
  const values = Object.fromEntries(cubes[state.measure].filter((each) => each.province).map((each) => [each.province.code.slice(0, 2), each.packs]))
  const choose = (province) => {
    state.province = province
    again()
  }
  map.show(
    h('div', { class: 'choices', role: 'group', 'aria-label': words.measure },
      MEASURES.map((each) => h('button', { type: 'button', 'aria-pressed': String(each === state.measure), onclick: () => {
        state.measure = each
        mapped(map, cubes, again)
        map.body.querySelector('[aria-pressed=true]').focus()
      } }, words[each]))),
    tiles(values, words.packsUnit, state.province, choose),
  )
}
