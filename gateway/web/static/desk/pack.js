// One battery: its facts, how its health went, and its life as a timeline, with what the rules found standing at its evidence.
import { h, svg } from './dom.js'
import { message } from './findings.js'
import { day, locale, named, number, told, word } from './language.js'
import { failure } from './panel.js'
import { ask } from './session.js'
import { stageOf, statusOf } from './stages.js'

const SHOWN = 100
const QUERY = `query Pack($code: BatteryCode!) {
  battery(code: $code) {
    code status chemistry producedOn nominalEnergyKwh massKg stateOfHealth safetyClass recalled
    model { name } manufacturer { name nameEn } custodian { name nameEn } province { name nameEn }
    events(last: ${SHOWN}) {
      pageInfo { hasPreviousPage }
      nodes { id type occurredAt recordedAt dueOn late corrects reporter { name nameEn } counterparty { name nameEn } province { name nameEn } }
    }
    healthRecords(first: 200) { nodes { occurredAt stateOfHealth } }
    findings(first: 50) { nodes { rule severity state message messageZh evidence } }
  }
}`

export async function draw(code, place) {
  const words = locale.words
  place.replaceChildren(h('p', { class: 'waiting' }, h('span', { class: 'silent' }, words.loading)))
  try {
    const answer = await ask(QUERY, { code })
    const pack = answer.data.battery
    place.replaceChildren(...(pack ? [...facts(pack), ...life(pack), withheld(answer.redactions)].filter(Boolean) : [h('p', { class: 'nothing' }, words.noPack)]))
  } catch (problem) {
    place.replaceChildren(failure(problem, () => draw(code, place)))
  }
}

function facts(pack) {
  const words = locale.words
  const rows = [
    [words.maker, pack.manufacturer && named(pack.manufacturer)],
    [words.model, pack.model?.name],
    [words.chemistry, pack.chemistry],
    [words.energy, `${number(pack.nominalEnergyKwh, 1)} kWh`],
    [words.mass, `${number(pack.massKg, 1)} kg`],
    [words.producedOn, pack.producedOn],
    [words.health, pack.stateOfHealth !== null && `${number(pack.stateOfHealth, 1)} %`],
    [words.safetyClass, pack.safetyClass && word('safety', pack.safetyClass)],
    [words.recall, pack.recalled && words.underRecall],
    [words.holder, pack.custodian && named(pack.custodian)],
    [words.place, pack.province && named(pack.province)],
  ]
  return [
    h('p', { class: 'now' }, statusOf(pack.status)),
    h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    health(pack.healthRecords?.nodes ?? []),
  ]
}

function health(records) {
  const known = records.filter((each) => each?.stateOfHealth !== null && each !== null)
  if (known.length < 2) return null
  const [wide, high] = [480, 72]
  const times = known.map((each) => Date.parse(each.occurredAt))
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const values = known.map((each) => each.stateOfHealth)
  const low = Math.min(...values, 80) - 2
  const points = known.map((each, at) => [4 + ((times[at] - from) / (to - from || 1)) * (wide - 8), 6 + ((100 - each.stateOfHealth) / (100 - low)) * (high - 12)])
  const limit = 6 + (20 / (100 - low)) * (high - 12)
  const label = told(locale.words.healthOver, { count: known.length, from: day(known[0].occurredAt), to: day(known[known.length - 1].occurredAt), first: values[0], last: values[values.length - 1] })
  return h(
    'figure',
    { class: 'health' },
    h(
      'div',
      { class: 'course' },
      svg(
        'svg',
        { viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': label },
        svg('line', { class: 'limit', x1: 0, x2: wide, y1: limit, y2: limit }),
        svg('polyline', { points: points.map((each) => each.join(',')).join(' ') }),
        points.map(([x, y]) => svg('circle', { cx: x, cy: y, r: 3 })),
      ),
      h('span', { class: 'limit-label quiet', 'aria-hidden': 'true', vars: { top: `${(limit / high) * 100}%` } }, '80 %'),
    ),
    h('figcaption', { class: 'quiet' }, label),
  )
}

function life(pack) {
  const words = locale.words
  const events = (pack.events?.nodes ?? []).filter(Boolean)
  if (events.length === 0) return [h('h3', {}, words.life), h('p', { class: 'nothing' }, words.noEvents)]
  const found = (pack.findings?.nodes ?? []).filter(Boolean)
  const rest = found.filter((each) => !events.some((event) => each.evidence?.includes(event.id)))
  return [
    h('h3', {}, words.life),
    pack.events.pageInfo.hasPreviousPage && h('p', { class: 'quiet' }, told(words.moreEvents, { count: events.length })),
    h('ol', { class: 'life' }, stagesOf(events, pack.status).map((stage, at) => moment(events[at], stage, found.filter((each) => each.evidence?.includes(events[at].id))))),
    ...rest.map(flag),
  ].filter(Boolean)
}

const AFTER = { PRODUCED: 'CODED', IMPORTED: 'CODED', SOLD: 'SOLD', INSTALLED: 'INSTALLED', POOLED: 'SWAP_POOL', SWAP_OUT: 'SWAP_POOL', RETIRED: 'RETIRED', PACK_DETACHED: 'RETIRED', VEHICLE_SCRAPPED: 'IN_SCRAP_VEHICLE',
  REPLACED: 'IN_SERVICE', HANDED_OVER: 'IN_TRANSIT', REJECTED: 'RETIRED', RECEIVED: 'STORED', GRADED: 'GRADED', DISMANTLED: 'DISMANTLED', REPROCESSED: 'REPROCESSED', RECYCLED: 'RECYCLED', DISPOSED: 'DISPOSED',
  EXPORTED: 'EXPORTED', REPORTED_MISSING: 'MISSING', CODE_FILED: 'CODED' }

// What can come next where the battery came with its scrapped vehicle, and where it stands as long as nothing did.
const FROM_VEHICLE = ['PACK_DETACHED', 'DISPOSED', 'REPORTED_MISSING']
const CAME = ['IN_SCRAP_VEHICLE', 'DISPOSED', 'MISSING']

// Where the battery stood after each event. A vehicle that was scrapped without it leaves it where it was.
export function stagesOf(events, status) {
  let stands = 'IN_SERVICE'
  return events.map((event, at) => {
    const next = events.slice(at + 1).find((each) => each.type !== 'VEHICLE_SCRAPPED' && each.type in AFTER)
    const stayed = event.type === 'VEHICLE_SCRAPPED' && !(next ? FROM_VEHICLE.includes(next.type) : CAME.includes(status))
    stands = stayed ? stands : AFTER[event.type] ?? 'IN_SERVICE'
    return stageOf(stands)
  })
}

// The arrow goes the way of the battery: these are reported by whom it came to.
const RECEIVER_REPORTS = ['RECEIVED', 'REJECTED']

function moment(event, stage, found) {
  const words = locale.words
  const two = [event.reporter && named(event.reporter), event.counterparty && named(event.counterparty)]
  const who = (RECEIVER_REPORTS.includes(event.type) ? two.reverse() : two).filter(Boolean).join(' → ')
  return h(
    'li',
    { class: `moment stage-${stage}` },
    h('time', { datetime: event.occurredAt }, day(event.occurredAt)),
    h(
      'div',
      {},
      h('strong', {}, words.events[event.type] ?? event.type),
      event.late && h('span', { class: 'late' }, told(words.late, { day: event.dueOn ?? '–' })),
      event.corrects && h('span', { class: 'quiet' }, words.corrected),
      (who || event.province) && h('p', { class: 'quiet' }, [who, event.province && named(event.province)].filter(Boolean).join(' · ')),
      found.map(flag),
    ),
  )
}

const flag = (each) =>
  h('p', { class: `flag ${each.severity.toLowerCase()}` }, h('span', { class: 'rule' }, each.rule.split('_')[0]), h('strong', {}, locale.words.rules[each.rule] ?? each.rule), ' ', message(each, 'span'))

function withheld(redactions) {
  if (redactions.length === 0) return null
  const words = locale.words
  const names = [...new Set(redactions.map((each) => each.policyId.split(':')[0]))].map((each) => words.categories[each] ?? each)
  return h('p', { class: 'withheld quiet' }, told(words.withheldHere, { list: names.join(words.listed) }))
}
