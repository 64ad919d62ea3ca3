// Findings that were chosen for one case, all about one enterprise: kept in the memory of the page, over the pages of the list, for who asks.
import { form } from './act.js'
import { h } from './dom.js'
import { locale, named, number, told } from './language.js'
import { session } from './session.js'

const chosen = new Map()
let chooser = null

// What one party chose is not there for the next.
function choices() {
  if (chooser !== session.claims.party) {
    chooser = session.claims.party
    chosen.clear()
  }
  return chosen
}

const about = () => choices().values().next().value?.party ?? null

// The box of a finding that may be chosen; `changed` is called when it was.
export function box(finding, changed) {
  const input = h('input', { type: 'checkbox', name: 'chosen', value: finding.id, 'data-party': finding.party.uscc, onchange: () => {
    input.checked ? choices().set(finding.id, finding) : choices().delete(finding.id)
    changed()
  } })
  input.checked = choices().has(finding.id)
  return h('label', { class: 'choose' }, input, locale.words.choose)
}

// What was chosen, and the way to open one case on it. `list` holds the boxes: those about another enterprise wait.
export function bar(list, done) {
  const words = locale.words
  const said = h('p', { role: 'status' })
  const summary = h('summary', {}, words.acts.openCase.name)
  const fields = [{ name: 'title', label: words.caseTitle, kind: 'line' }, { name: 'text', label: words.caseText, kind: 'text', needed: false }]
  const opening = form({ act: 'openCase', about: 'chosen', fields, label: words.acts.openCase.label, inputOf: (values) => ({ findings: [...choices().keys()], title: '', ...values }), done: (report) => {
    choices().clear()
    done(report)
  } })
  const none = h('button', { type: 'button', class: 'plain', onclick: () => {
    choices().clear()
    show()
    list.querySelector('[name=chosen]')?.focus()
  } }, words.chooseNone)
  const place = h('section', { class: 'chosen', 'aria-label': words.chosen }, h('div', { class: 'about' }, said, none), h('details', { class: 'doing' }, summary, opening))
  const show = () => {
    const party = about()
    place.hidden = party === null
    said.textContent = party === null ? '' : told(words.chosenAbout, { count: number(choices().size), name: named(party) })
    for (const input of list.querySelectorAll('[name=chosen]')) {
      input.checked = choices().has(input.value)
      input.disabled = party !== null && input.dataset.party !== party.uscc
    }
  }
  return { place, show }
}
