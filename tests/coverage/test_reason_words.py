"""Every reason a cell can have is told in words, in both languages."""

import pytest

from app.coverage.combining import TOGETHER_REASONS
from app.coverage.reasons import REASONS
from app.web.coverage_words import reason_words
from app.web.messages import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", sorted({*REASONS, *TOGETHER_REASONS}))
def test_a_reason_has_words(reason: str, language: Language) -> None:
    words = reason_words(reason, language)
    assert reason not in words and words.endswith("。" if language == "ja" else ".")
