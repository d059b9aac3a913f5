"""What may be said of a row's position."""

from app.tabular.findings import Level, Rule

_ERROR, _WARNING, _MENDED = Level.ERROR, Level.WARNING, Level.MENDED

SWAPPED = Rule(
    "lat-lon-swapped", _MENDED,
    "緯度と経度が入れ替わっていました", "latitude and longitude were swapped",
    "入れ替えて読みました", "read the other way round",
)  # fmt: skip
DMS = Rule(
    "degrees-minutes-seconds", _MENDED,
    "度分秒で書かれていました", "written in degrees, minutes and seconds",
    "10進の度に直しました", "turned into decimal degrees",
)  # fmt: skip
FULL_WIDTH = Rule(
    "position-full-width", _MENDED,
    "全角や単位まじりで書かれていました", "written in full-width characters or with words",
    "半角の数にしました", "turned into a plain number",
)  # fmt: skip
PAIR = Rule(
    "position-in-one-cell", _MENDED,
    "緯度と経度が1つのセルに書かれていました", "latitude and longitude were written in one cell",
    "2つの数に分けました", "split into two numbers",
)  # fmt: skip
POINT_LOST = Rule(
    "position-decimal-point-lost", _WARNING,
    "緯度・経度の小数点が落ちています", "the decimal point of the coordinates is missing",
    "小数点を補って読みました。位置を地図で確かめてください", "read with the point put back; check it on the map",
)  # fmt: skip
PLANE = Rule(
    "plane-rectangular", _MENDED,
    "平面直角座標で書かれていました", "written in plane rectangular coordinates",
    "緯度と経度に直しました", "turned into latitude and longitude",
)  # fmt: skip
PLANE_SWAPPED = Rule(
    "plane-rectangular-swapped", _MENDED,
    "平面直角座標のX（北方向）とY（東方向）が入れ替わっていました",
    "X (northing) and Y (easting) of the plane rectangular coordinates were swapped",
    "入れ替えて緯度と経度に直しました", "turned into latitude and longitude the other way round",
)  # fmt: skip
PLANE_ZONE = Rule(
    "plane-zone-unknown", _ERROR,
    "平面直角座標のようですが、何系か決められません", "looks like plane rectangular coordinates of an unknown zone",
    "「系番号」の列に系の番号（1〜19、東京都の本土と伊豆諸島は9、小笠原は14）を書いてください",
    "write the zone into a column 系番号 (1-19; Tokyo 9, Ogasawara 14)",
)  # fmt: skip
NOT_A_POSITION = Rule(
    "not-a-position", _ERROR,
    "緯度・経度として読めません", "cannot be read as a latitude or longitude",
    "10進の度（例 35.689556 と 139.691711）で書いてください", "write decimal degrees (35.689556 and 139.691711)",
)  # fmt: skip
HALF = Rule(
    "position-half-missing", _WARNING,
    "緯度と経度の片方がありません", "one of latitude and longitude is missing",
    "住所から位置を求めました。両方を書いてください", "placed by the address; write both",
)  # fmt: skip
PLACEHOLDER = Rule(
    "position-placeholder", _MENDED,
    "位置がないことを表す値（0、999 など）でした", "a value that stands for no position (0, 999)",
    "空として読みました", "read as empty",
)  # fmt: skip
OUTSIDE_JAPAN = Rule(
    "outside-japan", _ERROR,
    "日本（北緯20〜46度、東経122〜154度）の外です", "lies outside Japan (20-46 N, 122-154 E)",
    "緯度と経度を確かめてください", "check latitude and longitude",
)  # fmt: skip
OUTSIDE = Rule(
    "outside-municipality", _ERROR,
    "その区市町村の外の位置です", "lies outside the municipality",
    "位置か、住所・市区町村コードを直してください", "mend the position, or the address or municipality code",
)  # fmt: skip
OUTSIDE_SAMPLE = Rule(
    "outside-sample-boundary", _WARNING,
    "見本の境界の外の位置です（本物の境界はまだ入っていません）",
    "lies outside a sample boundary (the real ones are not loaded)",
    "地図で確かめてください", "check it on the map",
)  # fmt: skip
NEAR_EDGE = Rule(
    "near-municipality-edge", _WARNING,
    "区市町村の境のすぐ外の位置です", "lies just outside the municipality",
    "地図で確かめてください（境界の図形は簡略なので、正しいこともあります）",
    "check it on the map (boundaries are simplified: it may be right)",
)  # fmt: skip
ADDRESS_DIFFERS = Rule(
    "address-municipality-differs", _WARNING,
    "住所の区市町村と、行の市区町村（コードか名前）が違います",
    "the address and the row's municipality (code or name) differ",
    "住所の区市町村として読みました。どちらかを直してください", "taken by the address; mend one of them",
)  # fmt: skip
FROM_ADDRESS = Rule(
    "position-from-address", _WARNING,
    "位置がないので、住所の町丁目の代表点に置きました", "has no position: put on the point of its town",
    "緯度・経度が分かれば書いてください（数百 m ずれることがあります）",
    "write latitude and longitude if known (it may be off by hundreds of metres)",
)  # fmt: skip
CITY_LEVEL = Rule(
    "city-level-position", _ERROR,
    "住所から町丁目が分からず、位置を決められません", "the address names no known town: no position follows",
    "緯度・経度を書くか、住所を町丁目まで書いてください", "write latitude and longitude, or the address down to its town",
)  # fmt: skip
CITY_LEVEL_GIVEN = Rule(
    "city-level-given", _ERROR,
    "位置の精度が「市区町村」なので、場所として公開できません", "is only accurate to the municipality: no site's position",
    "その場所の緯度・経度を書いてください", "write the site's own latitude and longitude",
)  # fmt: skip
MISSING = Rule(
    "position-missing", _ERROR,
    "位置も住所もありません", "has neither position nor address",
    "緯度・経度か住所を書いてください", "write latitude and longitude, or an address",
)  # fmt: skip
ADDRESS_UNKNOWN = Rule(
    "address-not-found", _ERROR,
    "住所から区市町村が分かりません", "the address names no known municipality",
    "住所を区市町村名から書くか、緯度・経度を書いてください",
    "write the address from the municipality on, or latitude and longitude",
)  # fmt: skip
COARSE = Rule(
    "coarse-position", _WARNING,
    "緯度・経度の桁が足りません（小数4桁未満は10 m より粗い）", "has fewer than four decimals (coarser than 10 m)",
    "小数6桁まで書いてください", "write six decimals",
)  # fmt: skip
SHAPE_KIND = Rule(
    "shape-not-usable", _ERROR,
    "点でも面でもない図形です", "is neither a point nor an area",
    "点（または面）にしてください", "send points (or areas)",
)  # fmt: skip
SHAPE_BROKEN = Rule(
    "shape-mended", _MENDED,
    "図形の輪郭が交差していました", "the outline crossed itself",
    "正しい図形に直しました", "turned into a valid shape",
)  # fmt: skip
AREA_AS_POINT = Rule(
    "area-as-point", _WARNING,
    "面の図形です", "is an area",
    "中の一点に置きました", "put on a point inside it",
)  # fmt: skip
DUPLICATE = Rule(
    "duplicate-in-file", _WARNING,
    "同じ名前の行が 5 m 以内にあります", "another row of this name lies within 5 m",
    "同じものなら、どちらかの行を消してください", "if they are one, delete one of the rows",
)  # fmt: skip
TOKYO_DATUM = Rule(
    "tokyo-datum-suspected", _WARNING,
    "旧日本測地系（Tokyo Datum）の緯度・経度と思われます", "looks like the old Tokyo Datum",
    "旧測地系なら「測地系：旧日本測地系」を選んでください。世界測地系に直して読みます",
    "if so, choose the datum “Tokyo”: positions are then converted",
)  # fmt: skip

TOKYO_DATUM_DOUBTFUL = Rule(
    "tokyo-datum-doubtful", _WARNING,
    "旧日本測地系として直すと、住所からかえって離れます", "converted from the Tokyo Datum, positions move away from addresses",
    "世界測地系（JGD2011・WGS84）ではないか確かめてください", "check whether they are JGD2011 or WGS84 after all",
)  # fmt: skip

RULES: tuple[Rule, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Rule))
