"""Writes the return with each library of the Python package index: python_writers.py FOLDER."""

import sys

import python_texts
import python_workbooks
import sheets
from making import folder_of

if __name__ == "__main__":
    for writer in python_workbooks.WRITERS + python_texts.WRITERS:
        writer.files(sheets.variants(), folder_of(sys.argv))
