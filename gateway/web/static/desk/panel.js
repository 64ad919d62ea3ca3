// A part of a page that is asked for by itself: it is waiting, filled, empty, closed to this token, or it failed and can be asked again.
import { fresh, h } from './dom.js'
import { locale } from './language.js'

export function panel(title, { hint = null, area = null, level = 'h2' } = {}) {
  const id = fresh('panel')
  const count = h('span', { class: 'count', hidden: true })
  const body = h('div', { class: 'body' })
  const element = h(
    'section',
    { class: 'panel', 'aria-labelledby': id, vars: area ? { 'grid-area': area } : null },
    h('div', { class: 'head' }, h(level, { id }, title, ' ', count), hint && h('p', { class: 'quiet' }, hint)),
    body,
  )
  const show = (...content) => body.replaceChildren(...content.flat(Infinity).filter(Boolean))
  const made = {
    element,
    body,
    show,
    tally(value, bad = false) {
      count.textContent = value
      count.hidden = value === null
      count.classList.toggle('bad', bad)
    },
    wait(keep = false) {
      body.setAttribute('aria-busy', 'true')
      if (!keep) show(h('p', { class: 'waiting' }, h('span', { class: 'silent' }, locale.words.loading)))
    },
    ready() {
      body.removeAttribute('aria-busy')
    },
    nothing(sentence) {
      show(h('p', { class: 'nothing' }, sentence))
    },
  }
  return made
}

export function failure(problem, again) {
  const words = locale.words
  return h(
    'div',
    { class: 'failure', role: 'alert' },
    h('p', {}, h('strong', {}, words.failed), ' ', words.problems[problem.code] ?? problem.message, ' ', h('code', {}, problem.code ?? '')),
    h('button', { type: 'button', onclick: again }, words.again),
  )
}

// Ask once for several panels, and fill them; where there is no answer each says so, and one button asks again.
// With `keep` what they show stays until the answer is there, and a link that has the focus keeps it.
export async function fill(panels, question, draw, keep = false) {
  panels.forEach((each) => each.wait(keep))
  try {
    const answer = await question()
    panels.forEach((each) => each.ready())
    const held = keep && panels.some((each) => each.body.contains(document.activeElement)) ? document.activeElement.getAttribute('href') : null
    draw(answer)
    if (held) panels.map((each) => each.body.querySelector(`a[href="${CSS.escape(held)}"]`)).find(Boolean)?.focus()
  } catch (problem) {
    console.error(problem)
    panels.forEach((each) => {
      each.ready()
      each.show(failure(problem, () => fill(panels, question, draw)))
    })
  }
}
