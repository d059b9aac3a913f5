"""An authenticator in software that makes passkeys without attestation. Source: W3C Web Authentication Level 3, §6.1, §6.5."""

import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from webauthn.helpers import bytes_to_base64url, encode_cbor

_PRESENT, _VERIFIED, _HAS_CREDENTIAL = 0x01, 0x04, 0x40
_EC2_P256 = {1: 2, 3: -7, -1: 1}  # COSE: key type EC2, algorithm ES256, curve P-256


def new_challenge() -> str:
    """A challenge as the service would make one, base64url."""
    return bytes_to_base64url(secrets.token_bytes(32))


def registration(challenge: str, *, origin: str) -> dict[str, Any]:
    """A new passkey as `PublicKeyCredential.toJSON()` gives it; its key stands for nothing, as nothing is signed."""
    credential_id = secrets.token_bytes(16)
    public_key = encode_cbor({**_EC2_P256, -2: secrets.token_bytes(32), -3: secrets.token_bytes(32)})
    data = (
        hashlib.sha256((urlsplit(origin).hostname or "").encode()).digest()
        + bytes([_PRESENT | _VERIFIED | _HAS_CREDENTIAL])
        + bytes(4)  # sign count
        + bytes(16)  # AAGUID: none
        + len(credential_id).to_bytes(2, "big")
        + credential_id
        + public_key
    )
    client = json.dumps({"type": "webauthn.create", "challenge": challenge, "origin": origin, "crossOrigin": False})
    return {
        "id": bytes_to_base64url(credential_id),
        "rawId": bytes_to_base64url(credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": bytes_to_base64url(client.encode()),
            "attestationObject": bytes_to_base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
        },
        "clientExtensionResults": {},
    }
