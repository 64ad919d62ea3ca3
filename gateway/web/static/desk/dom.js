// Elements made of names, attributes and children. Text is always text: nothing here reads markup.
const SVG = 'http://www.w3.org/2000/svg'

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'vars') for (const [property, set] of Object.entries(value)) element.style.setProperty(property, set)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false))
  return element
}

export const h = (name, attributes, ...children) => filled(document.createElement(name), attributes, children)

export const svg = (name, attributes, ...children) => filled(document.createElementNS(SVG, name), attributes, children)

export const silent = (text) => h('span', { class: 'silent' }, text)

// An id that no other element of the page has.
let last = 0
export const fresh = (stem) => `${stem}-${++last}`

// The head of a table; `numbers` are the places of columns that hold figures, which stand to the right like their cells.
export const headed = (names, numbers) => h('thead', {}, h('tr', {}, names.map((each, at) => h('th', { scope: 'col', class: numbers.includes(at) ? 'number' : null }, each))))
