import { useCallback, useEffect, useMemo, useState } from 'react'
import { GraphiQL } from 'graphiql'
import { Answer } from './Answer.jsx'
import { Identity } from './Identity.jsx'
import { fetcherOf } from './asking.js'
import { TEXTS, firstLanguage, keepLanguage } from './texts.js'
import { claimsOf, demoParties, demoToken, scopesOf } from './token.js'

const FIRST = `# One question, another answer for each party.
# 同一查询，不同身份，结果不同。
{
  batteries(first: 5) {
    totalCount
    edges {
      node {
        code
        chemistry
        status
        stateOfHealth
        custodian { nameEn }
        vehicle { vin }
      }
    }
  }
}
`

export function Explorer() {
  const [language, setLanguage] = useState(firstLanguage)
  const [parties, setParties] = useState([])
  const [party, setParty] = useState(null)
  const [token, setToken] = useState(null)
  const [problem, setProblem] = useState(null)
  const [answer, setAnswer] = useState(null)
  const texts = TEXTS[language]

  useEffect(() => keepLanguage(language), [language])
  useEffect(() => void demoParties().then(setParties, () => setParties([])), [])

  const take = useCallback((next, name) => {
    setToken(next)
    setParty(name)
    setProblem(null)
    setAnswer(null)
  }, [])
  const paste = (text) => (claimsOf(text) === null ? setProblem('notAToken') : take(text, null))
  const choose = (name) => demoToken(name).then((next) => take(next, name), () => setProblem('demoFailed'))
  const missing = parties.length ? texts.noToken : texts.noTokenPaste
  const claims = useMemo(() => (token === null ? null : claimsOf(token)), [token])
  const fetcher = useMemo(() => fetcherOf(token, claims === null ? [] : scopesOf(claims), setAnswer, missing), [token, claims, missing])

  return (
    <div className="explorer" data-asked={token === null ? 'no' : 'yes'} style={{ '--missing': JSON.stringify(missing) }}>
      <Identity {...{ texts, language, parties, party, claims, problem, choose, paste }} forget={() => take(null, null)}
        turn={() => setLanguage(language === 'en' ? 'zh' : 'en')} />
      <main className="asking">
        {/* Another token is another schema: what GraphiQL knows of the last one goes with it. What was written stays. */}
        <GraphiQL key={token ?? ''} fetcher={fetcher} defaultQuery={FIRST} isHeadersEditorEnabled={false} shouldPersistHeaders={false}
          showPersistHeadersSettings={false} inputValueDeprecation={true}>
          <GraphiQL.Logo><span className="silent">Cellgate</span></GraphiQL.Logo>
        </GraphiQL>
      </main>
      <Answer {...{ texts, answer, claims }} />
    </div>
  )
}
