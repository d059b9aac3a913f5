"""Logs of known apps, with the headings those apps write; the rows are made up."""

from pathlib import Path
from typing import Any

import pytest

from app.tabular.table import Unreadable
from tests.surveys.judged import found, judge, rows, rules

GNETTRACK_TEXT = (
    "Timestamp\tLongitude\tLatitude\tSpeed\tOperatorname\tOperator\tCGI\tCellname\tNode\tCellID\tLAC\tNetworkTech\tNetworkMode"
    "\tLevel\tQual\tSNR\tCQI\tARFCN\tDL_bitrate\tUL_bitrate\n"
)
TOWER_COLLECTOR = (
    "mcc,mnc,lac,cell_id,short_cell_id,rnc,psc,asu,dbm,ta,lat,lon,accuracy,speed,bearing,altitude,measured_at,net_type,"
    "neighboring,discovered_at,device,rsrp,rsrq,rssi,rssnr,cqi,rscp,csi_rsrp,csi_rsrq,csi_sinr,ss_rsrp,ss_rsrq,ss_sinr,"
    "cdma_dbm,cdma_ecio,evdo_dbm,evdo_ecio,evdo_snr,ec_no,arfcn\r\n"
)
OPENCELLID = (
    "lat,lon,mcc,mnc,sid,lac,tac,nid,cellid,bid,psc,pci,signal,ta,measured_at,rating,speed,direction,act,devn\n"
)
OOKLA = "Date,ConnType,Lat,Lon,Download,Upload,Latency,ServerName,InternalIp,ExternalIp\n"
CELLS = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"


def tower_row(second: int, mnc: int, kind: str, dbm: int, *, neighbour: bool = False, of_nr: str = ",,") -> str:
    """A row of Tower Collector, standing at one place."""
    lte = f"{dbm},-11,-70,8" if kind == "LTE" else ",,,"
    return (
        f"440,{mnc},1,2,,,7,30,{dbm},,35.8,139.1,5,10,90,400,2026-07-01T01:00:{second:02d}.000Z,{kind},{str(neighbour).lower()},"
        f'2026-06-30T00:00:00.000Z,"Google Pixel 8",{lte},,,,,,{of_nr},,,,,,,1850\r\n'
    )


def test_gnettrack_in_text(tmp_path: Path) -> None:
    log = judge(
        tmp_path,
        GNETTRACK_TEXT
        + "2026.07.01_10.00.00\t139.1\t35.8\t36\tNTT DOCOMO\t44010\t-\t-\t1\t2\t3\t4G\tLTE\t-98\t-11\t8\t9\t1850\t2500\t30\n"
        "2026.07.01_10.00.01\t139.1\t35.8\t36\tNTT DOCOMO\t44010\t-\t-\t1\t2\t3\t-\t-\t-\t-\t-\t-\t-\t0\t0\n",
        "log.txt",
    )
    first, second = rows(log)
    assert log.report["recipe"] == "gnettrack-text"
    assert (first["carrier"], first["rsrp_dbm"], first["rsrq_db"], first["downlink_mbps"]) == ("docomo", -98, -11, 2.5)
    assert second["technology"] == "none" and found(log, "blank-is-no-service")["count"] == 1


def test_tower_collector(tmp_path: Path) -> None:
    """Speeds in m/s, times in UTC; cells that do not serve are refused; `dbm` of 5G is its SS-RSRP."""
    log = judge(
        tmp_path,
        TOWER_COLLECTOR
        + tower_row(0, 10, "LTE", -98)
        + tower_row(0, 10, "LTE", -110, neighbour=True)
        + tower_row(1, 51, "NR", -101, of_nr="-101,-12,9")
        + tower_row(2, 11, "UMTS", -90),
    )
    assert log.report["recipe"] == "tower-collector"
    assert rules(log, "refused-row") == {"neighbour-cell": 1}
    four, five, three = rows(log)
    assert (four["carrier"], four["rsrp_dbm"], four["rsrq_db"], four["sinr_db"]) == ("docomo", -98, -11, 8)
    assert four["speed_kmh"] == pytest.approx(36) and four["at"].isoformat() == "2026-07-01T01:00:00+00:00"
    assert four["device"] == "Google Pixel 8" and four["accuracy_m"] == 5
    assert (five["carrier"], five["technology"], five["nr_rsrp_dbm"], five["nr_rsrq_db"]) == (
        "kddi",
        "5g_sa",
        -101,
        -12,
    )
    assert (three["carrier"], three["technology"], three["rsrp_dbm"]) == ("rakuten", "3g", -90)


def test_tower_collector_of_before_2020(tmp_path: Path) -> None:
    head = "mcc,mnc,lac,cell_id,psc,asu,dbm,ta,lat,lon,accuracy,speed,bearing,altitude,measured_at,net_type,neighboring,device\r\n"
    log = judge(tmp_path, head + "440,20,1,2,,30,-99,,35.8,139.1,5,10,,,2018-07-01T01:00:00.000Z,LTE,false,Pixel\r\n")
    assert (log.report["recipe"], log.report["carriers"]) == ("tower-collector", {"softbank": 1})


def test_opencellid_as_uploaded_with_asu_for_dbm(tmp_path: Path) -> None:
    line = '35.8,139.1,440,10,,,1,,2,,,7,{},,"2026-07-01 01:00:{:02d}.000Z",5,10,90,LTE,"Google Pixel 8"\n'
    log = judge(tmp_path, OPENCELLID + line.format(-98, 0) + line.format(45, 1) + line.format("", 2))
    assert log.report["recipe"] == "opencellid" and log.taken == 3
    assert [row["rsrp_dbm"] for row in rows(log)] == [-98, None, None]
    asu = found(log, "signal-without-sign", "rsrp_dbm")
    assert asu["examples"] == [{"row": 3, "value": "45", "now": None}] and "ASU" in asu["ja"]
    assert rows(log)[0]["device"] == "Google Pixel 8" and rows(log)[0]["accuracy_m"] == 5


def test_opencellid_as_downloaded(tmp_path: Path) -> None:
    head = "mcc,net,area,cell,lon,lat,signal,measured,created,rating,speed,direction,radio\n"
    log = judge(tmp_path, head + "440,11,1,2,139.1,35.8,-101,1782867600000,1782867601000,10,5,0,LTE\n")
    one = rows(log)[0]
    assert (log.report["recipe"], one["carrier"], one["rsrp_dbm"]) == ("opencellid-download", "rakuten", -101)
    assert one["at"].isoformat() == "2026-07-01T01:00:00+00:00" and one["speed_kmh"] == pytest.approx(18)


def test_ookla_results(tmp_path: Path) -> None:
    """Speeds in kbit/s; Wi-Fi and a mobile connection of no told generation are no evidence."""
    line = '"2026-07-01 10:0{}","{}","35.80000","139.10000",52000,9000,31,"Tokyo","10.0.0.2","192.0.2.1"\n'
    text = OOKLA + "".join(line.format(n, kind) for n, kind in enumerate(("Lte", "Cell", "Wifi")))
    assert rules(judge(tmp_path, text), "refused-row")["carrier-missing"] == 1, "the app does not write the carrier"
    log = judge(tmp_path, text, carrier="kddi")
    assert rules(log, "refused-row") == {"technology-unknown": 1, "not-cellular": 1}
    (one,) = rows(log)
    assert (one["carrier"], one["downlink_mbps"], one["uplink_mbps"], one["latency_ms"]) == ("kddi", 52, 9, 31)


def test_values_of_netmonsters_library(tmp_path: Path) -> None:
    text = "time,latitude,longitude,mcc,mnc,pci,technology,rsrp,rsrq,snr\n2026-07-01 10:00:00,35.8,139.1,440,20,7,LTE,-99,-9,4\n"
    log = judge(tmp_path, text)
    assert (log.report["recipe"], log.report["carriers"]) == ("netmonster", {"softbank": 1})


NO_LOGS: dict[str, tuple[str, str]] = {
    "OpenCelliD": (CELLS + "LTE,440,10,1,2,0,139.1,35.8,1000,3,1,1459692342,1488347104,0\n", "基地局の一覧"),
    "OpenCelliD of a country, without headings": ("LTE,440,10,1,2,0,139.1,35.8,1000,3,1,1459692342,1488347104,0\n" * 3, "基地局の一覧"),
    "OpenCelliD of an area": (
        "lat,lon,mcc,mnc,lac,cellid,averageSignalStrength,range,samples,changeable,radio,rnc,cid,psc,tac,pci,sid,nid,bid\n"
        "35.8,139.1,440,10,1,2,0,1000,3,1,LTE,,,,,,,,\n", "基地局の一覧",
    ),
    "Mozilla": (
        "radio,mcc,mnc,lac,cid,psc,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
        "LTE,440,10,1,2,0,139.1,35.8,1000,3,1,1459692342,1488347104,0\n", "基地局の一覧",
    ),
    "NetMonster": ("4G;440;10;13;21800;141311;270;35.8;139.1;駅前;6200\n5G;440;10;21;21800;;75;35.8;139.1;駅前;151600\n", "NetMonster"),
    "Ookla tiles": ("quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n133002110,52000,3000,30,10,4\n", "Ookla"),
    "Ookla tiles of today": (
        'tile,tile_x,tile_y,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n"POLYGON((139 35,139 36,140 36,139 35))",139.1,35.8,52000,3000,30,10,4\n',
        "Ookla",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_LOGS)
@pytest.mark.parametrize("chosen", [{}, {"recipe": "tower-collector"}])
def test_sums_and_stations_are_no_measurements(tmp_path: Path, kind: str, chosen: dict[str, Any]) -> None:
    content, words = NO_LOGS[kind]
    with pytest.raises(Unreadable) as refused:
        judge(tmp_path, content, **chosen)
    assert refused.value.rule == "no-measurements"
    assert words in refused.value.ja and "送ってください" in refused.value.ja
