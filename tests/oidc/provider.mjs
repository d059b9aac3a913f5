// A real OpenID provider for tests, with one client and any account, that can be told to send bad ID tokens.
// Usage: node provider.mjs PORT REDIRECT_URI; GET /mode/MODE: good | wrong-issuer | expired | alg-none | key-swapped.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, decodeJwt } from "jose";
import { Provider } from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const CLIENT = { client_id: "tsunagaru", client_secret: "a-secret-only-for-tests-0123456789" };
const KEY_ID = "signing";

const signing = await generateKeyPair("RS256", { extractable: true });
const stranger = await generateKeyPair("RS256");

const provider = new Provider(issuer, {
  clients: [{ ...CLIENT, redirect_uris: [redirectUri], grant_types: ["authorization_code"], response_types: ["code"] }],
  jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), kid: KEY_ID, alg: "RS256", use: "sig" }] },
  cookies: { keys: ["only-for-tests"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@demo.example.jp`, email_verified: true, name: `Provider's ${id}` }),
  }),
});

const sign = (claims, key) => new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: KEY_ID }).sign(key);
const BAD = {
  "wrong-issuer": (claims) => sign({ ...claims, iss: "http://elsewhere.example" }, signing.privateKey),
  expired: (claims) => sign({ ...claims, iat: claims.iat - 7200, exp: claims.iat - 3600 }, signing.privateKey),
  "alg-none": (claims) => new UnsecuredJWT(claims).encode(),
  "key-swapped": (claims) => sign(claims, stranger.privateKey),
};
let mode = "good";

/** Let the provider answer, with its ID token exchanged for a bad one. */
function spoil(response) {
  const end = response.end.bind(response);
  response.end = async (chunk) => {
    const answer = JSON.parse(String(chunk));
    if (answer.id_token) answer.id_token = await BAD[mode](decodeJwt(answer.id_token));
    const body = JSON.stringify(answer);
    response.setHeader("content-length", Buffer.byteLength(body));
    end(body);
  };
}

const answer = provider.callback();
createServer((request, response) => {
  if (request.url.startsWith("/mode/")) {
    mode = request.url.slice("/mode/".length);
    response.end(mode);
    return;
  }
  if (mode !== "good" && request.url === "/token") spoil(response);
  answer(request, response);
}).listen(Number(port), () => console.log(`ready ${issuer}`));
