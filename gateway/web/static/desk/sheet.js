// A sheet over the page: its address is #NAME=KEY, so that it can be passed on; Escape and its button close it.
import { h } from './dom.js'
import { locale } from './language.js'

// `head` makes the title of the key; `draw` fills the place, and may put another title.
export function sheet(name, head, draw) {
  const id = `${name}-title`
  const place = h('div', { class: 'content' })
  const title = h('h2', { id, tabindex: '-1' })
  const closing = h('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, locale.words.close)
  const dialog = h('dialog', { class: 'sheet', 'aria-labelledby': id }, h('header', {}, title, closing), place)
  let shown = null
  // Where one came from may have been drawn anew meanwhile: then its like gets the focus.
  dialog.addEventListener('close', () => {
    const at = document.activeElement
    if (at === document.body || dialog.contains(at)) (document.querySelector(`main a[href="#${name}=${CSS.escape(shown)}"]`) ?? document.querySelector('main')).focus()
  })
  return {
    name,
    dialog,
    open(key) {
      if (dialog.open && shown === key) return
      shown = key
      title.replaceChildren(head(key))
      if (!dialog.open) dialog.showModal()
      title.focus()
      draw(key, place, title)
    },
  }
}
