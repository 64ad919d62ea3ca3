// The frame that the pages share: where one is, who asks, in which language and light; and the place for the page itself.
import { draw as drawCase, redrawn } from './case.js'
import { codeOf } from './code.js'
import { h } from './dom.js'
import { light, locale, shine, speak, told, warm } from './language.js'
import { draw as drawPack } from './pack.js'
import { AUTHORITIES, claimsOf, demoParties, demoToken, isDemo, roles, session, take } from './session.js'
import { sheet } from './sheet.js'

const LIGHTS = ['auto', 'light', 'dark']
const state = { parties: [], page: null, choosing: false, problem: null }

const hash = () => new URLSearchParams(window.location.hash.slice(1))

function rehash(changes) {
  const next = hash()
  for (const [name, value] of Object.entries(changes)) value === null ? next.delete(name) : next.set(name, value)
  const fragment = next.size ? `#${next}` : ''
  if (fragment !== window.location.hash) history.replaceState(null, '', fragment || window.location.pathname)
}

export async function frame(page) {
  state.page = page
  speak(locale.language)
  shine(light())
  // Both are asked for at once; of a party that there is not, the token's refusal says no more than the list does.
  const wanted = hash().get('as')
  const token = wanted && isDemo() ? demoToken(wanted) : null
  token?.catch(() => null)
  const parties = demoParties().catch(() => [])
  warm()
  state.parties = await parties
  if (token && state.parties.some((each) => each.id === wanted)) await choose(wanted, token, false)
  else redraw()
  window.addEventListener('hashchange', opened)
}

async function choose(party, token = demoToken(party), focus = true) {
  try {
    take(await token, party)
    rehash({ as: party })
    state.problem = null
    state.choosing = false
  } catch {
    state.problem = 'demoFailed'
  }
  redraw(focus)
}

function paste(text) {
  if (claimsOf(text) === null) {
    state.problem = 'notAToken'
    state.choosing = true
  } else {
    take(text, null)
    rehash({ as: null })
    state.problem = null
    state.choosing = false
  }
  redraw(true)
}

let sheets = []

function redraw(focus = false) {
  const words = locale.words
  document.title = `${words[state.page.title]} · Cellgate`
  redrawn.clear()
  const main = h('main', { id: 'main', tabindex: '-1' })
  sheets = [sheet('case', () => words.loading, drawCase), sheet('pack', codeOf, drawPack)]
  for (const each of sheets) each.dialog.addEventListener('close', () => rehash({ [each.name]: null }))
  document.body.replaceChildren(h('a', { class: 'skip', href: '#main', onclick: (event) => (event.preventDefault(), main.focus()) }, words.skip), header(), main, ...sheets.map((each) => each.dialog))
  if (session.token === null || state.choosing) main.append(asking())
  else {
    main.append(h('div', { class: 'identity', role: 'status' }, ...identity()))
    state.page.draw(main)
    opened()
  }
  if (focus) main.focus()
}

function opened() {
  if (session.token === null || state.choosing) return
  if (session.party && !hash().has('as')) rehash({ as: session.party })
  for (const each of sheets) {
    const key = hash().get(each.name)
    if (key) each.open(key)
  }
}

function header() {
  const words = locale.words
  const as = session.party ? `#as=${session.party}` : ''
  const pages = [['/fleet', words.fleet], ['/regulator', words.regulator], ['/', words.explorer], ['/b', words.label]]
  return h(
    'header',
    { class: 'bar' },
    h('a', { class: 'mark', href: '/' }, h('img', { src: '/explorer/icon.svg', alt: '', width: 22, height: 22 }), 'Cellgate'),
    h(
      'nav',
      { 'aria-label': words.pages },
      pages.map(([path, name]) => h('a', { href: path + (path.length > 2 ? as : ''), 'aria-current': path === window.location.pathname ? 'page' : null }, name)),
    ),
    h('div', { class: 'switches' }, lightButton(), h('button', { type: 'button', class: 'plain', 'aria-label': words.languageLabel, lang: locale.language === 'en' ? 'zh-CN' : 'en', onclick: turn }, words.language)),
  )
}

function turn() {
  speak(locale.language === 'en' ? 'zh' : 'en')
  redraw()
  document.querySelector('.switches button:last-child').focus()
}

function lightButton() {
  const button = h('button', { type: 'button', class: 'light', 'aria-label': locale.words.lights[light()], title: locale.words.lights[light()], onclick: () => {
    const next = LIGHTS[(LIGHTS.indexOf(light()) + 1) % LIGHTS.length]
    shine(next)
    button.dataset.now = next
    button.setAttribute('aria-label', locale.words.lights[next])
    button.title = locale.words.lights[next]
  } })
  button.dataset.now = light()
  return button
}

// A party of the demonstration by its name in the reader's language.
const nameOf = (party) => party && ((locale.language === 'zh' && party.nameZh) || party.name)

// Both languages write it alike; the browser's own format of times takes thirty milliseconds to make.
const clock = (moment) => [moment.getHours(), moment.getMinutes()].map((each) => String(each).padStart(2, '0')).join(':')

function identity() {
  const words = locale.words
  const claims = session.claims
  const known = state.parties.find((each) => each.id === session.party)
  const until = clock(new Date(claims.exp * 1000))
  return [
    h('h1', {}, words[state.page.title]),
    h(
      'p',
      {},
      h('strong', { id: 'party' }, nameOf(known) ?? claims.client_id ?? ''),
      h('span', {}, roles().map((each) => words.partyRoles[each] ?? each).join(', ')),
      h('code', { translate: 'no' }, claims.party),
      h('span', {}, told(words.until, { time: until })),
      h('button', { type: 'button', class: 'plain', onclick: () => ((state.choosing = true), redraw(true)) }, words.change),
    ),
  ]
}

function asking() {
  const words = locale.words
  const field = h('input', { id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'token-hint', 'aria-invalid': state.problem === 'notAToken' ? 'true' : null })
  const submit = (event) => {
    event.preventDefault()
    if (field.value.trim() !== '') paste(field.value.trim())
  }
  const firms = state.parties.filter((each) => !AUTHORITIES.includes(each.id))
  const authorities = state.parties.filter((each) => AUTHORITIES.includes(each.id))
  return h(
    'div',
    { class: 'asking' },
    h('h1', {}, words.who),
    h('p', { class: 'quiet' }, words.whoHint),
    state.problem && h('p', { class: 'failure', role: 'alert' }, words[state.problem]),
    [[words.firms, firms], [words.authorities, authorities]].filter(([, found]) => found.length > 0).map(([title, found]) => group(title, found)),
    h(
      'form',
      { onsubmit: submit },
      h('label', { for: 'token' }, words.token),
      h('div', { class: 'entry' }, field, h('button', { type: 'submit', class: 'main' }, words.use)),
      h('p', { class: 'quiet', id: 'token-hint' }, words.tokenHint),
    ),
  )
}

function group(title, found) {
  const words = locale.words
  return h(
    'section',
    { class: 'parties', 'aria-label': title },
    h('h2', {}, title),
    h('div', {}, found.map((each) => h('button', { type: 'button', class: 'party', onclick: () => choose(each.id) }, h('strong', {}, words.partyNames[each.id] ?? each.id), h('span', {}, nameOf(each))))),
  )
}
