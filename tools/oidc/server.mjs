// An authorization server that is not ours (npm oidc-provider), as the
// end-to-end tests of pairing need it. Settings come from the environment:
//
//   PORT         on 127.0.0.1
//   CODE_LIFE    seconds that a device code lives (600)
//   ACCESS_LIFE  seconds that an access token lives (60)
//   INTERVAL     what the device authorization answer says; unset: nothing,
//                as the library does by itself
//   SLOW_DOWNS   how many polls of a code are answered with slow_down first: the
//                library knows the error and never raises it, so this is ours
//   BEARER       set: tokens are not bound to a key
//
// It forgets everything when it ends.
import http from 'node:http';
import Provider from 'oidc-provider';

const env = process.env;
const port = Number(env.PORT);
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'tvbox',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: [deviceGrant, 'refresh_token'],
    response_types: [],
    redirect_uris: [],
    dpop_bound_access_tokens: !env.BEARER,
  }],
  scopes: ['openid', 'offline_access', 'playback'],
  features: {
    deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****' },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  issueRefreshToken: (ctx, client, code) => code.scopes.has('offline_access'),
  rotateRefreshToken: true,
  cookies: { keys: ['test-only'] },
  ttl: {
    DeviceCode: Number(env.CODE_LIFE ?? 600),
    AccessToken: Number(env.ACCESS_LIFE ?? 60),
    RefreshToken: 2592000, Grant: 7776000, Session: 86400, Interaction: 3600, IdToken: 3600,
  },
});

const slowed = new Map(); // device code -> slow_downs so far

async function form(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()));
}

provider.use(async (ctx, next) => {
  if (env.SLOW_DOWNS && ctx.path === '/token' && ctx.method === 'POST') {
    ctx.req.body = await form(ctx.req);
    const code = ctx.req.body.device_code;
    const n = slowed.get(code) ?? 0;
    if (code && n < Number(env.SLOW_DOWNS)) {
      slowed.set(code, n + 1);
      ctx.status = 400;
      ctx.body = { error: 'slow_down' };
      return;
    }
  }
  await next();
  if (env.INTERVAL && ctx.path === '/device/auth' && ctx.status === 200) {
    ctx.body = { ...ctx.body, interval: Number(env.INTERVAL) };
  }
});

http.createServer(provider.callback()).listen(port, '127.0.0.1');
