"""Words of the pages: dictionary files, Japanese and English side by side."""

import json
from pathlib import Path
from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


def _load(name: str) -> dict[Language, dict[str, str]]:
    pairs = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return {language: {key: pair[i] for key, pair in pairs.items()} for i, language in enumerate(LANGUAGES)}


MAP_MESSAGES = _load("messages.json")  # the map's page carries these along for its scripts
_ACCOUNT_MESSAGES = _load("account_messages.json")
LIST_MESSAGES = _load("list_messages.json")
_CASE_MESSAGES = _load("case_messages.json")
APPLICATION_MESSAGES = _load("application_messages.json")
_STATISTICS_MESSAGES = _load("statistics_messages.json")
_NOTICE_MESSAGES = _load("notice_messages.json")
_OFFICE_MESSAGES = _load("office_messages.json")
COVERAGE_MESSAGES = _load("coverage_messages.json")
SURVEY_MESSAGES = _load("survey_messages.json")
_ALL = (
    MAP_MESSAGES, _ACCOUNT_MESSAGES, LIST_MESSAGES, _CASE_MESSAGES, APPLICATION_MESSAGES, _STATISTICS_MESSAGES,
    _NOTICE_MESSAGES, _OFFICE_MESSAGES, COVERAGE_MESSAGES, SURVEY_MESSAGES,
)  # fmt: skip
MESSAGES: dict[Language, dict[str, str]] = {
    language: {key: said for part in _ALL for key, said in part[language].items()} for language in LANGUAGES
}


def parse_language(text: str | None) -> Language | None:
    """`ja` or `en`, or None for anything else."""
    return next((language for language in LANGUAGES if language == text), None)


def message(language: Language, key: str, **values: object) -> str:
    """The words of a key with its `{places}` filled. Raises KeyError for a key the dictionary lacks."""
    return MESSAGES[language][key].format(**values) if values else MESSAGES[language][key]
