// Findings as a list: how grave, which rule, what was found, on which pack, whose business it is.
import { packLink } from './code.js'
import { h } from './dom.js'
import { day, locale, named, word } from './language.js'

export const FINDING = `id rule severity state message messageZh battery { code } party { uscc name nameEn } owners provinces evidence firstSeen recordedAt`

// What was found, in the reader's language; what is too old or too new for a text of it, as the graph has it.
export const message = (each, tag = 'p') => {
  const chinese = locale.language === 'zh' && each.messageZh
  return h(tag, { class: 'message', lang: chinese ? 'zh-CN' : 'en' }, chinese || each.message)
}

export const findings = (nodes, more = () => null) =>
  h('ul', { class: 'findings' }, nodes.map((each) => h('li', { class: `finding ${each.severity.toLowerCase()}` }, ...parts(each), ...[more(each)].flat().filter(Boolean))))

function parts(each) {
  const words = locale.words
  return [
    h('p', { class: 'what' }, h('span', { class: 'rule' }, each.rule.split('_')[0]), h('strong', {}, words.rules[each.rule] ?? each.rule), h('span', { class: 'severity' }, word('severities', each.severity))),
    message(each),
    h('p', { class: 'about quiet' }, each.battery && packLink(each.battery.code), each.party && h('span', {}, named(each.party)), h('time', { datetime: each.recordedAt }, day(each.recordedAt)), h('span', {}, word('states', each.state))),
  ]
}
