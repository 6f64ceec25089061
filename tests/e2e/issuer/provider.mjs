// An OpenID provider on loopback: `node provider.mjs <port> <file with its private JWKS>`.
// Its access tokens are JWTs for the audience AUDIENCE. Any name signs in with any password.
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const [port = '', keysFile = ''] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const AUDIENCE = process.env.AUDIENCE ?? 'https://chat.example';
const profileOf = (sub) => ({
  name: sub,
  email: `${sub.replaceAll(' ', '.').toLowerCase()}@idp.example`,
  picture: `https://idp.example/${encodeURIComponent(sub)}.png`,
});

const provider = new Provider(issuer, {
  jwks: JSON.parse(readFileSync(keysFile, 'utf8')),
  clients: [{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1:9/callback'] }],
  clientAuthMethods: ['none'],
  scopes: ['openid', 'chat'],
  cookies: { keys: ['a key of this test alone'] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...profileOf(sub) }) }),
  extraTokenClaims: (_ctx, token) => (token.accountId === undefined ? {} : profileOf(token.accountId)),
  features: {
    resourceIndicators: {
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: (_ctx, audience) => ({ scope: 'chat', audience, accessTokenFormat: 'jwt', accessTokenTTL: 600 }),
      useGrantedResource: () => true,
      enabled: true,
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
