"""The filter form sent without JavaScript: its values as the one CQL2 filter of the address."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi.datastructures import QueryParams

from app.assets.fields import FIELDS
from app.fields import Field

# Fields that the form offers, in its order; app/web/static/filter.js writes the same filter in the browser.
CHOICES = ("asset_kind", "structure_kind", "owner_type", "power", "fibre", "availability", "priority_area")
FORM_NAMES = frozenset({*CHOICES, "municipality_code", "height_from", "height_to", "is_sample"})


def choice_fields() -> tuple[Field, ...]:
    """The asset fields that the form offers as choices."""
    by_name = {field.name: field for field in FIELDS}
    return tuple(by_name[name] for name in CHOICES)


def address_of_form(form: QueryParams) -> str | None:
    """Query of the page that shows what the form asks; None when no form value is there. Values unknown are dropped."""
    if not FORM_NAMES.intersection(form):
        return None
    filter_text = " AND ".join(filter(None, [form.get("filter"), *_conditions(form)]))
    kept = {name: form[name] for name in ("lang", "q") if form.get(name)}
    return "?" + urlencode({**kept, "filter": filter_text} if filter_text else kept)


def _conditions(form: QueryParams) -> list[str]:
    codes = [code for code in form.getlist("municipality_code") if re.fullmatch(r"[0-9]{5}", code)]
    conditions = [_is_any_of("municipality_code", codes)]
    for field in choice_fields():
        conditions.append(_is_any_of(field.name, [code for code in form.getlist(field.name) if _known(field, code)]))
    for name, operator in (("height_from", ">="), ("height_to", "<=")):
        if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", form.get(name, "")):
            conditions.append(f"height_m {operator} {form[name]}")
    if form.get("is_sample") in ("true", "false"):
        conditions.append(f"is_sample = {form['is_sample'].upper()}")
    return conditions


def _known(field: Field, code: str) -> bool:
    values: Mapping[str, object] = field.values or {}
    return code in values


def _is_any_of(field: str, codes: list[str]) -> str:
    listed = ", ".join(f"'{code}'" for code in codes)
    return "" if not codes else f"{field} = {listed}" if len(codes) == 1 else f"{field} IN ({listed})"
