// What a token says of itself. Nothing is verified here: the gateway does that, and this is for the reader's eyes.
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

export function scopesOf(claims) {
  return typeof claims.scope === 'string' ? claims.scope.split(' ').sort() : []
}

const OURS = { 'x-cellgate-demo': '1' }

// The parties of the demonstration; none where this is not one, and then nothing is asked for.
export async function demoParties() {
  if (document.querySelector('meta[name="cellgate"]').content !== 'demo') return []
  const response = await fetch('/demo/parties', { headers: OURS })
  return response.ok ? (await response.json()).parties : []
}

export async function demoToken(party) {
  const response = await fetch(`/demo/tokens/${encodeURIComponent(party)}`, { method: 'POST', headers: OURS })
  if (!response.ok) throw new Error(`${party}: HTTP ${response.status}`)
  return (await response.json()).access_token
}
