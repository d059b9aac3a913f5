"""What a new password must be: long, not among the commonest, not made of the person's own name or address.

Any character may be used and none must be: rules of composition make passwords worse. Source: NIST SP 800-63B-4 3.1.1.2,
OWASP ASVS 5.0 V6.2.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from app.accounts.secrets import PASSWORD_MAX, PASSWORD_MIN
from app.problems import INVALID, Problem

_FEWEST_CHARACTERS = 5  # different ones
_PART_MIN = 4  # characters of a name or address that count as the person's own
_SITE = ("tsunagaru", "つながる")


def check_new_password(password: str, *, email: str, name: str) -> None:
    """Raises Problem (422) for a password that is easily guessed, saying why."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise _weak(
            f"パスワードは{PASSWORD_MIN}〜{PASSWORD_MAX}文字にしてください。いまは{len(password)}文字です。",
            f"Use {PASSWORD_MIN} to {PASSWORD_MAX} characters; this has {len(password)}.",
        )
    plain = unicodedata.normalize("NFKC", password).lower()
    if plain in _common() or len(set(plain)) < _FEWEST_CHARACTERS or _repeats(plain):
        raise _weak(
            "よく使われる、または繰り返しのパスワードです。思いつく言葉をいくつか並べるなど、別のものにしてください。",
            "This password is common or repeats itself; choose another, e.g. several unrelated words.",
        )
    if _own_part(plain, email, name):
        raise _weak(
            "名前、メールアドレス、このサイトの名前にほとんど頼ったパスワードです。別のものにしてください。",
            "This password is little more than your name, address or this site's name; choose another.",
        )


@lru_cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _repeats(plain: str) -> bool:
    """Whether it is a short piece over and over, as in `abcabcabcabc`."""
    return re.fullmatch(r"(.{1,6})\1+", plain, re.DOTALL) is not None


def _own_part(plain: str, email: str, name: str) -> bool:
    """Whether fewer than eight characters are left once the person's own words are taken out."""
    words = {*re.split(r"[@.+_-]", email.lower()), email.lower(), *name.lower().split(), name.lower(), *_SITE}
    rest = plain
    for word in sorted((word for word in words if len(word) >= _PART_MIN or not word.isascii()), key=len, reverse=True):
        rest = rest.replace(word, "") if word else rest
    return rest != plain and len(rest) < 8


def _weak(ja: str, en: str) -> Problem:
    return Problem(INVALID, ja, en, errors=[{"pointer": "/password", "detail": ja}])
