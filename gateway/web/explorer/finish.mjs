// After a build: the licences of what is in it, and a fingerprint of what it was made from (tests/web/test_explorer.py compares it).
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'

const out = '../static/explorer'

const packages = Object.entries(JSON.parse(readFileSync('package-lock.json', 'utf8')).packages)
const shipped = packages.filter(([folder, each]) => folder !== '' && !each.dev && existsSync(folder))
const notices = shipped.map(([folder, each]) => {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|notice|copying)(\.|$)/i.test(name))
  const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8').trim()
  return `${folder.replace(/^.*node_modules\//, '')} ${each.version} (${each.license ?? 'see below'})\n\n${text}`.trim()
})
const head = 'The explorer is built from these packages; each is under the licence that stands with it.'
writeFileSync(`${out}/licences.txt`, [head, ...notices].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n')

const below = (folder) => readdirSync(folder).sort().map((name) => `${folder}/${name}`)
const sources = ['package-lock.json', 'vite.config.js', 'index.html', 'finish.mjs', ...below('public'), ...below('src')]
const hash = createHash('sha256')
for (const path of sources) hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
writeFileSync(`${out}/sources.sha256`, hash.digest('hex') + '\n')
