// Sites without a licence that somebody saw, as they were reported to this authority.
import { h } from './dom.js'
import { day, locale, named, number, told, word } from './language.js'
import { fill } from './panel.js'
import { ask } from './session.js'

const PAGE = 20
const LIST = `query Sites($after: String) {
  notices(first: ${PAGE}, after: $after, types: [UNLICENSED_SITE_SEEN]) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id occurredAt place activity circumstances operatorName operatorCode reporter { name nameEn } region { name nameEn } operator { name nameEn } }
  }
}`

export function listed(place, after = null) {
  const words = locale.words
  fill([place], () => ask(LIST, { after }), ({ data }) => {
    const nodes = (data.notices?.nodes ?? []).filter(Boolean)
    place.tally(data.notices ? number(data.notices.totalCount) : null)
    if (nodes.length === 0) return place.nothing(words.noSites)
    const info = data.notices.pageInfo
    place.show(
      h('ul', { class: 'duties sites' }, nodes.map(line)),
      (after || info.hasNextPage) && h('div', { class: 'turning' },
        h('button', { type: 'button', disabled: !after, onclick: () => listed(place) }, words.fromTheFirst),
        h('button', { type: 'button', disabled: !info.hasNextPage, onclick: () => listed(place, info.endCursor) }, words.next)),
    )
  })
}

function line(each) {
  const words = locale.words
  // Who runs such a site often is not registered: then its name and code stand as they were told.
  const operator = each.operator ? named(each.operator) : [each.operatorName, each.operatorCode].filter(Boolean).join(' ')
  return h(
    'li',
    { class: 'duty site' },
    h('span', { class: 'when' }, h('time', { datetime: each.occurredAt }, day(each.occurredAt))),
    h('div', {}, h('p', { class: 'what' }, h('strong', {}, each.place), h('span', { class: 'standing' }, word('activities', each.activity))),
      h('p', {}, each.circumstances),
      h('p', { class: 'quiet' }, [each.region && named(each.region), told(words.seenBy, { name: named(each.reporter) }), operator && told(words.runBy, { name: operator })].filter(Boolean).join(' · '))),
  )
}
