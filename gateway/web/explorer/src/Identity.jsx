import { useState } from 'react'

// Who asks: the demonstration's parties one click away, any other token pasted, and what the token in use says.
export function Identity({ texts, language, parties, party, claims, problem, choose, paste, forget, turn }) {
  const [pasted, setPasted] = useState('')
  const submit = (event) => {
    event.preventDefault()
    if (pasted.trim() !== '') paste(pasted.trim())
    setPasted('')
  }
  return (
    <header className="identity">
      <div className="first line">
        <h1><img src="/explorer/icon.svg" alt="" width="22" height="22" /> {texts.title}</h1>
        <form onSubmit={submit}>
          <label htmlFor="token">{texts.token}</label>
          <input id="token" type="password" autoComplete="off" spellCheck="false" value={pasted} title={texts.tokenHint}
            onChange={(event) => setPasted(event.target.value)} />
          <button type="submit">{texts.use}</button>
        </form>
        <nav aria-label={texts.pages}>
          <a href={desk('/fleet', party)}>{texts.fleet}</a>
          <a href={desk('/regulator', party)}>{texts.regulator}</a>
          <a href="/b">{texts.label}</a>
          <button type="button" className="plain" onClick={turn} aria-label={texts.languageLabel}>{texts.language}</button>
        </nav>
      </div>
      {parties.length > 0 && (
        <div className="line parties" role="group" aria-label={texts.party}>
          <span aria-hidden="true">{texts.party}</span>
          {parties.map((each) => (
            <button key={each.id} type="button" aria-pressed={each.id === party} title={nameOf(each, language)} onClick={() => choose(each.id)}>{texts.parties[each.id] ?? each.id}</button>
          ))}
        </div>
      )}
      <p className="line told" role="status">
        <Told {...{ texts, language, parties, party, claims, problem }} />
        {claims !== null && <button type="button" className="plain" onClick={forget}>{texts.forget}</button>}
      </p>
    </header>
  )
}

// The other pages know a party of the demonstration by its name in their address; a token never stands there.
const desk = (path, party) => (party === null ? path : `${path}#as=${party}`)

const nameOf = (party, language) => party && ((language === 'zh' && party.nameZh) || party.name)

function Told({ texts, language, parties, party, claims, problem }) {
  if (problem !== null) return <strong className="bad">{texts[problem]}</strong>
  if (claims === null) return <span>{parties.length > 0 ? texts.noToken : texts.noTokenPaste}</span>
  const until = new Date(claims.exp * 1000)
  const name = nameOf(parties.find((each) => each.id === party), language) ?? claims.client_id
  return (
    <>
      <strong>{name}</strong>
      <span>{texts.roles}: {(claims.roles ?? []).join(', ')}</span>
      <span>{texts.purpose}: {claims.purpose}</span>
      {until < new Date() ? <strong className="bad">{texts.expired}</strong> : <span>{texts.until} {until.toLocaleTimeString()}</span>}
    </>
  )
}
