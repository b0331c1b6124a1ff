// A real OpenID Connect provider: node provider.mjs PORT GENERATION, with the claims of each account or client in $CLAIMS, and
// the address of the console in $CONSOLE.
// Each generation has keys of its own. A resource says how its access tokens are signed and for how long: urn:ledger:ES256:300.
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';

// where .ci/setup has installed it
const { default: Provider } = await import(createRequire(process.env.MODULES).resolve('oidc-provider'));
const [port, generation] = process.argv.slice(2);
const claims = JSON.parse(process.env.CLAIMS);
const console_ = process.env.CONSOLE ?? 'http://127.0.0.1:9';
const issuer = `http://127.0.0.1:${port}`;

const key = (kid, type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid: `${kid}-${generation}`, use: 'sig', alg,
});

const provider = new Provider(issuer, {
  // as Entra's, the RSA key does not say its algorithm
  jwks: { keys: [
    key('rsa', 'rsa', { modulusLength: 2048 }),
    key('other', 'rsa', { modulusLength: 2048 }, 'RS512'),
    key('ec', 'ec', { namedCurve: 'P-256' }, 'ES256'),
    key('ed', 'ed25519', {}, 'EdDSA'),
  ] },
  clients: [
    { client_id: 'erp-1', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    { client_id: 'portal', client_secret: 'secret', redirect_uris: ['http://127.0.0.1:9/signed-in'] },
    {
      client_id: 'console', client_secret: 'a secret: of+the console',
      redirect_uris: [`${console_}/sign-in/return`], post_logout_redirect_uris: [`${console_}/sign-in`],
    },
  ],
  cookies: { keys: ['a test'] },
  pkce: { required: (_, client) => client.clientId === 'console' },
  conformIdTokenClaims: false,
  claims: { openid: ['sub', 'realm_access', 'groups', 'unit'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims[id] }) }),
  extraTokenClaims: (_, token) => claims[token.accountId ?? token.clientId] ?? {},
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => {
        const [, , alg, seconds] = resource.split(':');
        return { scope: 'ledger', audience: 'ledger', accessTokenTTL: Number(seconds), accessTokenFormat: 'jwt', jwt: { sign: { alg } } };
      },
    },
  },
});
createServer(provider.callback()).listen(port, '127.0.0.1', () => console.log(`listening on ${issuer}`));
