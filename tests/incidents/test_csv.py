import pytest

from app.incidents.readers import ReaderProblem, format_of, read_table
from app.incidents.readers.csv import read_csv


def rows(content: bytes) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_csv(content).rows]


@pytest.mark.parametrize(("sign", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_the_delimiter_is_found(sign: str, word: str) -> None:
    content = f'id{sign}title\n1{sign}"a,b;c"\n2{sign}"x{sign}y"\n'.encode()
    assert rows(content) == [{"id": "1", "title": "a,b;c"}, {"id": "2", "title": f"x{sign}y"}]
    assert read_csv(content).form == f"CSV, UTF-8, {word}"


def test_one_column_is_read_as_one_column() -> None:
    assert rows(b"text\nfirst; then second\nthird\n") == [{"text": "first; then second"}, {"text": "third"}]


@pytest.mark.parametrize(
    ("codec", "form"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_found(codec: str, form: str) -> None:
    content = "id;Titel\n1;Störung – “Größe” prüfen €5\n2;Ausfall\n".encode(codec)
    assert rows(content)[0] == {"id": "1", "Titel": "Störung – “Größe” prüfen €5"}
    assert read_csv(content).form == f"CSV, {form}, semicolon"


def test_other_alphabets_are_told_from_western_ones() -> None:
    russian = "номер,текст\n1,Сервис был недоступен из-за ошибки конфигурации\n" * 3
    japanese = "番号,本文\n1,サービスが停止しました。原因は設定の誤りでした。\n" * 3
    assert rows(russian.encode("cp1251"))[0]["номер"] == "1"
    assert rows(japanese.encode("shift_jis"))[0]["本文"].startswith("サービスが")


def test_a_row_knows_the_line_where_it_begins_whatever_the_line_ends() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = end.join(["id,text", '1,"one', "", 'two"', "", "2,three", "4,five,six", "3", "5,last"])
        table = read_csv(text.encode())
        assert [(row.line, row.values["id"]) for row in table.rows] == [(2, "1"), (6, "2"), (9, "5")]
        assert table.rows[0].values["text"] == f"one{end}{end}two"
        assert [(p.line, p.reason) for p in table.problems] == [
            (7, "3 values for 2 columns"),
            (8, "1 values for 2 columns"),
        ]


def test_blank_values_beyond_the_header_are_nothing() -> None:
    assert rows(b"id,text\n1,one,,\n") == [{"id": "1", "text": "one"}]


def test_columns_without_a_name_or_with_a_taken_one_get_their_own() -> None:
    assert read_csv(b",id,id,id (2),\n1,2,3,4,5\n").columns == ("column 1", "id", "id (3)", "id (2)", "column 5")


def test_a_quote_that_never_closes_does_not_swallow_the_file_unseen() -> None:
    table = read_csv(b'id,text\n1,fine\n2,"open\n3,b\n4,c\n')
    assert [row.line for row in table.rows] == [2]
    assert [problem.line for problem in table.problems] == [3]
    assert "never closes" in table.problems[0].reason


@pytest.mark.parametrize("content", [b"", b" \n ", b"id,text\n"])
def test_a_file_without_rows_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ReaderProblem, match=r"\. Choose a file with"):
        read_csv(content)


def test_bytes_that_contradict_their_mark_are_refused() -> None:
    with pytest.raises(ReaderProblem, match="byte 4 is not"):
        read_csv(b"\xef\xbb\xbfid,t\xff\n1,2\n")


def test_the_ending_of_the_name_tells_the_format() -> None:
    assert [format_of(name) for name in ("a.CSV", "b.tsv", "c.jsonl", "d.json")] == ["csv", "csv", "jsonl", "jsonl"]
    with pytest.raises(ReaderProblem, match="pdf"):
        format_of("e.pdf")
    with pytest.raises(ReaderProblem, match="no reader for xml"):
        read_table(b"x", "xml")
