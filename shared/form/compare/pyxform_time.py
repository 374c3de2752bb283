#!/usr/bin/env python3
"""Times pyxform on a workbook: `pyxform_time.py FORM.xlsx` prints the best of three conversions."""
import json, sys, time

from pyxform.xls2xform import convert

best = float("inf")
for _ in range(3):
    start = time.perf_counter()
    convert(xlsform=sys.argv[1])
    best = min(best, (time.perf_counter() - start) * 1000)
print(f"pyxform, the same workbook: {best:.1f} ms")
print(json.dumps({"bench": "forms", "name": "pyxform", "milliseconds": round(best, 1)}))
