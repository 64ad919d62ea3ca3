// The language and the light of the pages, kept from visit to visit; nothing else is.
import { CASES } from './words_cases.js'
import { FLEET } from './words_fleet.js'
import { FRAME } from './words_frame.js'
import { LIFE } from './words_life.js'
import { PUBLISHED } from './words_published.js'
import { REGULATOR } from './words_regulator.js'

const LANGUAGE = 'cellgate.language'
const LIGHT = 'cellgate.light'

export const locale = { language: first(), words: null }
locale.words = wordsOf(locale.language)

function first() {
  const kept = window.localStorage.getItem(LANGUAGE)
  if (kept === 'en' || kept === 'zh') return kept
  return navigator.languages.some((each) => each.toLowerCase().startsWith('zh')) ? 'zh' : 'en'
}

function wordsOf(language) {
  return { ...FRAME[language], ...FLEET[language], ...REGULATOR[language], ...LIFE[language], ...CASES[language], ...PUBLISHED[language] }
}

export function speak(language) {
  window.localStorage.setItem(LANGUAGE, language)
  locale.language = language
  locale.words = wordsOf(language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export const light = () => window.localStorage.getItem(LIGHT) ?? 'auto'

export function shine(chosen) {
  window.localStorage.setItem(LIGHT, chosen)
  if (chosen === 'auto') delete document.documentElement.dataset.light
  else document.documentElement.dataset.light = chosen
}

const tag = () => (locale.language === 'zh' ? 'zh-CN' : 'en-GB')

// Making a format costs a hundred times what using it does, and a page has hundreds of numbers: each is made once.
const formats = new Map()
function format(Kind, language, options) {
  const key = `${Kind.name} ${language} ${JSON.stringify(options)}`
  if (!formats.has(key)) formats.set(key, new Kind(language, options))
  return formats.get(key)
}

const written = (value, options) => (value === null || value === undefined ? '–' : format(Intl.NumberFormat, tag(), options).format(value))

export const number = (value, digits = 0) => written(value, { maximumFractionDigits: digits })

// Numbers below each other have as many digits after the point.
export const fixed = (value, digits) => written(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })

export const percent = (value, digits = 1) => written(value, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits })

// Days are written as the law writes them, and moments in the law's own time zone.
export const day = (value) => (value ? format(Intl.DateTimeFormat, 'sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(new Date(value)) : '–')

// The browser reads its tables of languages when the first format is made: that is done while an answer is waited for.
export function warm() {
  number(0)
  percent(0)
  day('2000-01-01')
}

export const month = (value) => (value ? value.slice(0, 7) : '–')

// Of what has a name in both languages: the reader's, else the other.
export const named = (thing) => (thing ? (locale.language === 'zh' ? (thing.name ?? thing.nameEn) : (thing.nameEn ?? thing.name)) : null) ?? '–'

// A key's word; a key that is too new for these pages stands for itself.
export const word = (group, key) => locale.words[group]?.[key] ?? key ?? '–'

export const told = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])
