"""Words of the pages: one dictionary file, Japanese and English side by side."""

import json
from pathlib import Path
from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


def _load() -> dict[Language, dict[str, str]]:
    pairs = json.loads((Path(__file__).parent / "messages.json").read_text(encoding="utf-8"))
    return {language: {key: pair[i] for key, pair in pairs.items()} for i, language in enumerate(LANGUAGES)}


MESSAGES = _load()


def parse_language(text: str | None) -> Language | None:
    """`ja` or `en`, or None for anything else."""
    return next((language for language in LANGUAGES if language == text), None)


def message(language: Language, key: str, **values: object) -> str:
    """The words of a key with its `{places}` filled. Raises KeyError for a key the dictionary lacks."""
    return MESSAGES[language][key].format(**values) if values else MESSAGES[language][key]
