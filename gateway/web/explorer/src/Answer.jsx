import { useState } from 'react'
import { scopesOf } from './token.js'

const TABS = ['withheld', 'plan', 'view']

// What stands beside the answer: what was withheld of it and why, how it was fetched, and what the token opens at all.
export function Answer({ texts, answer, claims }) {
  const [tab, setTab] = useState('withheld')
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]
    setTab(next)
    document.getElementById(`tab-${next}`).focus()
  }
  const shown = { withheld: <Withheld {...{ texts, answer }} />, plan: <Plan {...{ texts, answer }} />, view: <View {...{ texts, claims }} /> }[tab]
  return (
    <aside className="beside" aria-label={texts.beside}>
      <div role="tablist" aria-label={texts.beside} onKeyDown={move}>
        {TABS.map((each) => (
          <button key={each} id={`tab-${each}`} role="tab" type="button" aria-selected={each === tab} aria-controls="beside"
            tabIndex={each === tab ? 0 : -1} onClick={() => setTab(each)}>{texts[each]}<Count {...{ each, answer }} /></button>
        ))}
      </div>
      <div id="beside" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>{shown}</div>
    </aside>
  )
}

function Count({ each, answer }) {
  const found = answer === null ? 0 : (answer.errors?.length ?? 0) + (answer.extensions?.redactions?.length ?? 0)
  return each === 'withheld' && found > 0 ? <span className="count">{found}</span> : null
}

const CLOSED = 'UNAUTHORIZED_FIELD_OR_TYPE'

function Withheld({ texts, answer }) {
  if (answer === null) return <p>{texts.unanswered}</p>
  const errors = answer.errors ?? []
  const closed = errors.filter((each) => each.extensions?.code === CLOSED)
  const others = errors.filter((each) => each.extensions?.code !== CLOSED)
  const redactions = answer.extensions?.redactions ?? []
  if (errors.length + redactions.length === 0) return <p>{texts.nothingWithheld}</p>
  return (
    <>
      <Entries title={texts.otherErrors} entries={others.map((each) => ({ where: path(each.path), why: each.message, policy: each.extensions?.code }))} {...{ texts }} />
      <Entries title={texts.fieldsClosed} entries={closed.map((each) => ({ where: path(each.path), why: each.message }))} {...{ texts }} />
      <Entries title={texts.valuesClosed} {...{ texts }}
        entries={redactions.map((each) => ({ where: path(each.path), why: texts.reasons[each.reason] ?? each.reason, policy: each.policyId }))} />
    </>
  )
}

function Entries({ texts, title, entries }) {
  if (entries.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {entries.map((each, index) => (
          <li key={index}>
            {each.where !== '' && <code>{each.where}</code>}
            <span>{each.why}</span>
            {each.policy && <small>{texts.policy}: <code>{each.policy}</code></small>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Plan({ texts, answer }) {
  if (answer === null) return <p>{texts.noPlanYet}</p>
  const plan = answer.extensions?.plan
  if (plan === undefined) return <p>{texts.noPlan}</p>
  return (
    <>
      <p>{texts.cost}: {answer.extensions.cost?.requested}</p>
      <pre>{plan}</pre>
    </>
  )
}

function View({ texts, claims }) {
  if (claims === null) return <p>{texts.noTokenPaste}</p>
  return (
    <>
      <p>{texts.scopes}</p>
      <ul className="scopes">{scopesOf(claims).map((each) => <li key={each}><code>{each}</code></li>)}</ul>
    </>
  )
}

function path(steps) {
  return (steps ?? []).join('.')
}
