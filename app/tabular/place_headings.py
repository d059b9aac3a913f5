"""Columns that say where something is but are no field of their own: coordinates, codes, parts of an address."""

from app.tabular.targets import Target

PLACE_TARGETS: tuple[Target, ...] = (
    Target(
        "latitude", "緯度", "Latitude", exact=("緯度", "latitude"),
        usual=("北緯", "lat", "緯度座標", "緯度(世界測地系)", "緯度(10進法)", "座標緯度", "y", "世界測地系緯度", "ido"),
    ),
    Target(
        "longitude", "経度", "Longitude", exact=("経度", "longitude"),
        usual=("東経", "lon", "lng", "long", "経度座標", "座標経度", "x", "世界測地系経度", "keido"),
    ),
    Target(
        "plane_x", "X座標（北方向）", "Plane X (northing)",
        usual=("x座標", "平面直角座標x", "平面直角x", "座標x", "x(m)", "northing", "北方向", "x値", "公共座標x", "x"),
    ),
    Target(
        "plane_y", "Y座標（東方向）", "Plane Y (easting)",
        usual=("y座標", "平面直角座標y", "平面直角y", "座標y", "y(m)", "easting", "東方向", "y値", "公共座標y", "y"),
    ),
    Target(
        "plane_zone", "平面直角座標系の系番号", "Zone of plane coordinates",
        usual=("系", "系番号", "座標系番号", "平面直角座標系", "座標系", "平面直角座標系の系番号", "zone"),
    ),
    Target("datum", "測地系", "Datum", usual=("測地系", "座標参照系", "測地系名", "datum", "crs", "epsg")),
    Target(
        "postal_code", "郵便番号", "Postal code", exact=("郵便番号", "postal_code"),
        usual=("〒", "郵便", "postcode", "zip", "zipcode", "zip_code", "postalcode"),
    ),
    Target(
        "localgov_code", "全国地方公共団体コード（作成団体）", "Local government code of the publisher",
        exact=("都道府県コード又は市区町村コード", "全国地方公共団体コード", "localgov_code"),
        usual=("団体コード", "地方公共団体コード", "自治体コード", "prefcode", "団体cd"),
    ),
    Target(
        "prefecture", "都道府県", "Prefecture",
        exact=("都道府県名", "所在地_都道府県", "seat_prefecture"), usual=("都道府県", "県名", "pref", "prefecture", "県", "都道府県名漢字", "N03_001"),
    ),
    Target(
        "city", "市区町村（住所の一部）", "Municipality (part of the address)",
        exact=("市区町村名", "所在地_市区町村", "seat_city", "区市町村名", "区市町村", "市区町村"), usual=("市区町村", "市町村名", "市町村", "区市町村", "city", "所在地_市町村", "N03_004"),
    ),
    Target(
        "town", "町字", "Town", exact=("所在地_町字", "seat_choaza"),
        usual=("町字", "町名", "町丁目", "町丁目名", "大字", "大字町丁目", "丁目", "字", "town", "町丁", "大字・町丁目", "町字名"),
    ),
    Target(
        "block", "番地以下", "Block and number", exact=("所在地_番地以下", "seat_after_address"),
        usual=("番地以下", "番地", "番地等", "住居番号", "街区", "番地・号", "以下住所", "番地号"),
    ),
    Target(
        "geometry", "位置（緯度と経度、または図形のWKT）", "Position (both numbers, or WKT)",
        usual=("緯度経度", "緯度・経度", "緯度、経度", "経緯度", "緯経度", "経度緯度", "位置座標", "座標", "位置情報", "位置(緯度経度)", "GPS座標", "GPS", "latlng", "latlon",
               "lat,lon", "lonlat", "coordinates", "wkt", "geometry", "geom", "the_geom", "wkt_geom", "図形"),
    ),
)  # fmt: skip

# Columns of published standards that no field holds: recognised as headings, kept as they are.
KEPT_ASIDE: tuple[str, ...] = (
    "#property", "町字ID", "高度の種別", "高度の値", "画像", "画像_ライセンス", "内線番号", "連絡先FormURL", "連絡先備考(その他、SNSなど)",
    "法人番号", "利用可能曜日", "開始時間", "終了時間", "利用可能日時特記事項", "利用可能時間特記事項", "名称_通称", "POIコード", "説明",
    "バリアフリー情報", "choaza_id", "advanced_classification", "advanced_value", "image", "image_licence", "extensionNumber",
    "最終確認日", "情報更新日", "更新日", "アクセス方法", "駐車場_有無", "駐車場情報", "料金_要否", "料金(詳細)", "市長名", "データの項目名を入力",
    "取得年月日", "取得年", "取得価格", "取得価額", "台帳価格", "評価額", "築年数", "棟数", "citykana", "phrase", "最終更新日", "登録日",
    "dataset", "受入対象者", "muni_by_nearest", "address_derived", "source", "licence", "koaza", "指定緊急避難場所との住所同一", "指定避難所との住所同一",
    "availableDate", "availableDateNote", "startTime", "endTime",
)  # fmt: skip
