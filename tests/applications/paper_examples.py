"""Facts of one paper of each kind."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.applications.papers.facts import (
    Appeal,
    CorrectionFacts,
    CorrectionItem,
    DenialFacts,
    EnquiryFacts,
    Item,
    Letterhead,
    PaperFacts,
    PaperKind,
    PermitFacts,
    Place,
    ReplyFacts,
)

OWNER = Letterhead(
    number="8財運管第789号",
    issued_on=date(2026, 11, 24),
    office="東京都財務局",
    signatory="東京都財務局長",
    addressee="サンプル通信株式会社",
    addressee_unit="ネットワーク建設部",
    case_ref="2026-000123-02",
    contact=("東京都財務局財産運用部管理課　電話 03-0000-0000", "メール zaisan@example.jp"),
)
WINDOW = replace(
    OWNER,
    number="8デ一窓第123号",
    office="東京都デジタルサービス局",
    signatory="5Gアンテナ基地局等設置ワンストップ窓口",
)
PLACE = Place(
    asset_id="130001-B-000123",
    name="都立中央図書館",
    address="東京都港区南麻布五丁目7番13号",
    part="本館屋上 北側（塔屋の西）",
)
APPEAL = Appeal(review_body="東京都知事", defendant="東京都", representative="東京都知事")
CARRIER = "サンプル通信株式会社"

ENQUIRY = EnquiryFacts(
    letter=replace(WINDOW, addressee="東京都財務局長", addressee_unit="財産運用部管理課", honorific="殿"),
    place=PLACE,
    applicant=CARRIER,
    received_on=date(2026, 11, 20),
    purpose="第5世代移動通信システム基地局の新設",
    plan=(
        Item(label="方式・周波数", text="5G（Sub6）3.7GHz帯、4G 800MHz帯"),
        Item(label="設備", text="アンテナ3面（高さ4.5m）、合計180kg"),
    ),
    questions=("設置の可否（一次判断）", "使用の制限（時間、荷重、景観、改修・建替えの予定）"),
    attachments=("位置図", "配置図（平面・立面）"),
    answer_due_on=date(2026, 12, 15),
)
YES = ReplyFacts(
    letter=replace(OWNER, addressee="ワンストップ窓口"),
    place=PLACE,
    applicant=CARRIER,
    enquiry_number="8デ一窓第123号",
    enquiry_on=date(2026, 11, 24),
    is_possible=True,
    conditions=("設置荷重は1㎡当たり1,800N以下とすること。", "防水層を傷つけない工法によること。"),
)
NO = replace(
    YES,
    is_possible=False,
    conditions=(),
    reason="屋上の許容荷重の不足\n残る許容荷重が0.6kN/㎡です。",
    reopens_on=date(2028, 4, 1),
)
PERMIT = PermitFacts(
    letter=replace(OWNER, seal_omitted=False),
    form="use_permit",
    permit_number="8財運管使第45号",
    legal_basis="地方自治法（昭和22年法律第67号）第238条の４第７項",
    applied_on=date(2026, 11, 2),
    holder=CARRIER,
    place=PLACE,
    area_m2=Decimal("12.50"),
    purpose="移動通信用基地局の設置",
    from_on=date(2027, 1, 1),
    to_on=date(2031, 12, 31),
    fee_jpy=Decimal(1234567),
    fee_period="年額",
    fee_rule="建物の価格×6/1000（月額）。1円未満切捨て。",
    conditions=("許可された目的以外に使用しないこと。", "直ちに原状に回復すること。"),
    appeal=APPEAL,
)
LEASE = replace(PERMIT, form="lease", appeal=None, fee_jpy=None, fee_period="", permit_number="8財運管貸第3号")
CORRECTION = CorrectionFacts(
    letter=WINDOW,
    place=PLACE,
    applicant=CARRIER,
    application_number="2026-000123-02",
    applied_on=date(2026, 11, 20),
    items=(
        CorrectionItem(place="設備の質量", wrong="構造計算書と合いません。", remedy="表3と同じ値を記入してください。"),
        CorrectionItem(place="位置図.pdf", wrong="方位がありません。", remedy="方位を入れて出し直してください。"),
    ),
    due_on=date(2026, 12, 22),
    stopped_on=date(2026, 11, 24),
)
DENIAL = DenialFacts(
    letter=OWNER,
    form="use_permit",
    place=PLACE,
    applicant=CARRIER,
    application_number="2026-000123-02",
    applied_on=date(2026, 11, 2),
    purpose="移動通信用基地局の設置",
    reason="改修工事により屋上の全面を使用するため、施設の用途又は目的を妨げます。",
    legal_ground="地方自治法第238条の４第７項",
    appeal=APPEAL,
)
EXAMPLES: dict[str, tuple[PaperKind, PaperFacts]] = {
    "enquiry": (PaperKind.ENQUIRY, ENQUIRY),
    "reply-yes": (PaperKind.REPLY, YES),
    "reply-no": (PaperKind.REPLY, NO),
    "permit": (PaperKind.PERMIT, PERMIT),
    "lease": (PaperKind.PERMIT, LEASE),
    "correction": (PaperKind.CORRECTION, CORRECTION),
    "denial": (PaperKind.DENIAL, DENIAL),
}
