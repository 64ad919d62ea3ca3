// A battery code with its parts set apart, as GB/T 34014-2017 means them: maker, kind, chemistry, specification, trace code, day, serial.
// The gaps are drawn, not written: what is copied is the bare code.
import { h } from './dom.js'

const LONG = [3, 1, 1, 2, 7, 3, 7]
const SHORT = [3, 1, 1, 2, 3, 7, 2]

export function parts(code) {
  const found = []
  let at = 0
  for (const length of code.length === 24 ? LONG : SHORT) found.push(code.slice(at, (at += length)))
  return found
}

export const codeOf = (code) => h('code', { class: 'code', translate: 'no' }, parts(code).map((each, place) => h('span', { class: place >= 5 ? 'serial' : null }, each)))

export const packLink = (code) => h('a', { class: 'pack-link', href: `#pack=${encodeURIComponent(code)}` }, codeOf(code))
