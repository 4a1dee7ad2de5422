"""KML and GPX from phones and map programs: their own columns, pages as remarks, tracks."""

from data.imports.proposing import ImportAsk, choose
from data.imports.reading import ReadAsk, read

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def source(tmp_path, name, text, kind="shelter"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    return choose(read(ReadAsk(path), work), ImportAsk(kind))


def test_columns_of_a_kml_keep_their_chinese_names(tmp_path):
    # Of the same length: GDAL by itself makes one column “____________” of the two.
    marks = "".join(
        f'<Placemark><name>第{i}广场</name><ExtendedData><Data name="容纳人数"><value>{i}百'
        f'</value></Data><Data name="占地&amp;用地"><value>{i}亩</value></Data>'
        f'<Data name="备注栏目"><value>好</value></Data></ExtendedData>'
        f"<Point><coordinates>118.{i},42.2,530</coordinates></Point></Placemark>"
        for i in (1, 2)
    )
    kml = f'{HEAD}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
    found = source(tmp_path, "收藏.ovkml", kml)
    assert list(found.columns["容纳人数"]) == ["1百", "2百"]
    assert list(found.columns["占地&用地"]) == ["1亩", "2亩"]
    assert list(found.columns["备注栏目"]) == ["好", "好"]


def test_a_page_as_description_is_its_text(tmp_path):
    mark = "<Placemark><name>甲</name><description><![CDATA[<table><tr><td>人数</td><td>&lt;300"
    mark += "</td></tr><tr><td>a&amp;b</td></tr></table>]]></description>"
    mark += "<Point><coordinates>118.1,42.2</coordinates></Point></Placemark>"
    kml = f'{HEAD}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{mark}</Document></kml>'
    found = source(tmp_path, "a.kml", kml)
    assert list(found.columns["description"]) == ["人数<300 a&b"]


TRACK = (
    f'{HEAD}<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    '<wpt lat="42.2" lon="118.9"><name>甲</name></wpt><trk><name>路</name><trkseg>'
    '<trkpt lat="42" lon="118"/><trkpt lat="42.1" lon="118.1"/></trkseg></trk></gpx>'
)


def test_the_points_of_a_track_are_no_places(tmp_path):
    assert list(source(tmp_path, "a.gpx", TRACK).columns["name"]) == ["甲"]


def test_the_track_is_a_road(tmp_path):
    found = source(tmp_path, "a.gpx", TRACK, "road")
    assert [s.geom_type for s in found.shapes] == ["MultiLineString"]
