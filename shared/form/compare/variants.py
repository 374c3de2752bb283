#!/usr/bin/env python3
"""Compares the reader with pyxform over generated forms: verdicts and node lists.

usage: variants.py FORMTOOL [--random N] [--seed S] [--show N]

Needs pyxform (pip install pyxform); with Java on the path its ODK Validate decides about forms that
pyxform lets through and we refuse (pyxform does not read expressions). The first part goes through every type, header, parameter and
setting one by one; the second part puts rows together at random and breaks some. Prints one line
per part and the differences; exit 0 when at least 98 of 100 verdicts and node lists agree."""
import collections, itertools, json, os, random, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as ET

import pyxform
from pyxform import aliases
from pyxform.errors import PyXFormError, ValidationError
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT
from pyxform.xls2xform import convert

CRASH = "crash: "
XF = "{http://www.w3.org/2002/xforms}"
H = "{http://www.w3.org/1999/xhtml}"
JR = "{http://openrosa.org/javarosa}"
LIST = [{"list_name": "l", "name": "a", "label": "A"}, {"list_name": "l", "name": "b", "label": "B"}]


def short(tag):
    return tag.rsplit("}", 1)[-1]


def nodes_of(xform):
    """(path, kind, bind type) of each node of an XForm, paths below the root."""
    root = ET.fromstring(xform)
    model = root.find(f"{H}head/{XF}model")
    instance = list(model.find(f"{XF}instance"))[0]
    binds = {b.get("nodeset"): b.get("type", "") for b in model.iter(f"{XF}bind")}
    body = root.find(f"{H}body")
    repeats = {r.get("nodeset") for r in body.iter(f"{XF}repeat")}
    groups = {g.get("ref") for g in body.iter(f"{XF}group")}
    controls = {
        c.get("ref") for c in body.iter()
        if short(c.tag) in ("input", "select", "select1", "rank", "trigger", "range", "upload", "secret")
    }
    found = {}

    def walk(element, path):
        for child in element:
            here = f"{path}/{short(child.tag)}"
            if here in found and here in repeats:
                continue
            if here in repeats:
                kind = "repeat"
            elif here in controls:
                kind = "question"
            elif here in binds and not len(child):
                kind = "hidden"
            elif len(child) or here in groups:
                kind = "group"
            else:
                kind = "hidden"
            found[here] = (kind, binds.get(here, "") if kind in ("question", "hidden") else "")
            walk(child, here)

    walk(instance, "/" + short(instance.tag))
    return found


def oracle(sheets):
    given = {}
    for name, rows in sheets.items():
        columns = []
        for row in rows:
            columns += [c for c in row if c not in columns]
        given[name] = [{k: v for k, v in row.items() if v != ""} for row in rows]
        given[name + "_header"] = [{c: None for c in columns}]
    given["sheet_names"] = list(sheets)
    try:
        xform = convert(xlsform=given).xform
        return nodes_of(xform), xform
    except (PyXFormError, ValidationError) as error:
        return None, str(error)
    except Exception as error:  # its own mistake: no verdict
        return None, CRASH + f"{type(error).__name__}: {error}"


def validated(forms):
    """Which of some forms ODK Validate accepts, by name; None without Java."""
    jar = os.path.join(os.path.dirname(pyxform.__file__), "validators/odk_validate/bin/ODK_Validate.jar")
    if not forms or not shutil.which("java"):
        return None
    good = {}
    with tempfile.TemporaryDirectory() as folder:
        def one(pair):
            path = os.path.join(folder, f"{pair[0]}.xml")
            with open(path, "w", encoding="utf8") as file:
                file.write(pair[1])
            run = subprocess.run(["java", "-Djava.awt.headless=true", "-XX:TieredStopAtLevel=1", "-jar", jar, path], capture_output=True, text=True, timeout=120)
            good[pair[0]] = run.returncode == 0

        for pair in forms.items():
            one(pair)
    return good


# ---- the parts ----------------------------------------------------------------------------------

def form(rows, choices=None, **sheets):
    found = {"survey": rows}
    if choices is not None:
        found["choices"] = choices
    found.update(sheets)
    return found


def row(kind, name="q", label="Q", **more):
    found = {"type": kind, "name": name, "label": label}
    found.update(more)
    return {k: v for k, v in found.items() if v is not None}


FIRST = row("text", "first", "First")


def types():
    """Every type word, spelled several ways, with and without a label."""
    words = set(QUESTION_TYPE_DICT) | set(aliases._type_alias_map) | {"audit", "csv-external", "xml-external"}
    words |= {"begin group", "integer or_other", "text l", "phone", "select", "rank", "osm l", "range", "url", "password"}
    for word in sorted(words):
        for label in ("Q", None):
            yield f"type {word}", form([FIRST, row(word, "q", label)], LIST)
        for spelled in (word.upper(), word.title(), word.replace(" ", "_"), word.replace(" ", "  "), word + " ", word.replace("_", " "), word.replace("-", "_")):
            if spelled != word:
                yield f"type {spelled!r}", form([FIRST, row(spelled)], LIST)
    for word in sorted(aliases.select):
        for tail in (" l", " missing", "", " l or_other", " l or other", " l or specify other", " l other", " f.csv", " f.xml", " f.geojson", " f.txt", " ${first}", " ${none}", " l m", "  l", " L", " l.csv or_other"):
            for sheets in ((LIST, {}), (None, {}), (LIST, {"external_choices": [{"list_name": "l", "name": "a", "label": "A"}]})):
                yield f"select {word}{tail}", form([FIRST, row(word + tail, choice_filter=None)], sheets[0], **sheets[1])
        yield f"filtered {word}", form([FIRST, row(word + " l", choice_filter="name = ${first}")], LIST, external_choices=LIST)
        yield f"filtered or_other {word}", form([FIRST, row(word + " l or_other", choice_filter="name = ${first}")], LIST)
    for word in sorted(aliases.control):
        for begin, end in itertools.product(("begin {}", "begin_{}", "Begin {}", "begin  {}", "begin{}", "begin {} over l", "begin {} l", "begin {} x y"), ("end {}", "end_{}", "End {}", "end {} g", "end  {}")):
            rows = [row(begin.format(word), "g", "G"), row("text", "a", "A"), {"type": end.format(word)}]
            yield f"control {begin}/{end} {word}", form(rows, LIST)


VALUES = {
    "name": "q", "tag": "q", "value": "q", "label": "Q", "caption": "Q", "hint": "H", "guidance_hint": "G",
    "required": "yes", "required_message": "M", "requiredmsg": "M", "relevant": "${first} = 1", "relevance": "${first} = 1",
    "constraint": ". > 1", "constraint_message": "M", "constraining_message": "M", "calculation": "1 + 1", "calculate": "1 + 1",
    "choice_filter": "name = 'a'", "default": "1", "appearance": "minimal", "readonly": "yes", "read_only": "true()",
    "repeat_count": "2", "count": "2", "jr:count": "2", "trigger": "${first}", "parameters": "rows=5", "disabled": "no",
    "image": "a.png", "audio": "a.mp3", "video": "a.mp4", "big-image": "b.png", "autoplay": "audio", "rows": "3",
    "noapperrorstring": "M", "no_app_error_string": "M", "compact_tag": "t", "save_to": "p", "intent": "x", "query": "l",
    "sms_field": "s", "sms_option": "s", "type": "text", "command": "text", "bind": "x", "control": "x", "instance": "x", "media": "a.png",
    "body": "x", "list_name": "l", "itemset": "l", "choices": "l", "flat": "yes", "title": "t", "id_string": "i", "version": "1",
    "children": "x", "actions": "x", "extra_data": "x", "tags": "x", "fields": "x", "tag": "q", "hxl": "#x", "$given_name": "g", "note": "N", "notes": "N",
}


def headers():
    """Every survey header, spelled several ways, on a text question and on a select."""
    for name, value in VALUES.items():
        spellings = {name, name.title(), name.upper(), name.replace("_", " "), name.replace("_", "  "), " " + name, name + " "}
        spellings |= {name + "::en", name + ":en", name + "::English (en)", name + ": English", name + " :: English", name + "::", name + ":", "::" + name}
        spellings |= {"bind::" + name, "bind:" + name, "control::" + name, "body::" + name, "instance::" + name, "media::" + name, "media::" + name + "::en", "bind::" + name + "::en", "Bind::" + name, "MEDIA::" + name}
        for header in sorted(spellings):
            for kind in ("text", "select_one l"):
                if kind != "text" and header not in (name, name.title(), "media::" + name):
                    continue
                base = {"type": kind, "name": "q", "label": "Q"}
                base[header] = value
                yield f"header {header!r} {kind}", form([FIRST, base], LIST)
                if name not in ("type", "name", "label"):
                    alone = {"type": kind, "name": "q", header: value}
                    yield f"header alone {header!r} {kind}", form([FIRST, alone], LIST)
    pairs = [("label", "caption"), ("relevant", "relevance"), ("relevant", "bind::relevant"), ("name", "value"), ("label", "label::en"), ("label::en", "label:en"), ("label::en", "label::English (en)"), ("image", "media::image"), ("media::image", "media"), ("calculation", "calculate"), ("hint", "hint::en"), ("constraint_message", "bind::jr:constraintMsg"), ("required_message", "requiredMsg"), ("Label", "label"), ("read only", "readonly"), ("label::en", "label :: en"), ("appearance", "control::appearance"), ("appearance", "body::appearance"), ("repeat_count", "jr:count"), ("type", "command"), ("label:en", "hint::en")]
    for left, right in pairs:
        base = {"type": "text", "name": "q", "label": "Q"}
        base[left] = VALUES.get(left.split(":")[0].lower().replace(" ", "_"), base.get(left, "v"))
        base[right] = VALUES.get(right.split(":")[0].lower(), "v") if "::" not in right or right.startswith(("label", "hint")) else "true()"
        yield f"pair {left}/{right}", form([FIRST, base], LIST)


def choices():
    question = [row("select_one l"), row("select_multiple l", "m", "M")]
    bases = {
        "plain": LIST, "empty": [], "no name": [{"list_name": "l", "label": "A"}], "no list": [{"name": "a", "label": "A"}],
        "no label": [{"list_name": "l", "name": "a"}], "twice": LIST + LIST[:1], "spaces": [{"list_name": "l", "name": "a b", "label": "A"}],
        "alias": [{"list name": "l", "value": "a", "caption": "A"}], "Alias": [{"List Name": "l", "Value": "a", "Label": "A"}],
        "both": [{"list_name": "l", "list name": "l", "name": "a", "label": "A"}], "lang": [{"list_name": "l", "name": "a", "label::en": "A", "label::ka": "ა"}],
        "media": [{"list_name": "l", "name": "a", "label": "A", "image": "a.png", "media::audio::en": "x.mp3"}],
        "filter": [{"list_name": "l", "name": "a", "label": "A", "region": "x"}], "odd filter": [{"list_name": "l", "name": "a", "label": "A", "my region": "x", "1x": "y", "": "z"}],
        "colon filter": [{"list_name": "l", "name": "a", "label": "A", "x:y": "x"}], "double filter": [{"list_name": "l", "name": "a", "label": "A", "x::y": "x"}],
        "number": [{"list_name": "l", "name": "1", "label": "A"}, {"list_name": "l", "name": "1.0", "label": "B"}], "ref": [{"list_name": "l", "name": "a", "label": "${first}"}],
        "bad ref": [{"list_name": "l", "name": "a", "label": "${nope}"}], "half ref": [{"list_name": "l", "name": "a", "label": "${first"}],
        "comment row": LIST + [{"label": "a comment"}], "other list": LIST + [{"list_name": "m", "name": "a"}], "case": LIST + [{"list_name": "l", "name": "A", "label": "A"}],
        "geometry": [{"list_name": "l", "name": "a", "label": "A", "geometry": "1 2 0 0"}], "blank list": LIST + [{"list_name": "", "name": "x", "label": "X"}],
        "no name row": LIST + [{"list_name": "l", "label": "X"}], "unused no name": LIST + [{"list_name": "u", "label": "X"}], "unused twice": LIST + [{"list_name": "u", "name": "x"}, {"list_name": "u", "name": "x"}],
        "list with space": [{"list_name": "my list", "name": "a", "label": "A"}], "__row": [{"list_name": "l", "name": "a", "label": "A", "__row": "1"}],
    }
    for name, base in bases.items():
        for settings in (None, [{"allow_choice_duplicates": "yes"}]):
            more = {"settings": settings} if settings else {}
            yield f"choices {name}", form([FIRST] + question, base, **more)
            yield f"choices {name} one", form([FIRST] + question[:1], base, **more)
    yield "choices sheet case", form([FIRST] + question, None, Choices=LIST)
    yield "choice sheet", form([FIRST] + question, None, choice=LIST)


def settings():
    known = ["form_title", "set_form_title", "title", "form_id", "set_form_id", "id_string", "version", "default_language", "instance_name", "name", "style", "allow_choice_duplicates", "clean_text_values", "namespaces", "public_key", "submission_url", "auto_send", "auto_delete", "client_editable", "instance_id", "omit_instanceID", "prefix", "delimiter", "add_none_option", "sms_keyword", "sms_separator", "instance_xmlns", "attribute::xyz", "compact_prefix", "flat", "unknown_thing", "instance_id"]
    for name in known:
        for value in ("yes", "no", "true", "x", "a b", "1a", "2024010101", 'esri="http://x"', "${first}", "${nope}", "concat(${first}, 'x')", "en", "English (en)"):
            for header in (name, name.title(), name.replace("_", " ")):
                if header != name and value not in ("yes", "x"):
                    continue
                yield f"settings {header}={value}", form([FIRST, row("text")], None, settings=[{header: value}])
    for pair in (("form_id", "id_string"), ("form_title", "title"), ("form_title", "set_form_title"), ("form_id", "set_form_id"), ("omit_instanceID", "public_key"), ("form_title", "form_title::en")):
        yield f"settings {pair}", form([FIRST], None, settings=[{pair[0]: "yes", pair[1]: "yes2"}])
    yield "settings two rows", form([FIRST], None, settings=[{"form_id": "a"}, {"form_id": "b"}])
    for name in ("Settings", "setting", "settings "):
        yield f"settings sheet {name!r}", form([FIRST], None, **{name: [{"form_id": "abc"}]})
    for name in ("Survey", "SURVEY", "surveys", "sruvey"):
        yield f"survey sheet {name!r}", {name: [FIRST]}


def parameters():
    kinds = {
        "text": ["rows"], "select_one l": ["randomize", "seed", "value", "label"], "select_multiple l": ["randomize", "seed"], "rank l": ["randomize", "seed"],
        "select_one_from_file f.csv": ["value", "label", "randomize", "seed"], "select_one ${first}": ["value", "label", "randomize"], "range": ["start", "end", "step", "tick_interval", "placeholder", "tick_labelset"],
        "image": ["max-pixels", "app"], "photo": ["max-pixels"], "audio": ["quality"], "background-audio": ["quality"], "geopoint": ["capture-accuracy", "warning-accuracy", "allow-mock-accuracy", "reference-geometry"],
        "geotrace": ["incremental", "allow-mock-accuracy", "capture-accuracy", "reference-geometry"], "geoshape": ["incremental", "allow-mock-accuracy"], "audit": ["location-priority", "location-min-interval", "location-max-age", "track-changes", "identify-user", "track-changes-reasons"],
        "integer": ["rows"], "note": ["x"], "video": ["quality"], "file": ["max-pixels"], "begin group": ["x"], "string": ["rows"], "date": ["rows"],
    }
    values = ["true", "false", "True", "yes", "5", "5.5", "-1", "0", "x", "${first}", "normal", "voice-only", "low-power", "on-form-edit", "com.a.b", "l", "1e2", "", "'a'", "2 ", "a=b", "true,x=1", "NaN", "l1"]
    for kind, keys in kinds.items():
        for key, value in itertools.product(keys + ["unknown"], values):
            name, label = ("audit", None) if kind == "audit" else ("q", "Q")
            rows = [FIRST, row(kind, name, label, parameters=f"{key}={value}")]
            if kind.startswith("begin"):
                rows += [row("text", "a", "A"), {"type": "end group"}]
            yield f"parameters {kind} {key}={value}", form(rows, LIST)
            if key == "seed":
                rows = [FIRST, row(kind, parameters=f"randomize=true, seed={value}")]
                yield f"parameters {kind} seed {value}", form(rows, LIST)
    ranges = ["start=1 end=10 step=1", "start=1;end=10;step=2", "start=10 end=1 step=1", "start=1 end=10 step=-1", "start=0 end=1 step=0.1", "start=1 end=10 step=20", "start=1 end=1 step=1", "start=a", "start=1 end=10 step=1 tick_interval=2", "start=1 end=10 step=2 tick_interval=3", "start=0 end=10 step=2 placeholder=4", "start=0 end=10 step=2 placeholder=5", "start=0 end=10 step=2 placeholder=12", "start=0 end=10 tick_labelset=l", "start=0 end=10 tick_labelset=n", "start=0 end=10 tick_labelset=zz", "start = 1 end = 10", "start=1end=10", "start=1,,end=3", "start==1", "=1", "start", "start=", "step=0", "START=1 END=3", "start=1 start=2", "start=-5 end=5", "start=0.5 end=5", "start=1.0 end=5.0 step=1.0"]
    numbers = [{"list_name": "n", "name": str(n), "label": f"N{n}"} for n in (0, 5, 10)]
    for text in ranges:
        for appearance in (None, "vertical", "no-ticks", "picker", "rating", "vertical no-ticks"):
            yield f"range {text} {appearance}", form([FIRST, row("range", parameters=text, appearance=appearance)], LIST + numbers)
    audits = ["location-priority=balanced location-min-interval=60 location-max-age=120", "location-priority=balanced location-min-interval=60 location-max-age=30", "location-priority=x location-min-interval=60 location-max-age=120", "location-priority=balanced", "location-priority=balanced location-min-interval=a location-max-age=120", "location-priority=balanced location-min-interval=-1 location-max-age=120", "track-changes=true identify-user=true track-changes-reasons=on-form-edit", "track-changes=x"]
    for text in audits:
        for name in (None, "audit", "other"):
            yield f"audit {text} {name}", form([FIRST, row("audit", name, None, parameters=text)])
    yield "two audits", form([FIRST, row("audit", None, None), row("audit", None, None)])
    for app in ("com.x", "x", "com.1x", "com..x", ".com.x", "com.x.", "com.x-y", "com.x_y", "com.X"):
        for appearance in (None, "annotate", "draw", "annotate new"):
            yield f"app {app} {appearance}", form([FIRST, row("image", parameters="app=" + app, appearance=appearance)])


def references():
    columns = ["label", "hint", "guidance_hint", "relevant", "required", "required_message", "readonly", "constraint", "constraint_message", "calculation", "default", "choice_filter", "appearance", "parameters", "trigger", "repeat_count", "media::image", "label::en", "bind::x", "instance::x", "body::x", "save_to", "unknown", "name", "type", "autoplay", "rows"]
    texts = ["${first}", "${nope}", "${first", "$first}", "{first}", "${ first }", "${first} ${first}", "${fir st}", "${}", "${First}", "$ {first}", "${first}${nope}", "${last-saved#first}", "${last-saved#nope}", "${last-saved#}", "${${first}}", "${first}}", "${ns:first}", "${instanceID}", "${q}", "\u201c${first}\u201d", "a $ b", "${first.x}", "${1first}", "${}x", "${first\n}"]
    for column, text in itertools.product(columns, texts):
        base = row("text") | {column: text}
        yield f"reference {column} {text!r}", form([FIRST, base], LIST)
    for trigger in ("${first}", "${first},${second}", "${first}, ${second}", "first", "${first} ${second}", "${nope}", "${g}", "${first},", ",${first}", "${first};${second}", "${q}", "${n}"):
        for kind, calc in (("calculate", "1"), ("text", "1"), ("text", None), ("background-geopoint", None), ("background-geopoint", "1"), ("note", "1"), ("date", "today()")):
            rows = [FIRST, row("text", "second", "S"), row("note", "n", "N"), row("begin group", "g", "G"), row("text", "i", "I"), {"type": "end group"}, row(kind, "q", "Q", trigger=trigger, calculation=calc)]
            yield f"trigger {trigger} {kind} {calc}", form(rows)
    for kind in ("text", "calculate", "hidden", "start", "today", "deviceid", "username", "note", "acknowledge", "image", "range", "select_one l", "rank l", "geopoint", "start-geopoint", "background-audio", "barcode", "audio"):
        for label, calc in (("F", None), (None, "1 + 1"), (None, None)):
            yield f"trigger of {kind} {label} {calc}", form([row(kind, "f", label, calculation=calc), row("calculate", "q", None, calculation="1", trigger="${f}")], LIST)
    twice = [row("begin group", "g", "G"), row("text", "x", "X"), {"type": "end group"}, row("begin group", "h", "H"), row("text", "x", "X"), {"type": "end group"}]
    for text in ("${x}", "${g}", "${h}"):
        yield f"ambiguous {text}", form(twice + [row("text", relevant=text + " = 1")])
    for place in ("inside", "outside", "other"):
        rows = [row("begin repeat", "r", "R"), row("text", "x", "X"), {"type": "end repeat"}, row("begin repeat", "s", "S"), row("text", "y", "Y"), {"type": "end repeat"}]
        at = {"inside": 2, "outside": 6, "other": 5}[place]
        for column, text in (("relevant", "${x} = 1"), ("calculation", "sum(${x})"), ("label", "${x}"), ("calculation", "indexed-repeat(${x}, ${r}, 1)"), ("calculation", "count(${r})"), ("default", "${x}"), ("constraint", ". = ${x}"), ("calculation", "position(..)"), ("calculation", "${y}")):
            yield f"repeat {place} {column} {text}", form(rows[:at] + [row("text") | {column: text}] + rows[at:])


def structure():
    t, end = lambda n: row("text", n, n), lambda k: {"type": "end " + k}
    g, r = lambda n, **m: row("begin group", n, n, **m), lambda n, **m: row("begin repeat", n, n, **m)
    cases = {
        "empty": [], "only type": [{"type": ""}], "group": [g("g"), t("a"), end("group")], "unclosed": [g("g"), t("a")], "unopened": [t("a"), end("group")],
        "crossed": [g("g"), r("r"), t("a"), end("group"), end("repeat")], "empty group": [g("g"), end("group"), t("a")], "empty repeat": [r("r"), end("repeat"), t("a")],
        "nested": [g("g"), r("r"), g("h"), t("a"), end("group"), end("repeat"), end("group")], "same names apart": [g("g"), t("a"), end("group"), g("h"), t("a"), end("group")],
        "same names": [t("a"), t("a")], "case names": [t("a"), t("A")], "group like question": [t("g"), g("g"), t("a"), end("group")], "repeat twice": [g("g"), r("r"), t("a"), end("repeat"), end("group"), r("r"), t("a"), end("repeat")],
        "repeat like group": [g("g"), r("g"), t("a"), end("repeat"), end("group")], "root name": [r("data"), t("a"), end("repeat")], "group root name": [g("data"), t("a"), end("group")], "question root name": [t("data")],
        "meta question": [t("meta")], "meta group": [g("meta"), t("a"), end("group")], "meta inside": [g("g"), t("meta"), end("group")], "instanceID": [t("instanceID")], "name on end": [g("g"), t("a"), {"type": "end group", "name": "g"}], "wrong name on end": [g("g"), t("a"), {"type": "end group", "name": "h"}],
        "no name": [{"type": "text", "label": "A"}], "note no name": [{"type": "note", "label": "A"}], "group no name": [{"type": "begin group", "label": "A"}, t("a"), end("group")], "calc no name": [{"type": "calculate", "calculation": "1"}],
        "no type": [{"name": "a", "label": "A"}], "no type no name": [t("a"), {"hint": "comment"}], "no type label": [t("a"), {"label": "comment"}], "no type name": [t("a"), {"name": "b"}],
        "unlabelled group": [{"type": "begin group", "name": "g"}, t("a"), end("group")], "unlabelled repeat": [{"type": "begin repeat", "name": "r"}, t("a"), end("repeat")],
        "deep": [g(f"g{i}") for i in range(8)] + [t("a")] + [end("group")] * 8, "repeat in repeat": [r("r"), r("s"), t("a"), end("repeat"), end("repeat")], "lone end": [end("repeat")],
        "setting rows": [{"type": "form_title", "name": "T"}, {"type": "form_id", "name": "i"}, t("a")], "set rows": [{"type": "set form title", "name": "T"}, t("a")], "set_ rows": [{"type": "set_form_id", "name": "T"}, t("a")],
        "disabled": [t("a"), row("integre", "b", "B", disabled="yes"), row("text", "c", "C", disabled="no"), row("text", "d", "D", disabled="x"), row("text", "d", "D", disabled="TRUE")],
        "external names": [row("csv-external", "c", None), t("a")], "external twice": [row("csv-external", "c", None), row("xml-external", "c", None), t("a")], "external and question": [row("csv-external", "a", None), t("a")], "external no name": [row("csv-external", None, None), t("a")],
        "external same file": [row("csv-external", "c", None), row("select_one_from_file c.csv", "s", "S")], "file clash": [row("select_one_from_file c.csv", "s", "S"), row("select_one_from_file c.xml", "u", "U")], "file twice": [row("select_one_from_file c.csv", "s", "S"), row("select_multiple_from_file c.csv", "u", "U")],
        "pulldata clash": [row("xml-external", "c", None), row("calculate", "k", None, calculation="pulldata('c','x','y','z')")], "pulldata": [row("calculate", "k", None, calculation="pulldata('c','x','y','z')")], "pulldata twice": [row("calculate", "k", None, calculation="pulldata('c','x','y','z')"), row("calculate", "m", None, calculation="pulldata( 'c' , 'x','y','z')")],
        "list instance clash": [row("select_one l", "s", "S"), row("csv-external", "l", None)], "pulldata list": [row("select_one l", "s", "S"), row("calculate", "k", None, calculation="pulldata('l','x','y','z')")],
    }
    for name, rows in cases.items():
        yield f"structure {name}", form(rows, LIST)
    for name in ("a", "_a", "1a", "a b", "a-b", "a.b", "a:b", "a:b:c", "ა", "á", "a'b", "a\"b", "a/b", "-a", ".a", "a$", "xml", "XML", "a\u00a0b", "日本", "a+b", "a_", "ns:a", ":a", "a:"):
        yield f"name {name!r}", form([row("text", name, "A")])
        yield f"group name {name!r}", form([row("begin group", name, "A"), t("x"), end("group")])
        yield f"list name {name!r}", form([row(f"select_one {name}", "s", "A")], [{"list_name": name, "name": "a", "label": "A"}])
        yield f"choice name {name!r}", form([row("select_multiple l", "s", "A")], [{"list_name": "l", "name": name, "label": "A"}])
        yield f"root name {name!r}", form([t("x")], None, settings=[{"name": name}])
        yield f"form id {name!r}", form([t("x")], None, settings=[{"form_id": name}])
    for count in ("2", "${n}", "${n} + 1", "count(${n})", "", "${x}", "${nope}", "  ${n}  ", "${n}${n}", "int(${n})", "true()", "-1", "${r}", "2.5", "'2'"):
        yield f"count {count!r}", form([row("integer", "n", "N"), r("r", repeat_count=count), t("x"), end("repeat")])
        yield f"count taken {count!r}", form([row("integer", "n", "N"), t("r_count"), r("r", repeat_count=count), t("x"), end("repeat")])
        yield f"count later {count!r}", form([row("integer", "n", "N"), r("r", repeat_count=count), t("x"), end("repeat"), t("r_count")])
    for appearance in ("table-list", "field-list", "table-list minimal", "field-list table-list", "Table-List", "compact", "minimal table-list"):
        for label, hint in (("G", None), (None, "H"), (None, None)):
            inside = [row("select_one l", "s", "S"), row("select_one l", "u", "U")]
            yield f"list {appearance} {label} {hint}", form([row("begin group", "g", label, hint=hint, appearance=appearance)] + inside + [end("group")], LIST)
            other = inside + [row("select_one m", "v", "V")]
            yield f"list {appearance} other", form([row("begin group", "g", label, hint=hint, appearance=appearance)] + other + [end("group")], LIST + [{"list_name": "m", "name": "a", "label": "A"}])
            yield f"list {appearance} text", form([row("begin group", "g", label, hint=hint, appearance=appearance), t("t")] + inside + [end("group")], LIST)
            yield f"list {appearance} filter", form([row("begin group", "g", label, appearance=appearance), row("select_one l", "s", "S", choice_filter="name='a'"), end("group")], LIST)
            yield f"list {appearance} repeat", form([row("begin repeat", "g", label, hint=hint, appearance=appearance)] + inside + [end("repeat")], LIST)
            yield f"list {appearance} nested", form([row("begin group", "g", label, appearance=appearance), g("h")] + inside + [end("group"), end("group")], LIST)
    for default in ("1", "abc", "today()", "${first}", "2020-01-01", "1 + 1", "a-b", "-1", "1.5", "if(true(), 1, 2)", "a.png", "jr://images/a.png", "1 2 3 4", "a b", "now() - 1", "'x'", "a*b", "a|b", "not a call (really)", "uuid()", "${last-saved#first}", "instance('x')/root/item", "1 div 2", "a div b", "mod", "../first", "."):
        for kind in ("text", "integer", "decimal", "date", "dateTime", "time", "select_one l", "select_multiple l", "geopoint", "image", "calculate", "note", "range", "acknowledge", "hidden", "barcode", "audio"):
            yield f"default {kind} {default!r}", form([FIRST, row(kind, default=default)], LIST)
    for kind in ("text", "note", "integer", "image", "calculate", "hidden", "select_one l", "range", "acknowledge", "geopoint", "date", "start", "today", "deviceid", "audit", "username", "start-geopoint", "barcode", "rank l", "file", "background-audio"):
        for more in ({}, {"calculation": "1+1"}, {"default": "1+1"}, {"hint": "H"}, {"image": "a.png"}, {"guidance_hint": "G"}, {"calculation": "1", "label": "L"}, {"relevant": "1"}, {"appearance": "x"}, {"trigger": "${first}", "calculation": "1"}, {"trigger": "${first}"}, {"media::image": "a"}, {"label::en": "L"}, {"hint::en": "H"}, {"readonly": "yes", "calculation": "1"}, {"constraint_message": "m"}, {"required": "yes"}):
            yield f"bare {kind} {more}", form([FIRST, row(kind, "audit" if kind == "audit" else "q", None) | more], LIST)


def entities():
    base = [FIRST, row("text", "a", "A"), row("begin repeat", "r", "R"), row("text", "x", "X"), {"type": "end repeat"}, row("begin group", "g", "G"), row("text", "y", "Y"), {"type": "end group"}]
    declarations = [
        {"list_name": "e", "label": "${a}"}, {"dataset": "e", "label": "${a}"}, {"list_name": "e"}, {"label": "x"}, {"list_name": "__e", "label": "x"}, {"list_name": "e.f", "label": "x"}, {"list_name": "1e", "label": "x"}, {"list_name": "e", "entity_id": "${a}"}, {"list_name": "e", "entity_id": "${a}", "update_if": "true()"}, {"list_name": "e", "update_if": "true()", "label": "x"},
        {"list_name": "e", "entity_id": "${a}", "create_if": "true()"}, {"list_name": "e", "entity_id": "${a}", "create_if": "true()", "update_if": "true()", "label": "x"}, {"list_name": "e", "create_if": "${a} = 1", "label": "x"}, {"list_name": "e", "label": "${nope}"}, {"list_name": "e", "label": "x", "unknown": "y"}, {"list_name": "e", "label": "${x}"}, {"list_name": "e", "label": "concat(${x}, ${a})"}, {"list_name": "e f", "label": "x"}, {"list_name": "e", "label": "x", "repeat": "${r}"}, {"list_name": "e", "label": "x", "repeat": "r"}, {"LIST_NAME": "e", "Label": "x"},
    ]
    saves = [None, ("a", "p"), ("x", "p"), ("y", "p"), ("a", "e#p"), ("a", "f#p"), ("a", "name"), ("a", "label"), ("a", "__p"), ("a", "1p"), ("a", "p q"), ("a", "Name"), ("g", "p"), ("r", "p"), ("a", "p.q"), ("a", "e#"), ("a", "#p"), ("a", "p-q")]
    for declaration, save in itertools.product(declarations, saves):
        rows = [dict(found) for found in base]
        for found in rows:
            if save and found.get("name") == save[0]:
                found["save_to"] = save[1]
        yield f"entity {declaration} {save}", form(rows, None, entities=[declaration])
    for other in ({"list_name": "f", "label": "${x}"}, {"list_name": "e", "label": "y"}, {"list_name": "f", "label": "y"}, {"list_name": "f", "label": "${y}"}):
        for save in (None, "e#p", "f#p", "p"):
            for where in ("a", "x", "y"):
                rows = [dict(found) for found in base]
                for found in rows:
                    if save and found.get("name") == where:
                        found["save_to"] = save
                yield f"two entities {other} {save} {where}", form(rows, None, entities=[{"list_name": "e", "label": "${a}"}, other])
    yield "save_to without entities", form([row("text", save_to="p")])
    for name in ("Entities", "entity", "entitys"):
        yield f"entities sheet {name}", form(base, None, **{name: [{"list_name": "e", "label": "x"}]})


def mixed(count, seed):
    """Rows put together at random; one form in three is broken somewhere."""
    rng = random.Random(seed)
    pool = [
        row("text", "?", "T"), row("integer", "?", "I", constraint=". > 0 and . < 10", constraint_message="No"), row("decimal", "?", "D"), row("select_one l", "?", "S"), row("select_multiple l", "?", "M"), row("select_one l or_other", "?", "O"), row("note", "?", "N"), row("note", None, "N"), row("date", "?", "D", default="today()"), row("calculate", "?", None, calculation="1 + 1"),
        row("geopoint", "?", "G"), row("image", "?", "P", parameters="max-pixels=640"), row("range", "?", "R", parameters="start=0 end=10 step=1"), row("rank l", "?", "R"), row("acknowledge", "?", "A"), row("barcode", "?", "B"), row("hidden", "?", None, default="x"), row("start", "?", None), row("today", "?", None), row("deviceid", "?", None), row("audit", "audit", None),
        row("select_one_from_file places.csv", "?", "F"), row("csv-external", "?", None), row("select_one ${first}", "?", "Z"), row("text", "?", "T ${first}", hint="H", appearance="multiline"), row("text", "?", "T", required="yes", required_message="need"), row("text", "?", "T", relevant="${first} = 'x'"), row("text", "?", "T", readonly="yes", calculation="${first}"), row("calculate", "?", None, calculation="${first}", trigger="${first}"), row("file", "?", "F"), row("audio", "?", "A", parameters="quality=low"), row("video", "?", "V"), row("time", "?", "T"), row("dateTime", "?", "T"), row("username", "?", None), row("start-geopoint", "?", None), row("background-audio", "?", None), row("geotrace", "?", "T"), row("geoshape", "?", "T"),
    ]
    breaks = ["typo type", "drop name", "bad name", "drop label", "bad reference", "drop row", "twice", "extra column", "case header", "bad parameter", "swap", "blank row", "sheet"]
    for number in range(count):
        rows, open_, used = [dict(FIRST)], [], 0
        for _ in range(rng.randint(2, 12)):
            turn = rng.random()
            if turn < 0.15:
                kind = rng.choice(["group", "repeat", "group", "loop over l"])
                used += 1
                open_.append(kind.split()[0])
                more = rng.choice([{}, {"appearance": "field-list"}, {"relevant": "${first} != ''"}, {"appearance": "table-list"}, {"repeat_count": "3"} if kind == "repeat" else {}])
                rows.append(row(rng.choice(["begin ", "begin_"]) + kind, f"c{used}", rng.choice(["C", None])) | more)
            elif turn < 0.25 and open_:
                rows.append({"type": rng.choice(["end ", "end_"]) + open_.pop()})
            else:
                found = dict(rng.choice(pool))
                used += 1
                if found.get("name") == "?":
                    found["name"] = f"q{used}"
                rows.append(found)
        rows += [{"type": "end " + kind} for kind in reversed(open_)]
        sheets = form(rows, [dict(found) for found in LIST])
        broken = rng.choice(breaks) if rng.random() < 0.34 else ""
        victim = rng.choice(rows)
        if broken == "typo type":
            text = victim["type"]
            at = rng.randrange(len(text))
            victim["type"] = rng.choice([text[:at] + text[at + 1:], text[:at] + rng.choice("aex _") + text[at:], text.upper(), text.title()])
        elif broken == "drop name":
            victim.pop("name", None)
        elif broken == "bad name":
            victim["name"] = rng.choice(["a b", "1", "é", "a:b", "x!", "first", "FIRST"])
        elif broken == "drop label":
            victim.pop("label", None)
        elif broken == "bad reference":
            victim[rng.choice(["relevant", "label", "calculation", "constraint", "hint", "default"])] = rng.choice(["${nope}", "${first", "${q1} = 1", "${c1}"])
        elif broken == "drop row":
            rows.remove(victim)
        elif broken == "twice":
            rows.insert(rows.index(victim), dict(victim))
        elif broken == "extra column":
            victim[rng.choice(["Label::en", "hint::ka", "media::image::en", "notes", "bind::foo", "label:fr", "Required", "READ ONLY", "constraint message"])] = "yes"
        elif broken == "case header":
            for found in rows:
                for key in list(found):
                    found[key.title()] = found.pop(key)
        elif broken == "bad parameter":
            victim["parameters"] = rng.choice(["x=1", "rows=a", "randomize=true", "seed=1", "a", "start=1 end=5", "max-pixels=x"])
        elif broken == "swap":
            other = rng.choice(rows)
            i, j = rows.index(victim), rows.index(other)
            rows[i], rows[j] = rows[j], rows[i]
        elif broken == "blank row":
            rows.insert(rng.randrange(len(rows)), {})
        elif broken == "sheet":
            sheets.pop("choices")
        yield f"mixed {seed}/{number} {broken}", sheets


PARTS = [("types", types), ("headers", headers), ("choices", choices), ("settings", settings), ("parameters", parameters), ("references", references), ("structure", structure), ("entities", entities)]


def main():
    words = sys.argv[1:]

    def option(name, otherwise):
        if name not in words:
            return otherwise
        at = words.index(name)
        value = words[at + 1]
        del words[at:at + 2]
        return int(value)

    count, seed, show = option("--random", 2000), option("--seed", 1), option("--show", 20)
    tool, wanted = words[0], words[1:]
    parts = PARTS + [("mixed", lambda: mixed(count, seed))]
    low = False
    for name, make in parts:
        if wanted and name not in wanted:
            continue
        cases = list(make())
        lines = "".join(json.dumps({"id": at, "sheets": sheets}) + "\n" for at, (_, sheets) in enumerate(cases))
        run = subprocess.run([tool, "form", "check", "--lines"], input=lines, capture_output=True, text=True)
        answers = {found["id"]: found for found in map(json.loads, run.stdout.splitlines())}
        same = alike = valid = crashes = 0
        differences, refused = collections.defaultdict(list), {}
        for at, (what, sheets) in enumerate(cases):
            expected, why = oracle(sheets)
            xform, why = (why, None) if expected is not None else (None, why)
            answer = answers.get(at, {})
            if why and why.startswith(CRASH):
                crashes += 1
                continue
            ours = answer.get("valid")
            if ours == (expected is not None):
                same += 1
            else:
                said = (answer.get("errors") or [{}])[0]
                if ours is False:
                    refused[at] = (what, said.get("message"), sheets, xform)
                    continue
                differences["verdict: ours " + str(ours)].append((what, why or said.get("message"), sheets))
                continue
            if expected is None:
                continue
            valid += 1
            got = {n["path"]: (n["kind"], n.get("type", "")) for n in answer["nodes"]}
            if got == expected:
                alike += 1
            else:
                apart = {p: (got.get(p), expected.get(p)) for p in got.keys() | expected.keys() if got.get(p) != expected.get(p)}
                differences["nodes (ours, theirs)"].append((what, apart, None))
        verdicts = validated({at: found[3] for at, found in refused.items()})
        for at, (what, said, sheets, _) in refused.items():
            if verdicts and not verdicts[at]:
                same += 1
            else:
                differences["verdict: ours False"].append((what, said, sheets))
        judged = max(1, len(cases) - crashes)
        print(f"{name}: verdicts {same}/{judged} = {100 * same / judged:.2f} %, node lists {alike}/{valid} = {100 * alike / max(1, valid):.2f} %, {crashes} crashes of pyxform left out")
        low |= same < 0.98 * judged or alike < 0.98 * valid
        for kind, found in differences.items():
            for what, why, sheets in found[:show]:
                print(f"   {kind}: {what}: {str(why)[:260]}")
    sys.exit(low)


if __name__ == "__main__":
    main()
