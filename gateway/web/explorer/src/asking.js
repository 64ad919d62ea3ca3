// To be told of the plan a token needs this scope; without it a request that asks is refused.
const PLAN_SCOPE = 'gateway:plan'

// One operation over HTTP with the token in use. `told` hears of every answer that is not an introspection's.
export function fetcherOf(token, scopes, told, missing) {
  const more = scopes.includes(PLAN_SCOPE) ? { extensions: { cellgate: { include: ['cost', 'plan'] } } } : {}
  return async (parameters) => {
    if (token === null) return { errors: [{ message: missing }] }
    const introspection = parameters.operationName === 'IntrospectionQuery'
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { accept: 'application/graphql-response+json, application/json;q=0.9', 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(introspection ? parameters : { ...parameters, ...more }),
    })
    const answer = await response.json()
    if (introspection) return answer
    told(answer)
    // Plan and cost have a place of their own; the answer beside them is what every other client gets.
    const { plan, cost, ...extensions } = answer.extensions ?? {}
    return plan === undefined && cost === undefined ? answer : { ...answer, extensions: Object.keys(extensions).length ? extensions : undefined }
  }
}
