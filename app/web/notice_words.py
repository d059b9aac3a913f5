"""How pages of notices and webhooks say things."""

from typing import Any

from app.web.case_words import case_words
from app.web.messages import Language


def notice_words(language: Language) -> dict[str, Any]:
    """Functions for templates: the words of cases, and reasons told in two languages."""
    return {**case_words(language), "in_language": lambda text: in_language(text, language)}


def in_language(reason: str | None, language: Language) -> str:
    """One side of a reason kept as `Japanese / English`; all of one that is not."""
    sides = (reason or "").split(" / ", 1)
    return sides[language == "en"] if len(sides) == 2 else sides[0]
