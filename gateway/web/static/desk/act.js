// A form that does something in the graph. What was written stays until it is recorded: when it is refused, when the sheet closes, when another language is chosen.
import { fresh, h } from './dom.js'
import { locale, word } from './language.js'
import { ask, session } from './session.js'

// In the memory of the page, by who asks: what one party wrote is not shown to the next.
const drafts = new Map()

const keyOf = (act, about) => `${session.claims.party} ${act} ${about}`

export const drafted = (act, about) => drafts.has(keyOf(act, about))

// The same words sent again, after an answer that was lost, bear the same reference, so that they are recorded once.
function referenceOf(draft, input) {
  const said = JSON.stringify(input)
  if (draft.said !== said) {
    draft.said = said
    draft.reference = `desk-${[...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, '0')).join('')}`
  }
  return draft.reference
}

// `fields`: {name, label, kind: line, text, day or choice, value, options, needed}; `inputOf` makes the input of their values; `done` gets the report.
export function form({ act, about, fields, label, inputOf = (values) => values, done }) {
  const key = keyOf(act, about)
  const said = h('div', { id: fresh('said'), role: 'alert' })
  const kept = drafts.get(key)?.values ?? {}
  const made = fields.map((each) => control(each, kept[each.name] ?? each.value ?? '', said.id))
  const values = () => Object.fromEntries(made.map(({ name, input }) => [name, input.value]).filter(([, value]) => value !== ''))
  const keep = () => {
    const draft = drafts.get(key) ?? {}
    draft.values = Object.fromEntries(made.map(({ name, input }) => [name, input.value]))
    drafts.set(key, draft)
    return draft
  }
  const button = h('button', { type: 'submit', class: 'main' }, label)
  const send = async (event) => {
    event.preventDefault()
    if (button.getAttribute('aria-disabled')) return
    const draft = keep()
    const input = inputOf(values())
    button.setAttribute('aria-disabled', 'true')
    told(said, made, null)
    try {
      const report = await record(act, { ...input, clientReference: referenceOf(draft, input) })
      if (!['RECORDED', 'REPLAYED'].includes(report.outcome)) return told(said, made, { code: report.rule, message: report.message })
      drafts.delete(key)
      done(report)
    } catch (problem) {
      told(said, made, problem)
    } finally {
      button.removeAttribute('aria-disabled')
    }
  }
  return h('form', { class: 'act', oninput: keep, onsubmit: send }, made.map((each) => each.element), button, said)
}

function control({ name, label, kind, options = [], needed = true }, value, told_) {
  const id = fresh('field')
  const common = { id, name, required: needed, 'aria-describedby': told_ }
  const input =
    kind === 'text' ? h('textarea', { ...common, rows: 3 }) :
    kind === 'choice' ? h('select', common, options.map(([key, text]) => h('option', { value: key }, text))) :
    h('input', { ...common, type: kind === 'day' ? 'date' : 'text', autocomplete: 'off' })
  if (value !== '') input.value = value
  return { name, input, element: h('div', { class: 'field' }, h('label', { for: id }, needed ? label : [label, ' ', h('span', { class: 'quiet' }, locale.words.optional)]), input) }
}

async function record(act, input) {
  const type = `${act[0].toUpperCase()}${act.slice(1)}Input`
  const { data } = await ask(`mutation Act($input: ${type}!) { told: ${act}(input: $input) { outcome rule message case { id } } }`, { input })
  return data.told ?? { outcome: 'REFUSED', rule: 'UNAUTHORIZED_FIELD_OR_TYPE', message: locale.words.closed }
}

// Why not: in the reader's words, and as the graph said it. A message of the graph begins with the field that it is about, where there is one.
function told(said, made, problem) {
  const words = locale.words
  const at = problem?.message?.split(':')[0]
  for (const { name, input } of made) name === at ? input.setAttribute('aria-invalid', 'true') : input.removeAttribute('aria-invalid')
  said.replaceChildren(...(problem ? [h('p', { class: 'refused' }, h('strong', {}, words.problems[problem.code] ?? word('refusals', problem.code)), ' ', h('code', {}, problem.code), ' ', h('span', { lang: 'en' }, problem.message))] : []))
}
