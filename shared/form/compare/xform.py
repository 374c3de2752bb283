#!/usr/bin/env python3
"""Holds the XForm XML of forms against pyxform's on the same sheets.

usage: xform.py FORMTOOL FILE... [--missing]

Elements are compared as sets: name, attributes and text, blanks folded. Prints what only pyxform writes
(-) and what only FORMTOOL writes (+); with --missing the former alone. Texts of itext are left out: a
language that says nothing falls back to the default one here and is a dash there."""
import collections, re, subprocess, sys
import xml.etree.ElementTree as tree

from pyxform.xls2xform import convert


def fold(text):
    return re.sub(r"\s+", " ", text or "").strip().replace("( ", "(").replace(" )", ")").replace("[ ", "[").replace(" ]", "]")


def short(name):
    return name.rsplit("}", 1)[-1] if "}" in name else name


def elements(xml):
    found = collections.Counter()

    def walk(node):
        name = short(node.tag)
        if name == "itext":
            return
        attributes = " ".join(sorted(f'{short(key)}="{fold(value)}"' for key, value in node.attrib.items()))
        found[f"<{name} {attributes}>{fold(node.text)}"] += 1
        for child in node:
            walk(child)

    walk(tree.fromstring(xml))
    return found


def main():
    words = [word for word in sys.argv[1:] if word != "--missing"]
    for path in words[1:]:
        ours = subprocess.run([words[0], "form", "convert", path, "--to", "xform"], capture_output=True)
        if ours.returncode:
            print(f"{path}: refused: {ours.stderr.decode().strip()}")
            continue
        try:
            theirs = convert(path, pretty_print=False).xform
        except Exception as error:
            print(f"{path}: pyxform: {str(error)[:200]}")
            continue
        ours, theirs = elements(ours.stdout), elements(theirs)
        lost, added = theirs - ours, ours - theirs
        print(f"{path}: {sum((ours & theirs).values())} alike, {sum(lost.values())} only there, {sum(added.values())} only here")
        for line in sorted(lost):
            print("  -", line)
        if "--missing" not in sys.argv:
            for line in sorted(added):
                print("  +", line)


main()
