"""`docs/workflow.md`, made from the table of the procedure so that it cannot go stale."""

from collections.abc import Iterator

from app.applications.procedure import PARTY_LABELS, RESUME, Party, Procedure, State, Transition
from app.applications.slots import RESERVATIONS_MOST, RESERVED_DAYS
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES, STAGES
from app.applications.timers import RENEWAL_BEFORE
from app.applications.workflow import FIELD_WORDS

_HEAD = """# Workflow 手続き

Made by `scripts/docs` from `app/applications/standard_procedure.py`; do not edit. One site of an application is one
case: it has a state, and exactly one party owes the next step. Limits are business days of the party that owes the
step (Japanese holidays, 12/29–1/3 and the office's own closures are none); the day something begins is not counted.
An owner may vary limits, documents and the survey for cases that begin from then on; a running case keeps the procedure
it began with. Whoever may not see a case is answered 404; an action of another party's is 403; one the state does not
know is 409 with the actions that are possible; an old page is 412.
"""
# What each effect does, in words.
EFFECTS_IN_WORDS: dict[str, str] = {
    "start_clock": "標準処理期間が始まり、その日の窓口受託者に届く (the clock starts; the window of the day has it)",
    "keep_days": "元の状態と残り日数を覚える (where it was, and the days left, are kept)",
    "note_items": "直すところを一度に記録する (everything to mend is noted at once)",
    "check_items": "直したか理由があるかを確かめる (each item mended, or explained)",
    "offer_sharing": "双方に共用を打診する。名前は伏せる (both carriers are asked; names stay hidden)",
    "answer_sharing": "応じたことを記録する (the yes is noted)",
    "decline_offer": "断ったことを記録する (the no is noted)",
    "check_sharing": "2者目に許可が要るかを判定して残す (whether the tenant needs its own permit)",
    "route": "照会先の所管を決める (the office that answers is found)",
    "asset_there": "アセットが一覧にあることを確かめる (the asset is still in the register)",
    "reserve_slot": f"枠を{RESERVED_DAYS}営業日押さえる (a slot is reserved)",
    "keep_reservation": f"押さえた枠を{RESERVED_DAYS}営業日延ばす (the reservation is prolonged)",
    "hold_slot": "枠を確保したままにする (the slot is held)",
    "release_slot": "枠を空ける (the slot is freed)",
    "reviews_done": "意見を聞いた部署の回答がそろっている (the offices asked have agreed)",
    "feed_back": "アセットの訂正を提案する (corrections of the asset are proposed)",
    "decide": "決定日で時計が終わる (the clock ends with the decision)",
    "give_reason": "理由を記録する (the reason is noted)",
    "write_permit": "許可の内容と番号を残す (the permit and its number)",
    "tenancy": "共用先の許可のもとで進める (a tenant under the holder's permit)",
    "put_station": "基地局を地図に載せ、枠を使う (the station is on the map and takes the slot)",
    "amend_station": "基地局の記録を改める (the station's record is amended)",
    "station_removed": "基地局を運用中から外す (the station is off air)",
}
_CLOCK = {"runs": "進む runs", "stopped": "停止 stopped", "off": "—"}


def workflow_document(procedure: Procedure) -> str:
    """The whole procedure as Markdown with a Mermaid diagram."""
    parts: list[tuple[str, Iterator[str]]] = [
        ("図 Diagram", _diagram(procedure)),
        ("状態 States", _states(procedure)),
        ("操作 Transitions", _transitions(procedure)),
        ("自動で進むこと What happens by itself", _by_itself(procedure)),
        ("理由の区分 Reason codes", _pairs("区分", REASON_CODES)),
        ("書類の種類 Document types", _pairs("種類", DOCUMENT_TYPES)),
    ]
    lines = [
        _HEAD,
        f"標準処理期間 {procedure.standard_days} 営業日、新設は {procedure.new_structure_days} 営業日。",
        "",
    ]
    for title, content in parts:
        lines += [f"## {title}", "", *content, ""]
    return "\n".join(lines)


def _diagram(procedure: Procedure) -> Iterator[str]:
    """States by stage; withdrawal, which leads out of most of them, is left to the table."""
    yield "Withdrawal (取下げ), possible until work begins, is left out of the picture."
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for stage, (ja, en) in STAGES.items():
        yield f'  state "{ja} {en}" as stage_{stage} {{'
        yield from (f'    state "{s.ja} ({_party(s.party)})" as {s.code}' for s in procedure.states if s.stage == stage)
        yield "  }"
    yield "  [*] --> draft"
    for t in procedure.transitions:
        for source in t.source if t.action != "withdraw" else ():
            if t.target == RESUME:
                yield from (f"  {source} --> {back}: {_drawn(t)}" for back in _ways_back(procedure, source))
            else:
                yield f"  {source} --> {t.target}: {_drawn(t)}"
    yield from (f"  {state.code} --> [*]" for state in procedure.states if state.is_end)
    yield "```"


def _drawn(step: Transition) -> str:
    """A label as Mermaid takes it: the first colon begins it, a second would end it."""
    return step.ja.replace(": ", "・").replace(":", "・")


def _ways_back(procedure: Procedure, away: str) -> list[str]:
    """The states a case may have come from."""
    return list(dict.fromkeys(source for t in procedure.transitions if t.target == away for source in t.source))


def _states(procedure: Procedure) -> Iterator[str]:
    yield "| 状態 | | 段階 | 番 | 期限 | 時計 | 期限が過ぎると |"
    yield "|---|---|---|---|---|---|---|"
    for s in procedure.states:
        names = f"| `{s.code}` | {s.ja} {s.en} | {STAGES[s.stage][0]} | {_party(s.party)}"
        yield f"{names} | {_limit(s)} | {_clock(s)} | {f'`{s.on_limit}`' if s.on_limit else ''} |"


def _party(party: Party) -> str:
    return PARTY_LABELS[party][0]


def _limit(state: State) -> str:
    if state.limit_months is not None:
        return f"{state.limit_months}か月"
    if state.limit_days is None:
        return ""
    return f"{state.limit_days}日" + (f"(新設 {state.new_structure_days}日)" if state.new_structure_days else "")


def _clock(state: State) -> str:
    return _CLOCK[state.clock] + (f"({_party(state.stopped_by)})" if state.stopped_by else "")


def _transitions(procedure: Procedure) -> Iterator[str]:
    yield "A change of a station that is on air never ends the case: where the table leads to an end other than `closed`,"
    yield "the case goes back to `on_air` and keeps its slot. `…` means back to the state the case was taken from."
    yield ""
    yield "| 操作 | | だれが | から | へ | 書類 | 入れること | 同時に起きること |"
    yield "|---|---|---|---|---|---|---|---|"
    for t in procedure.transitions:
        sources = " ".join(f"`{source}`" for source in t.source)
        target = "…" if t.target == RESUME else f"`{t.target}`"
        fields = "、".join(FIELD_WORDS[name][0] for name in t.fields)
        effects = "<br>".join(EFFECTS_IN_WORDS[name] for name in t.effects)
        names = f"| `{t.action}` | {t.ja} {t.en} | {_party(t.party)} | {sources} | {target}"
        yield f"{names} | {_documents(t)} | {fields} | {effects} |"


def _documents(step: Transition) -> str:
    always = "、".join(DOCUMENT_TYPES[name][0] for name in step.documents)
    structures = "、".join(DOCUMENT_TYPES[name][0] for name in step.structure_documents)
    return always + (f"構造物のとき: {structures}" if structures else "")


def _by_itself(procedure: Procedure) -> Iterator[str]:
    for s in procedure.states:
        step = procedure.find(s.code, s.on_limit) if s.on_limit else None
        if step is not None:
            yield f"- `{s.code}` {s.ja}: {_limit(s)}を過ぎると「{step.ja}」(`{step.action}`)。{step.consequence_ja}"
    yield f"- 許可期間の終わりの{RENEWAL_BEFORE.days}日前に「更新の時期」(`begin_renewal`)、終わりを過ぎると「期間の満了」(`expire`)。"
    yield f"- 押さえた枠は{RESERVED_DAYS}営業日で失効し、手続きが進むたびに延びる。1事業者が1区市町村で押さえられるのは通常{RESERVATIONS_MOST}枠。"
    yield "- 枠が空いていないときは「形式確認済みとみなす」ことはできず、窓口の番のまま残り、そのことが庁内の履歴に一度だけ書かれる。"


def _pairs(heading: str, words: dict[str, tuple[str, str]]) -> Iterator[str]:
    yield f"| {heading} | 日本語 | English |"
    yield "|---|---|---|"
    yield from (f"| `{code}` | {ja} | {en} |" for code, (ja, en) in words.items())
