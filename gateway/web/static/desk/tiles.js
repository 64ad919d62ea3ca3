// Provinces as tiles, about where they lie: the fuller a tile, the more of what is counted. A tile narrows the whole page to its province.
import { h } from './dom.js'
import { locale, number, told } from './language.js'
import { PROVINCES } from './provinces.js'

export const provinceName = (digits) => PROVINCES[digits]?.[locale.language === 'zh' ? 3 : 5] ?? digits

// `values`: two digits to a number; `chosen`: two digits or null.
export function tiles(values, unit, chosen, choose) {
  const words = locale.words
  const most = Math.max(1, ...Object.values(values))
  return h(
    'ul',
    { class: 'tiles', 'aria-label': words.provinces },
    Object.entries(PROVINCES).sort(([, a], [, b]) => a[1] - b[1] || a[0] - b[0]).map(([digits, [column, row, zh, , en]]) => {
      const value = values[digits]
      const label = told(words.tile, { name: provinceName(digits), value: value === undefined ? '–' : number(value), unit })
      return h(
        'li',
        { vars: { '--column': column + 1, '--row': row + 1, '--share': `${Math.round(Math.sqrt((value ?? 0) / most) * 38)}%` } },
        h('button', { type: 'button', class: 'tile', 'aria-pressed': String(chosen === digits), 'aria-label': label, title: label, disabled: value === undefined && chosen !== digits, onclick: () => choose(chosen === digits ? null : digits) },
          h('span', {}, locale.language === 'zh' ? zh : en), h('strong', {}, value === undefined ? '' : number(value))),
      )
    }),
  )
}
