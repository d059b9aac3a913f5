"""What can be said of a value in a cell, in the words a clerk reads: errors, warnings and mendings."""

from app.tabular.findings import Level, Rule

# fmt: off

CONTROL_CHARACTERS = Rule(
    "control-characters", Level.MENDED, "に見えない制御文字が入っていました", "held invisible control characters",
    "制御文字を取り除きました", "control characters were removed",
)
DIRECTION_CHARACTERS = Rule(
    "direction-characters", Level.MENDED, "に文字の向きを変える見えない文字が入っていました",
    "held invisible characters that turn the direction of writing",
    "向きを変える文字を取り除きました", "direction characters were removed",
)
INVISIBLE_CHARACTERS = Rule(
    "invisible-characters", Level.MENDED, "に幅のない見えない文字が入っていました", "held characters of no width",
    "見えない文字を取り除きました", "invisible characters were removed",
)
LINE_BREAK = Rule(
    "line-break", Level.MENDED, "はセルの中で改行されていました", "held line breaks",
    "改行を空白にしました", "line breaks became spaces",
)
HALF_WIDTH_KANA = Rule(
    "half-width-kana", Level.MENDED, "は半角カナでした", "was in half-width kana",
    "全角カナにしました", "made full-width",
)
FULL_WIDTH = Rule(
    "full-width", Level.MENDED, "は全角の英数字でした", "was in full-width letters or digits",
    "半角にしました", "made half-width",
)
LOST_ZERO_OF_PHONE = Rule(
    "phone-lost-zero", Level.MENDED, "は数値になり、先頭の0が消えていました", "had become a number and lost its leading 0",
    "先頭に0を補いました", "the leading 0 was put back",
)
DASH_FOR_EMPTY = Rule(
    "dash-for-empty", Level.MENDED, "は空欄の意味の記号と読みました", "was read as a mark for nothing",
    "空欄にしました", "left empty",
)
WORD_FOR_EMPTY = Rule(
    "word-for-empty", Level.MENDED, "は値がないという意味と読みました", "was read as saying there is no value",
    "空欄にしました", "left empty",
)
GAIJI = Rule(
    "gaiji", Level.WARNING, "に外字が入っています。ほかのパソコンでは読めません", "holds user-defined characters others cannot see",
    "ふつうの漢字かカナに置き換えてください", "replace them by ordinary kanji or kana",
)
BROKEN_CHARACTERS = Rule(
    "broken-characters", Level.WARNING, "に文字化け（�）があります", "holds broken characters (�)",
    "文字コードを選び直すか、元の文字を入力してください", "choose another encoding, or write the original characters",
)
FORMULA_TEXT = Rule(
    "formula-text", Level.WARNING, "は式のように見えます。文字として取り込みます", "looks like a formula and is kept as text",
    "式でなければ先頭の = + - @ を消してください", "remove the = + - @ at its start unless it is meant",
)
DATE_IN_TEXT = Rule(
    "date-in-text", Level.WARNING, "は日付になっています。番号や地番が自動で変わったのかもしれません",
    "is a date; a number such as 3-1 may have been turned into one",
    "セルの書式を「文字列」にして入力し直してください", "format the cell as text and write it again",
)
EXCEL_ERROR = Rule(
    "excel-error", Level.ERROR, "はExcelのエラーです", "is an error of the spreadsheet",
    "式を直すか、値を直接入力してください", "mend the formula, or write the value itself",
)
TEXT_TOO_LONG = Rule(
    "text-too-long", Level.ERROR, "は長すぎます（10,000文字まで）", "is too long (10,000 characters at most)",
    "短くするか、引用符（\"）の閉じ忘れがないか確かめてください", "shorten it, or look for a quotation mark left open",
)

THOUSANDS = Rule(
    "thousands-separators", Level.MENDED, "に桁区切りが入っていました", "held thousands separators",
    "桁区切りを外しました", "separators were removed",
)
APPROXIMATE = Rule(
    "approximate", Level.MENDED, "は「約」「程度」などの言葉付きでした", "came with a word such as 'about'",
    "数だけを取り込みました", "the number alone was taken",
)
UNIT_REMOVED = Rule(
    "unit-removed", Level.MENDED, "に単位が書かれていました", "held its unit",
    "単位を外して数にしました", "the unit was removed",
)
UNIT_CONVERTED = Rule(
    "unit-converted", Level.MENDED, "は別の単位でした", "was in another unit",
    "この項目の単位に換算しました", "converted to the unit of this column",
)
TSUBO = Rule(
    "tsubo-to-m2", Level.MENDED, "は坪でした", "was in tsubo",
    "㎡に換算しました（1坪 = 3.305785㎡）", "converted to m² (1 tsubo = 3.305785 m²)",
)
BLANKS = Rule(
    "blanks-in-number", Level.MENDED, "の数字の間に空白がありました", "held blanks between its digits",
    "空白を取り除きました", "blanks were removed",
)
IN_BRACKETS = Rule(
    "number-in-brackets", Level.WARNING, "はかっこに入っています", "stands in brackets",
    "かっこを外した数にしました。マイナスや内数の意味なら直してください", "taken without them; mend it if a negative or partial number is meant",
)
NEGATIVE_MARK = Rule(
    "negative-mark", Level.MENDED, "は△や▲で負の数を表していました", "showed a negative number by △ or ▲",
    "マイナスの数にしました", "made a number with a minus sign",
)
KANJI_NUMBER = Rule(
    "kanji-number", Level.MENDED, "は漢数字でした", "was written in kanji numerals",
    "算用数字にしました", "made Arabic numerals",
)
FLOORS = Rule(
    "floors-from-words", Level.MENDED, "は言葉の付いた階数でした", "was a number of floors with words",
    "階数だけを取り込みました", "the number of floors alone was taken",
)
FLOORS_BOTH = Rule(
    "floors-both-in-one", Level.WARNING, "には地上と地下の階数が一緒に書かれています", "tells floors above and below in one cell",
    "この列の分だけを取り込みます。地上階数と地下階数を別の列に分けてください",
    "this column's part alone is taken; put floors above and below in two columns",
)
NOT_WHOLE = Rule(
    "not-whole", Level.ERROR, "は整数ではありません", "is not a whole number",
    "小数点のない数を入力してください", "write a whole number",
)
RANGE = Rule(
    "range-for-number", Level.ERROR, "には数が2つ以上あります", "is a range, or holds more than one number",
    "代表する数を1つだけ入力し、範囲は備考に書いてください", "write one number, and the range in the remarks",
)
NOT_A_NUMBER = Rule(
    "not-a-number", Level.ERROR, "は数として読めません", "cannot be read as a number",
    "数字だけを入力してください（例 12.5）", "write digits only, such as 12.5",
)
NUMBER_TOO_LARGE = Rule(
    "number-too-large", Level.ERROR, "は大きすぎて記録できません", "is too large to be kept",
    "桁を確かめて入力し直してください", "check its digits and write it again",
)
WRONG_UNIT = Rule(
    "wrong-unit", Level.ERROR, "の単位はこの項目に使えません", "has a unit that does not fit this column",
    "列の対応が正しいか確かめ、この項目の単位で入力してください", "check what the column means, and use its unit",
)
DATE_IN_NUMBER = Rule(
    "date-in-number", Level.ERROR, "は日付になっています", "is a date where a number belongs",
    "セルの書式を「標準」にして数を入力し直してください", "format the cell as General and write the number again",
)

ERA = Rule(
    "era-to-western", Level.MENDED, "は和暦でした", "was a year of a Japanese era",
    "西暦にしました", "made a year of the Western calendar",
)
ERA_OUTSIDE = Rule(
    "era-outside", Level.WARNING, "はその元号の期間の外です（例 平成32年は令和2年）", "lies outside that era (Heisei 32 is Reiwa 2)",
    "続けて数えた西暦にしました。正しい年か確かめてください", "counted on to a Western year; check that it is right",
)
DATE_FORM = Rule(
    "date-form", Level.MENDED, "は書き方の違う日付でした", "was a date in another form",
    "年-月-日の形にしました", "made year-month-day",
)
EXCEL_SERIAL = Rule(
    "excel-serial", Level.MENDED, "はExcelの日付の通し番号でした", "was a date as a spreadsheet's serial number",
    "日付にしました", "made a date",
)
YEAR_OF_DATE = Rule(
    "year-of-date", Level.MENDED, "は年月日でした", "was a whole date",
    "年だけを取り込みました", "the year alone was taken",
)
YEAR_WORDS = Rule(
    "year-with-words", Level.MENDED, "は「年」などの言葉付きでした", "was a year with words",
    "年の数だけを取り込みました", "the year alone was taken",
)
DATE_INCOMPLETE = Rule(
    "date-incomplete", Level.ERROR, "は年月日がそろっていません", "lacks its month or day",
    "年・月・日をすべて入力してください（例 2024-09-01）", "write year, month and day, such as 2024-09-01",
)
TWO_DIGIT_YEAR = Rule(
    "two-digit-year", Level.ERROR, "は元号か西暦か分かりません", "may be of an era or of the Western calendar",
    "西暦4桁（例 2024-09-01）か元号付き（例 令和6年9月1日）で入力してください", "write a year of four digits, or the era",
)
NO_SUCH_DAY = Rule(
    "no-such-day", Level.ERROR, "という日はありません", "is no day of the calendar",
    "月と日を確かめてください", "check month and day",
)
NOT_A_DATE = Rule(
    "not-a-date", Level.ERROR, "は日付として読めません", "cannot be read as a date",
    "2024-09-01 のように入力してください", "write it like 2024-09-01",
)
NOT_A_YEAR = Rule(
    "not-a-year", Level.ERROR, "は年として読めません", "cannot be read as a year",
    "西暦4桁（例 1970）か元号付き（例 昭和45年）で入力してください", "write four digits such as 1970, or the era",
)
DATE_FAR = Rule(
    "date-far", Level.WARNING, "は明治より前か2100年より後です", "lies before 1868 or after 2100",
    "年を確かめてください", "check the year",
)

NOT_YES_OR_NO = Rule(
    "not-yes-or-no", Level.ERROR, "は有・無のどちらか分かりません", "says neither yes nor no",
    "「有」か「無」を入力してください", "write 有 (yes) or 無 (no)",
)
CHOICE_WORD = Rule(
    "choice-word", Level.MENDED, "は選択肢と同じ意味の言葉でした", "means one of the choices",
    "選択肢の言葉にしました", "made the word of the choice",
)
CHOICE_MAIN_PART = Rule(
    "choice-main-part", Level.MENDED, "には選択肢のほかの言葉（階数・屋根・一部の構造）もありました",
    "tells more than the choice (floors, roof, a part built otherwise)",
    "主な構造だけを取り込みました", "the main part alone was taken",
)
NOTE_IN_BRACKETS = Rule(
    "note-in-brackets", Level.WARNING, "の（ ）の中は取り込まれません", "has a note in brackets that is not kept",
    "大事な条件なら、備考などの列に書いてください", "write it in a column of remarks if it matters",
)
CHOICE_FIRST = Rule(
    "choice-first-of-several", Level.WARNING, "には選択肢が2つ以上あります", "names more than one choice",
    "最初のものだけを取り込みます。主なものを1つ選んでください", "the first alone is taken; choose the main one",
)
CHOICE_NOT_KEPT = Rule(
    "choice-not-kept", Level.WARNING, "に当たる選択肢がないので空欄にしました", "has no choice of its own and was left empty",
    "必要なら備考などの列に書いてください", "write it in a column of remarks if it matters",
)
UNKNOWN_CHOICE = Rule(
    "unknown-choice", Level.ERROR, "は選択肢にありません", "is none of the choices",
    "選択肢のどれかを入力してください", "write one of the choices",
)
BEYOND_LIMITS = Rule(
    "beyond-limits", Level.WARNING, "はふつうの範囲の外です", "lies outside the usual range",
    "桁や単位を確かめてください", "check digits and unit",
)

# fmt: on
RULES: tuple[Rule, ...] = tuple(rule for rule in list(globals().values()) if isinstance(rule, Rule))
