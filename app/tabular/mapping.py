"""Which column means what: proposed from headings and samples, or taken from a saved recipe."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from app.tabular.assignment import best_assignment
from app.tabular.heading_words import heading_forms, heading_unit, normalise_heading
from app.tabular.place_headings import KEPT_ASIDE
from app.tabular.sample_fit import axis_fit, fit, values_of
from app.tabular.table import Heading, Row
from app.tabular.targets import Target

__all__ = ["Proposal", "apply_recipe", "known_headings", "normalise_heading", "propose"]

_EXACT, _LABEL, _USUAL = 0.98, 0.95, 0.9  # words of a standard, the field's own name, words of ledgers and offices
_LAST_ROW = 0.88  # the words of the lowest of several heading rows
_LEAST = 0.4  # below this nothing is proposed
_EMPTY = 0.6  # an empty column gives way to a filled one whose words say less
_SURE = 0.8
_LOOKED_AT = 400  # columns searched for words that are merely alike
_NAME_OF_A_PLACE = re.compile("(?:所|場|館|園|校|設|物|地|橋|駅|局|院|室|店|宅|棟|ホール|センター|等)名称?$")


class Proposal(NamedTuple):
    """What a column is taken to mean and why; `target` None: kept aside. `unit` is what its heading names.

    `confidence` runs from 0 to 1; 1 is a person's own choice.
    """

    place: int
    target: str | None
    confidence: float
    reason_ja: str
    reason_en: str
    unit: str | None


class _Words(NamedTuple):
    """A word of the dictionary: what it stands for and how surely."""

    target: str
    weight: float


Lexicon = dict[str, list[_Words]]


def propose(headings: Sequence[Heading], samples: Sequence[Row], targets: Sequence[Target]) -> list[Proposal]:
    """A proposal per column, in the order of `headings`; a target goes to one column at most, the best overall.

    Words weigh first; samples tell apart what words leave open (種別: a kind of asset or a kind of facility?).
    """
    lexicon = _lexicon(targets)
    by_name = {target.name: target for target in targets}
    repeated = _repeated_axes(headings, lexicon)
    scores: dict[int, dict[str, float]] = {}
    weights: dict[int, dict[str, float]] = {}
    for heading in headings:
        cells = values_of(samples, heading.place)
        words = _candidates(heading, lexicon)
        if heading.place in repeated:
            found = {axis: 0.9 * axis_fit(axis, cells) for axis in ("latitude", "longitude")}
        else:
            unit = heading_unit(heading.name)
            ambiguous = len(words) > 1
            found = {name: weight * fit(by_name[name], cells, unit, ambiguous) for name, weight in words.items()}
        scores[heading.place] = {name: score for name, score in found.items() if score >= _LEAST}
        filled = 1.0 if cells else _EMPTY
        weights[heading.place] = {name: score * filled for name, score in scores[heading.place].items()}
    chosen = best_assignment(weights)
    return [_proposal(heading, chosen.get(heading.place), scores[heading.place], by_name) for heading in headings]


def apply_recipe(headings: Sequence[Heading], saved: Mapping[str, str | None]) -> list[Proposal]:
    """Proposals from a saved recipe, heading → target; headings are compared as `normalise_heading` sees them.

    Headings the recipe does not know stay without a target, and so does a second column of the same words.
    """
    exact = dict(saved)
    alike = {normalise_heading(name): target for name, target in reversed(list(saved.items()))}
    taken: set[str] = set()
    proposals = []
    for heading in headings:
        target = exact.get(heading.name, alike.get(normalise_heading(heading.name)))
        if target is None or target in taken:
            words = ("保存した対応表にありません", "not in the saved mapping")
            proposals.append(Proposal(heading.place, None, 0.0, *words, heading_unit(heading.name)))
            continue
        taken.add(target)
        words = ("保存した対応表のとおりです", "as in the saved mapping")
        proposals.append(Proposal(heading.place, target, 1.0, *words, heading_unit(heading.name)))
    return proposals


def known_headings(targets: Sequence[Target]) -> frozenset[str]:
    """All words of the dictionary as `normalise_heading` gives them, for finding the row of headings."""
    words = {word for target in targets for word, _ in _words_of(target)} | set(KEPT_ASIDE)
    # With marks and brackets too, for who compares headings as they stand.
    standing = {unicodedata.normalize("NFKC", word).replace(" ", "").lower() for word in words}
    return frozenset(standing | {normalise_heading(word) for word in words} - {""})


def _words_of(target: Target) -> list[tuple[str, float]]:
    labels = [target.ja, target.en, target.name]
    labels += [target.field.ja, target.field.en] if target.field else []
    return (
        list(_ranked(target.usual, _USUAL)) + [(word, _LABEL) for word in labels] + list(_ranked(target.exact, _EXACT))
    )


def _ranked(words: Sequence[str], weight: float) -> Iterator[tuple[str, float]]:
    """Words with their weights, a little less for each that stands before; the surest last."""
    for place in range(len(words) - 1, -1, -1):
        yield words[place], weight - 0.001 * place


def _lexicon(targets: Sequence[Target]) -> Lexicon:
    lexicon: Lexicon = {}
    for target in targets:
        # A word said twice of a target keeps its greatest weight, which comes last.
        weights = {heading_forms(word)[0]: weight for word, weight in _words_of(target)}
        for word, weight in weights.items():
            lexicon.setdefault(word, []).append(_Words(target.name, weight))
    for word in KEPT_ASIDE:
        lexicon.setdefault(heading_forms(word)[0], [])
    lexicon.pop("", None)
    return lexicon


def _candidates(heading: Heading, lexicon: Lexicon) -> dict[str, float]:
    """Targets the heading's words may mean, with the weight of the words alone."""
    found: dict[str, float] = {}
    for form, factor in zip(heading_forms(heading.name), (1.0, 0.97, _LAST_ROW), strict=True):
        # All readings count, and samples choose: 所在 | 地番 may be one word or a group and its part.
        for word in lexicon.get(form, ()):
            found[word.target] = max(found.get(word.target, 0.0), word.weight * factor)
    if found:
        return found
    return _within(heading_forms(heading.name)[0], lexicon) if heading.place < _LOOKED_AT else {}


def _within(form: str, lexicon: Lexicon) -> dict[str, float]:
    """Targets whose words the heading ends or begins with, or nearly equals (連結標記 for 連結表記)."""
    found: dict[str, float] = {}
    longest = 0
    for word, meanings in lexicon.items():
        if len(word) <= longest or len(word) < (2 if not word.isascii() else 6):
            continue
        share = len(word) / len(form) if form else 0
        if form.endswith(word):
            found, longest = {m.target: m.weight * (0.62 + 0.25 * share) for m in meanings}, len(word)
    if found or longest or len(form) < 4:
        return found
    if _NAME_OF_A_PLACE.search(form):
        return {"name": 0.65}
    for word in get_close_matches(form, lexicon, n=1, cutoff=0.8):
        return {m.target: m.weight * 0.75 for m in lexicon[word]}
    for word, meanings in lexicon.items():
        if len(word) >= (2 if not word.isascii() else 4) and len(word) > longest and form.startswith(word):
            found, longest = {m.target: m.weight * (0.42 + 0.25 * len(word) / len(form)) for m in meanings}, len(word)
    return found


def _repeated_axes(headings: Sequence[Heading], lexicon: Lexicon) -> frozenset[int]:
    """Columns headed latitude or longitude where one of the two words stands above more than one column."""
    axes: dict[int, str] = {}
    for heading in headings:
        for axis in ("latitude", "longitude"):
            if _candidates(heading, lexicon).get(axis, 0) >= _SURE and normalise_heading(heading.name) not in (
                "x",
                "y",
            ):
                axes[heading.place] = axis
    return frozenset(axes) if any(count > 1 for count in Counter(axes.values()).values()) else frozenset()


def _proposal(
    heading: Heading, target: str | None, scores: dict[str, float], by_name: Mapping[str, Target]
) -> Proposal:
    unit = heading_unit(heading.name)
    if target is None:
        words = (
            ("ほかの列に割り当てました", "given to another column")
            if scores
            else ("当てはまる項目がありません", "no field fits")
        )
        return Proposal(heading.place, None, 0.0, *words, unit)
    score = round(scores[target], 2)
    label = by_name[target]
    if score >= _SURE:
        return Proposal(
            heading.place,
            target,
            score,
            f"見出しが「{label.ja}」を表す言葉です",
            f"its heading is a word for {label.en}",
            unit,
        )
    return Proposal(
        heading.place, target, score, f"見出しか内容が「{label.ja}」に似ています。確かめてください",
        f"its heading or content resembles {label.en}; please check", unit,
    )  # fmt: skip
