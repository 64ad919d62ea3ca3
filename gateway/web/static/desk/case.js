// One case: where it stands, what it rests on, what happened to it, and what who asks can do next.
import { drafted, form } from './act.js'
import { h } from './dom.js'
import { FINDING, findings } from './findings.js'
import { day, locale, named, told, word } from './language.js'
import { failure } from './panel.js'
import { ask, may, roles, session } from './session.js'
import { provinceName } from './tiles.js'

const SHOWN = 100
const QUERY = `query Case($id: ID!) {
  case(id: $id) {
    id title state party { uscc name nameEn } authority province provinces owners openedAt changedAt dueOn
    findings { ${FINDING} }
    events(last: ${SHOWN}) { totalCount nodes { number kind recordedAt author { name nameEn } role text state dueOn toAuthority toProvince documents { kind reference sha256 } evidence evidenceCodes } }
  }
}`
const NEXT = { OPEN: ['EXPLAINED', 'CONFIRMED', 'CLOSED'], EXPLAINED: ['CONFIRMED', 'CLOSED', 'OPEN'], CONFIRMED: ['CLOSED', 'OPEN'], CLOSED: ['OPEN'] }

// What has to be drawn anew when something happened to a case, by name: each list says so of itself, as it stands.
export const redrawn = new Map()

export const changed = () => redrawn.forEach((draw) => draw())

export const authorityOf = (authority, province) => (province ? `${word('partyRoles', authority)}, ${provinceName(province)}` : word('partyRoles', authority))

export const draw = (id, place, title) => drawn(id, place, title, null)

async function drawn(id, place, title, recorded) {
  const words = locale.words
  place.replaceChildren(h('p', { class: 'waiting' }, h('span', { class: 'silent' }, words.loading)))
  try {
    const found = (await ask(QUERY, { id })).data.case
    if (!found) {
      title.replaceChildren(words.oneCase)
      return place.replaceChildren(h('p', { class: 'nothing' }, words.noCase))
    }
    title.replaceChildren(found.title)
    const again = (act) => {
      drawn(id, place, title, words.acts[act].done)
      title.focus()
      changed()
    }
    place.replaceChildren(h('p', { class: 'recorded', role: 'status' }, recorded ?? ''), ...facts(found), h('h3', {}, words.caseFindings), findings((found.findings ?? []).filter(Boolean)),
      h('h3', {}, words.caseLife), ...life(found.events), ...acts(found, again))
  } catch (problem) {
    if (recorded === null) title.replaceChildren(words.oneCase)
    place.replaceChildren(failure(problem, () => drawn(id, place, title, recorded)))
  }
}

function facts(found) {
  const words = locale.words
  const rows = [[words.party, found.party && named(found.party)], [words.liesWith, authorityOf(found.authority, found.province)], [words.openedOn, day(found.openedAt)], [words.answerBy, found.dueOn]]
  return [
    h('p', { class: 'now', 'data-state': found.state }, word('states', found.state)),
    h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
  ]
}

function life(events) {
  const nodes = (events?.nodes ?? []).filter(Boolean)
  return [events.totalCount > nodes.length && h('p', { class: 'quiet' }, told(locale.words.moreEvents, { count: nodes.length })), h('ol', { class: 'life' }, nodes.map(moment))].filter(Boolean)
}

function moment(event) {
  const words = locale.words
  const to = event.toAuthority && event.kind === 'HANDED_OVER' && told(words.to, { name: authorityOf(event.toAuthority, event.toProvince) })
  const by = [event.author && named(event.author), event.role && word('partyRoles', event.role)].filter(Boolean).join(' · ')
  return h(
    'li',
    { class: `moment case-${event.kind.toLowerCase()}`, 'data-kind': event.kind },
    h('time', { datetime: event.recordedAt }, day(event.recordedAt)),
    h('div', {}, h('strong', {}, [word('caseEvents', event.kind), event.kind === 'DECIDED' && word('states', event.state), to].filter(Boolean).join(words.colon)),
      event.dueOn && h('span', { class: 'by' }, told(words.byDay, { day: event.dueOn })), h('p', { class: 'quiet' }, by), event.text && h('p', { class: 'said' }, event.text), ...rests(event)),
  )
}

// What an answer rests on: documents with their digests, events with the code of the battery.
function rests(event) {
  const documents = (event.documents ?? []).map((each) => h('li', {}, `${each.kind} ${each.reference} `, h('code', {}, each.sha256)))
  const events = (event.evidence ?? []).map((id, at) => h('li', {}, h('code', {}, event.evidenceCodes?.[at] ?? ''), ' ', h('code', {}, id)))
  return documents.length + events.length > 0 ? [h('ul', { class: 'evidence', 'aria-label': locale.words.restsOn }, documents, events)] : []
}

function answerFields() {
  const words = locale.words
  const more = Object.entries(words.evidenceFields).map(([name, label]) => ({ name, label, kind: 'line', needed: false }))
  return [{ name: 'text', label: words.answer, kind: 'text' }, ...more]
}

// A part that is named is sent with the others of its kind, which the graph asks for.
function answerOf({ text, kind, reference, sha256, code, id }) {
  const documents = kind || reference || sha256 ? [{ kind: kind ?? '', reference: reference ?? '', sha256: sha256 ?? '' }] : []
  const events = code || id ? [{ code: code ?? '', id: id ?? '' }] : []
  return { text, ...(documents.length && { documents }), ...(events.length && { events }) }
}

const mine = (found) =>
  roles().includes(found.authority) && may(`report:${found.authority}`) && (found.authority !== 'PR' || (session.claims.jurisdiction ?? []).includes(found.province))

const isParty = (found) => found.party?.uscc === session.claims.party && roles().some((each) => may(`report:${each}`))

function acts(found, again) {
  const words = locale.words
  const open = found.state !== 'CLOSED'
  const reason = { name: 'reason', label: words.reason, kind: 'text' }
  const known = [
    isParty(found) && open && ['answerInCase', answerFields(), answerOf],
    mine(found) && open && ['askInCase', [{ name: 'text', label: words.question, kind: 'text' }, { name: 'dueOn', label: words.answerBy, kind: 'day', needed: false }]],
    mine(found) && ['decideCase', [{ name: 'state', label: words.decision, kind: 'choice', options: NEXT[found.state].map((each) => [each, word('states', each)]) }, reason]],
    mine(found) && open && ['handOverCase', [{ name: 'to', label: words.handTo, kind: 'choice', options: receivers(found) }, reason], ({ to, ...rest }) => ({ ...handed(to), ...rest })],
  ].filter(Boolean)
  if (known.length === 0) return []
  const section = ([act, fields, inputOf = (values) => values], at) =>
    h('details', { class: 'doing', open: at === 0 || drafted(act, found.id) }, h('summary', {}, words.acts[act].name),
      form({ act, about: found.id, fields, label: words.acts[act].label, inputOf: (values) => ({ case: found.id, ...inputOf(values) }), done: () => again(act) }))
  return [h('h3', {}, words.next_), ...known.map(section)]
}

// To whom the graph lets it go: owners of its findings' rules, the ministry, provinces that it lies in; not to who has it.
function receivers(found) {
  const kinds = [...new Set([...(found.owners ?? []).filter((each) => ['ME', 'SA'].includes(each)), 'MI'])].map((each) => [each, null])
  const all = [...kinds, ...(found.provinces ?? []).map((each) => ['PR', each])]
  return all.filter(([authority, province]) => authority !== found.authority || province !== found.province).map(([authority, province]) => [province ? `${authority}:${province}` : authority, authorityOf(authority, province)])
}

function handed(to) {
  const [authority, province] = to.split(':')
  return province ? { authority, province } : { authority }
}
