// Who asks, and the asking. The token stands in this module's memory and nowhere else: it is gone with the page.
const OURS = { 'x-cellgate-demo': '1' }

// The demonstration's parties that are authorities: the others are firms and the public.
export const AUTHORITIES = ['province', 'miit', 'mee', 'samr']

export class Problem extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

export const session = { token: null, claims: null, party: null }

// What a token says of itself, for the reader's eyes: the gateway verifies it, not this page.
export function claimsOf(token) {
  const parts = token.split('.')
  if (parts.length !== 3) return null
  try {
    const bytes = Uint8Array.from(atob(parts[1].replace(/-/g, '+').replace(/_/g, '/')), (each) => each.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder().decode(bytes))
    return claims !== null && typeof claims === 'object' && !Array.isArray(claims) ? claims : null
  } catch {
    return null
  }
}

export function take(token, party) {
  session.token = token
  session.claims = token === null ? null : claimsOf(token)
  session.party = party
}

export const may = (scope) => (session.claims?.scope ?? '').split(' ').includes(scope)

export const roles = () => session.claims?.roles ?? []

export const isAuthority = () => roles().some((each) => ['PR', 'MI', 'ME', 'SA'].includes(each))

export const isDemo = () => document.querySelector('meta[name="cellgate"]').content === 'demo'

export async function demoParties() {
  if (!isDemo()) return []
  const response = await fetch('/demo/parties', { headers: OURS })
  return response.ok ? (await response.json()).parties : []
}

export async function demoToken(party) {
  const response = await fetch(`/demo/tokens/${encodeURIComponent(party)}`, { method: 'POST', headers: OURS })
  if (!response.ok) throw new Problem('DEMO', `${party}: HTTP ${response.status}`)
  return (await response.json()).access_token
}

// One operation of the public graph: {data, errors, redactions}. A refusal is raised; a field outside of the view is not, it is null.
export async function ask(query, variables = {}) {
  let response
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { accept: 'application/graphql-response+json, application/json;q=0.9', 'content-type': 'application/json', authorization: `Bearer ${session.token}` },
      body: JSON.stringify({ query, variables }),
    })
  } catch (failed) {
    throw new Problem('UNREACHABLE', failed.message)
  }
  const text = await response.text()
  let answer = null
  try {
    answer = JSON.parse(text)
  } catch {
    throw new Problem(response.status === 401 ? 'INVALID_TOKEN' : 'UNREACHABLE', `HTTP ${response.status}`)
  }
  const errors = answer.errors ?? []
  if (!answer.data) throw new Problem(errors[0]?.extensions?.code ?? answer.error ?? `HTTP ${response.status}`, errors[0]?.message ?? answer.error_description ?? '')
  const failed = errors.find((each) => each.extensions?.code !== 'UNAUTHORIZED_FIELD_OR_TYPE')
  if (failed) throw new Problem(failed.extensions?.code ?? 'ERROR', failed.message)
  return { data: answer.data, closed: errors.map((each) => (each.path ?? []).join('.')), redactions: answer.extensions?.redactions ?? [] }
}
