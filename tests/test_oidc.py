"""What an ID token must say, claim by claim, against a provider's published keys over HTTP."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from app.accounts import oidc
from app.config import OidcProvider
from app.problems import Problem

CLIENT, NONCE = "tsunagaru", "the-nonce-of-this-sign-in"
NOW = int(time.time())


@dataclass
class Issuer:
    """A provider's published side: discovery and keys."""

    url: str
    key: RSAKey
    published: dict[str, Any]

    def provider(self, **further: Any) -> OidcProvider:
        said = {"id": "town", "name": "町", "name_en": "Town", "client_id": CLIENT, "client_secret": "x", **further}
        return OidcProvider(**{"issuer": self.url, **said})

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        all_claims = {
            "iss": self.url, "aud": CLIENT, "sub": "somebody", "iat": now, "exp": now + 300, "nonce": NONCE, **changed,
        }  # fmt: skip
        return {name: value for name, value in all_claims.items() if value is not None}

    def token(self, key: Any = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
        algorithm = {"alg": "RS256", "kid": "one", **(header or {})}
        return jwt.encode(algorithm, self.claims(**changed), key or self.key, algorithms=[algorithm["alg"]])


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
    published: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(published.get(self.path, {})).encode()
            self.send_response(200 if self.path in published else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    published["/.well-known/openid-configuration"] = {
        "issuer": url, "jwks_uri": f"{url}/jwks", "token_endpoint": f"{url}/token", "authorization_endpoint": f"{url}/auth",
    }  # fmt: skip
    published["/jwks"] = {"keys": [key.as_dict(private=False)]}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Issuer(url, key, published)
    server.shutdown()


def test_a_sound_token_stands(issuer: Issuer) -> None:
    claims = oidc.verify(issuer.provider(), issuer.token(), nonce=NONCE)
    assert claims["sub"] == "somebody"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://elsewhere.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"sub": None},
    ],
    # Two processes that collect at different seconds must give the same names.
    ids=lambda changed: next(f"{name}-{type(value).__name__}" for name, value in changed.items()),
)
def test_a_claim_that_does_not_fit_is_refused(issuer: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        oidc.verify(issuer.provider(), issuer.token(**changed), nonce=NONCE)
    assert refused.value.kind.status == 401


def test_several_audiences_stand_if_the_token_was_made_for_us(issuer: Issuer) -> None:
    token = issuer.token(aud=[CLIENT, "another"], azp=CLIENT)
    assert oidc.verify(issuer.provider(), token, nonce=NONCE)["azp"] == CLIENT


def _shared(secret: bytes, claims: str) -> str:
    """A token whose HMAC key is what the provider publishes."""
    signed = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode() + "." + claims
    signature = hmac.digest(secret, signed.encode(), "sha256")
    return signed + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def test_signatures_that_prove_nothing_are_refused(issuer: Issuer) -> None:
    public_pem = issuer.key.as_pem(private=False)
    bad = {
        "key swapped": issuer.token(RSAKey.generate_key(2048, {"kid": "one"})),
        "unknown key": issuer.token(header={"kid": "two"}),
        "another kind of key": issuer.token(ECKey.generate_key("P-256", {"kid": "one"}), {"alg": "ES256"}),
        "public key as a shared secret": _shared(public_pem, issuer.token().split(".")[1]),
        "unsigned": "eyJhbGciOiJub25lIn0." + issuer.token().split(".")[1] + ".",
        "cut": issuer.token()[:-6],
        "changed": ".".join([issuer.token().split(".")[0], issuer.token(sub="admin").split(".")[1], issuer.token().split(".")[2]]),
        "empty": "",
        "no token": "not.a.token",
    }  # fmt: skip
    for name, token in bad.items():
        with pytest.raises(Problem) as refused:
            oidc.verify(issuer.provider(), token, nonce=NONCE)
        assert refused.value.kind.status == 401, name


def test_a_discovery_document_of_another_issuer_is_refused(issuer: Issuer) -> None:
    with pytest.raises(Problem):
        oidc.discover(issuer.provider(issuer=issuer.url + "/"))


def test_an_answer_for_another_provider_or_without_a_code_is_refused(issuer: Issuer) -> None:
    state = {"provider": "town", "verifier": "v", "nonce": NONCE}
    provider = issuer.provider()
    for kept, answer in (
        ({**state, "provider": "city"}, {"code": "c"}),
        (state, {}),
        (state, {"code": "c", "iss": "http://elsewhere.example"}),
        (state, {"error": "access_denied", "code": "c"}),
    ):
        with pytest.raises(Problem) as refused:
            oidc.finish(provider, "http://here/callback", kept, answer)
        assert refused.value.kind.status == 401


def test_a_provider_out_of_reach_is_said_to_be_so(issuer: Issuer) -> None:
    with pytest.raises(Problem) as told:
        oidc.discover(issuer.provider(issuer="http://127.0.0.1:9"))
    assert told.value.kind.status == 503
