#!/usr/bin/env python3
"""Writes XForm XML of forms and has ODK Validate judge it.

usage: validate.py FORMTOOL FILE_OR_FOLDER... [--show N]

Needs Java and pyxform (its package carries ODK Validate). Forms that FORMTOOL refuses are counted
and left out. Prints one line per form that ODK Validate refuses; exit 0 when there is none."""
import concurrent.futures, os, subprocess, sys, tempfile

import pyxform

JAR = os.path.join(os.path.dirname(pyxform.__file__), "validators/odk_validate/bin/ODK_Validate.jar")


def files(words):
    for word in words:
        if os.path.isdir(word):
            for folder, _, names in os.walk(word):
                yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith((".xlsx", ".xls", ".md")) and n != "README.md")
        else:
            yield word


def judge(pair):
    tool, path, folder, number = pair
    out = os.path.join(folder, f"{number}.xml")
    made = subprocess.run([tool, "form", "convert", path, "--to", "xform", "--out", out], capture_output=True, text=True)
    if made.returncode:
        return path, None, made.stderr.strip()
    run = subprocess.run(["java", "-Djava.awt.headless=true", "-XX:TieredStopAtLevel=1", "-jar", JAR, out], capture_output=True, text=True, timeout=300)
    return path, run.returncode == 0, (run.stdout + run.stderr).strip()


def main():
    words, lines = sys.argv[1:], 3
    if "--show" in words:
        at = words.index("--show")
        lines = int(words[at + 1])
        del words[at:at + 2]
    tool, good, refused, bad = words[0], 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        work = [(tool, path, folder, number) for number, path in enumerate(files(words[1:]))]
        for path, verdict, said in pool.map(judge, work):
            if verdict is None:
                refused += 1
            elif verdict:
                good += 1
            else:
                bad += 1
                print(f"{path}:\n   " + "\n   ".join([line for line in said.splitlines() if line.strip() and "WARNING" not in line][:lines]))
    print(f"ODK Validate accepts {good} of {good + bad}; {refused} refused by the form's own check")
    sys.exit(bad > 0)


main()
