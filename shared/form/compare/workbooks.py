"""Workbooks as administrators keep them, with their odd corners: verdicts and node lists beside pyxform's.

Usage: python3 workbooks.py FORMTOOL   (needs pyxform and openpyxl)
"""

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl
from pyxform.xls2xform import convert

YN = [("list_name", "name", "label"), ("yn", "yes", "Yes"), ("yn", "no", "No")]
HEAD = ("type", "name", "label")


def formulas(book):
    # Formulas that no program has computed yet.
    book["survey"]["C2"] = '=CONCATENATE("La","bel")'
    book["survey"]["C3"] = "=1/0"


def merged(book):
    book["survey"].merge_cells("A4:C4")
    book["survey"].merge_cells("C2:C3")


# Name of the file, sheets, and what is done to the workbook afterwards.
BOOKS = [
    ("capitals", {"SURVEY": [("Type", "Name", "Label", "Constraint Message"), (None,) * 4, ("text", "First", "F", "x"), (None,) * 4, ("integer", "age", "A", None)], "Choices": YN, "Settings": [("Form_Title", "Form_ID"), ("T", "t1")]}),
    ("capital_types", {"survey": [HEAD, ("Text", "a", "A")]}),
    ("old_names", {"survey": [("type", "name", "caption", "relevance", "read only", "constraint message", "jr:count", "skippable"), ("select one from yn", "q1", "Q1"), ("select all that apply from yn", "q2", "Q2", "${q1}='yes'"), ("begin repeat", "r", "R", None, None, None, "3"), ("string", "s", "S", None, "yes"), ("int", "i", "I"), ("end repeat",), ("gps", "g", "G"), ("photo", "p", "P")], "choices": [("list name", "name", "label"), ("yn", "yes", "Yes"), ("yn", "no", "No")]}),
    ("numbers", {"survey": [("type", "name", "label", "default", "relevant"), ("select_one n", "q", "Q", 1), ("integer", "i", "I", 2.0, "${q} = 1")], "choices": [("list_name", "name", "label"), ("n", 1, "One"), ("n", 2.0, "Two"), ("n", 3.5, "x")]}),
    ("dates", {"survey": [("type", "name", "label", "required", "default"), ("date", "d", "D", True, datetime.date(2020, 1, 2)), ("datetime", "dt", "DT", False, datetime.datetime(2020, 1, 2, 3, 4, 5)), ("time", "t", "T", None, datetime.time(10, 30))]}),
    ("formulas", {"survey": [HEAD, ("text", "a", "A"), ("text", "b", "B")]}, formulas),
    ("merged", {"survey": [HEAD, ("begin group", "g", "Group"), ("text", "a", None), ("# a heading", None, None), ("end group", None, None)]}, merged),
    ("half_translated", {"survey": [("type", "name", "label::English (en)", "label::ქართული (ka)", "hint::English (en)"), ("text", "a", "A", "ა"), ("text", "b", "B", None, "hint"), ("select_one yn", "c", None, "გ")], "choices": [("list_name", "name", "label::English (en)"), ("yn", "yes", "Yes"), ("yn", "no", "No")], "settings": [("default_language",), ("ქართული (ka)",)]}),
    ("two_labels", {"survey": [("type", "name", "label", "label::French"), ("text", "a", "A", "Fr")]}),
    ("blanks", {"survey": [(" type ", "name ", "label"), ("text ", " a ", " A "), ("select_one\u00a0yn", "b", "B"), ("begin  group", "g", "G"), ("end  group",)], "choices": YN}),
    ("quotes", {"survey": [("type", "name", "label", "relevant"), ("text", "a", "A"), ("text", "b", "B", "${a} = ‘yes’"), ("text", "c", "C", "${a} = “no”")]}),
    ("open_group", {"survey": [HEAD, ("begin group", "g", "G"), ("text", "a", "A")]}),
    ("end_too_many", {"survey": [HEAD, ("text", "a", "A"), ("end group",)]}),
    ("choice_twice", {"survey": [HEAD, ("select_one yn", "a", "A")], "choices": [*YN, ("yn", "yes", "Again")]}),
    ("or_other", {"survey": [HEAD, ("select_one yn or_other", "a", "A"), ("select_multiple yn or other", "b", "B")], "choices": YN}),
    ("name_with_blank", {"survey": [HEAD, ("text", "first name", "A")]}),
    ("name_with_digit", {"survey": [HEAD, ("text", "1st", "A")]}),
    ("georgian_names", {"survey": [HEAD, ("text", "სახელი", "A"), ("text", "b", "${სახელი}")]}),
    ("sheet1", {"Sheet1": [HEAD, ("text", "a", "A")]}),
    ("more_sheets", {"survey": [(*HEAD, "#comment", "note", "$given_name", None, "translator notes"), ("text", "a", "A", "x", "y", "z", None, "t")], "choices": YN, "settings": [("form_title", "foo"), ("T", "bar")], "Notes": [("hello",)], "codebook": [("a", "b")]}),
    ("kobo", {"survey": [(*HEAD, "required", "relevant", "appearance", "kobo--score-choices", "$kuid", "calculation", "parameters", "constraint", "constraint_message"), ("start", "start"), ("end", "end"), ("select_one yn", "q", "Q", "true", None, "horizontal-compact", None, "k3", None, "randomize=false"), ("range", "r", "R", "false", None, None, None, "k4", None, "start=0;end=10;step=1"), ("calculate", "__version__", None, None, None, None, None, "k5", "'vX'"), ("decimal", "d", "D", "", "", "w1", None, "k6", None, None, ". >= 0 and . <= 100", "0-100")], "choices": [("list_name", "name", "label", "$kuid"), ("yn", "yes", "Yes", "c1"), ("yn", "no", "No", "c2")], "settings": [("form_title", "form_id", "version", "style"), ("K", "k", "vX", "theme-grid no-text-transform")]}),
    ("notes_among_choices", {"survey": [(*HEAD, "choice_filter"), ("select_one a", "x", "X"), ("select_one b", "y", "Y", "p=${x}")], "choices": [("list_name", "name", "label", "p", None, "comment"), ("a", "1", "One"), (None,), (None, None, "a heading"), ("b", "2", "Two", "1"), ("b", "3", "Three", "1", None, "why")]}),
    ("cells_of_an_end", {"survey": [(*HEAD, "relevant"), ("begin_group", "g", "G"), ("text", "a", "A"), ("end_group", "g", "G", "${a}=''")]}),
    ("disabled", {"survey": [(*HEAD, "disabled"), ("text", "a", "A", "yes"), ("text", "b", "B"), ("text", "a", "A", "no")]}),
    ("case_of_a_name", {"survey": [(*HEAD, "relevant"), ("text", "Age", "A"), ("text", "b", "B", "${age} > 3")]}),
    ("lines_in_cells", {"survey": [(*HEAD, "calculation"), ("calculate", "c", None, "1 +\n 2"), ("note", "n", "${c}\n**bold**\n- x")]}),
    ("no_calculation", {"survey": [HEAD, ("calculate", "c", None)]}),
    ("header_only", {"survey": [HEAD]}),
    ("column_twice", {"survey": [(*HEAD, "media::image", "image", "bind::relevant", "relevant"), ("text", "a", "A", "a.png", None, "1=1")]}),
    ("files", {"survey": [(*HEAD, "parameters"), ("select_one_from_file villages.csv", "a", "A", "value=code label=title"), ("select_multiple_from_file x.geojson", "b", "B"), ("select one from file villages.csv", "c", "C")]}),
    ("odd_types", {"survey": [(*HEAD, "required", "default"), ("select_one yn", "a", "A", "yes", "maybe"), ("acknowledge", "b", "B"), ("trigger", "c", "C"), ("rank yn", "d", "D")], "choices": YN}),
]


def write(path, sheets, change):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    change(book)
    book.save(path)


def theirs(path):
    try:
        convert(str(path), validate=False)
        return True, ""
    except Exception as error:  # pyxform raises many kinds
        return False, str(error).replace("\n", " ")[:160]


def main(tool):
    same = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, sheets, *change in BOOKS:
            path = Path(folder) / f"{name}.xlsx"
            write(path, sheets, change[0] if change else lambda book: None)
            answer = subprocess.run([tool, "form", "check", path, "--json"], capture_output=True, text=True).stdout
            ours = json.loads(answer)
            valid, why = theirs(path)
            same += valid == ours["valid"]
            if valid != ours["valid"]:
                print(name, "ours:", ours["errors"] or "valid", "pyxform:", why or "valid")
    print(f"{same} of {len(BOOKS)} verdicts as pyxform's")


main(sys.argv[1])
