// Standard clients against a running Cierre: one check a line on standard output, exit code 1 at the first that fails.
//
//   node standard.mjs ISSUER before|after CREDENTIALS.json
//
// `before` and `after` a rotation of the keys: the same tokens, and newer ones, must verify.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'

const [issuer, , file] = process.argv.slice(2)
const { audience, accessTokens, refreshToken, other } = JSON.parse(readFileSync(file, 'utf8'))
const insecure = { [oauth.allowInsecureRequests]: true }
const url = new URL(issuer)
const told = (line) => console.log(line)

// --- oauth4webapi
const as = await oauth.processDiscoveryResponse(
  url,
  await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }),
)
told('oauth4webapi: discovery')

const verify = (token) => {
  const request = new Request(`${issuer}/orders`, { headers: { authorization: `Bearer ${token}` } })
  return oauth.validateJwtAccessToken(as, request, audience, insecure)
}
for (const token of accessTokens) {
  const claims = await verify(token)
  assert.equal(claims.iss, issuer)
}
told(`oauth4webapi: validateJwtAccessToken of ${accessTokens.length}`)
await assert.rejects(verify(refreshToken))
await assert.rejects(verify(accessTokens[0].slice(0, -4) + 'AAAA'))
told('oauth4webapi: refuses a refresh token and a forged one')

const resource = { client_id: 'demo-resource' }
const secret = oauth.ClientSecretBasic('cierre-demo')
const introspect = async (token, authentication = secret) =>
  oauth.processIntrospectionResponse(
    as,
    resource,
    await oauth.introspectionRequest(as, resource, authentication, token, insecure),
  )
const active = await introspect(accessTokens[0])
assert.equal(active.active, true)
assert.equal(active.token_type, 'Bearer')
assert.equal((await introspect(accessTokens[0], oauth.ClientSecretPost('cierre-demo'))).active, true)
await assert.rejects(introspect(accessTokens[0], oauth.ClientSecretBasic('wrong')), (error) => error.status === 401)
told('oauth4webapi: introspection, by Basic and by body, and not with a wrong secret')

const app = { client_id: 'cierre' }
const exchanged = await oauth.processRefreshTokenResponse(
  as,
  app,
  await oauth.refreshTokenGrantRequest(as, app, oauth.None(), refreshToken, insecure),
)
assert.notEqual(exchanged.refresh_token, refreshToken)
await verify(exchanged.access_token)
told('oauth4webapi: refresh grant')
await assert.rejects(
  async () =>
    oauth.processRefreshTokenResponse(
      as,
      app,
      await oauth.refreshTokenGrantRequest(as, app, oauth.None(), 'unknown-refresh-token-0123456789', insecure),
    ),
  (error) => error.error === 'invalid_grant',
)
told('oauth4webapi: an unknown refresh token is invalid_grant')

const revoke = async (token, who = app, how = oauth.None()) =>
  oauth.processRevocationResponse(await oauth.revocationRequest(as, who, how, token, insecure))
await assert.rejects(revoke(exchanged.refresh_token, resource, secret), (error) => error.error === 'invalid_grant')
assert.equal((await introspect(exchanged.access_token)).active, true)
told('oauth4webapi: nobody revokes the token of another client')
await revoke(exchanged.refresh_token)
await revoke(exchanged.refresh_token)
await revoke('unknown')
assert.deepEqual(await introspect(exchanged.access_token), { active: false })
assert.deepEqual(await introspect(exchanged.refresh_token), { active: false })
told('oauth4webapi: revocation, twice, and both tokens are dead')

// --- openid-client
const config = await client.discovery(url, 'cierre', undefined, client.None(), {
  algorithm: 'oauth2',
  execute: [client.allowInsecureRequests],
})
const service = await client.discovery(url, 'demo-resource', 'cierre-demo', client.ClientSecretBasic('cierre-demo'), {
  algorithm: 'oauth2',
  execute: [client.allowInsecureRequests],
})
const again = await client.refreshTokenGrant(config, other.refreshToken)
assert.equal((await client.tokenIntrospection(service, again.access_token)).active, true)
await client.tokenRevocation(config, again.access_token)
assert.deepEqual(await client.tokenIntrospection(service, again.access_token), { active: false })
told('openid-client: discovery, refresh grant, introspection, revocation')

// --- jose
const jwks = createRemoteJWKSet(new URL(as.jwks_uri))
for (const token of accessTokens) {
  const { protectedHeader } = await jwtVerify(token, jwks, {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['RS256', 'ES256'],
    requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'],
  })
  told(`jose: ${protectedHeader.alg} by JWKS`)
}
