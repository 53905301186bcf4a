"""Workbooks as the writers of the Python package index make them: one function a library."""

import datetime

from making import Writer, columns, day, flat, texts

PLAIN = frozenset()
EVERYTHING = frozenset(["sheets", "format", "formula", "saved", "saved-error", "merge", "date"])


def openpyxl(variant, path):
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in variant.sheets:
        sheet = book.create_sheet(name)
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells, 1):
                at = sheet.cell(line, column)
                if not isinstance(cell, dict):
                    at.value = cell
                    continue
                at.value = f"={cell['formula']}" if "formula" in cell else cell.get("number", day(cell))
                at.number_format = cell.get("format", "General")
        for area in variant.merges:
            sheet.merge_cells(area)
    book.save(path)


def xlsxwriter(variant, path):
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    for name, rows in variant.sheets:
        sheet = book.add_worksheet(name)
        for area in variant.merges:
            sheet.merge_range(area, None)
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if not isinstance(cell, dict):
                    sheet.write(line, column, cell)
                elif "formula" in cell:
                    value = cell["value"] if keeps_values(variant) else 0
                    sheet.write_formula(line, column, f"={cell['formula']}", None, value)
                else:
                    form = book.add_format({"num_format": cell["format"]})
                    sheet.write(line, column, cell.get("number", day(cell)), form)
    book.close()


def keeps_values(variant):
    """Whether the formulas of this shape come with what they gave."""
    return "saved" in variant.needs or "saved-error" in variant.needs


def xlwt(variant, path):
    import xlwt

    book = xlwt.Workbook()
    for name, rows in variant.sheets:
        sheet = book.add_sheet(name)
        merged = [xlwt_area(area) for area in variant.merges]
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                area = next((one for one in merged if lies_in(one, line, column)), None)
                if area and (line, column) == (area[0], area[2]):
                    sheet.write_merge(*area, cell)
                elif area or cell is None:
                    continue
                elif not isinstance(cell, dict):
                    sheet.write(line, column, cell)
                elif "formula" in cell:
                    sheet.write(line, column, xlwt.Formula(cell["formula"]))
                else:
                    style = xlwt.easyxf(num_format_str=cell["format"])
                    sheet.write(line, column, cell.get("number", day(cell)), style)
    book.save(str(path))


def lies_in(area, line, column):
    top, bottom, left, right = area
    return top <= line <= bottom and left <= column <= right


def xlwt_area(area):
    first, last = area.split(":")
    return int(first[1:]) - 1, int(last[1:]) - 1, ord(first[0]) - 65, ord(last[0]) - 65


def pandas_with(engine):
    def write(variant, path):
        import pandas

        with pandas.ExcelWriter(path, engine=engine) as book:
            for name, rows in variant.sheets:
                pandas.DataFrame(rows).to_excel(book, sheet_name=name, header=False, index=False)
    return write


def pandas_dates(variant, path):
    """A column of dates becomes cells of dates, in pandas' own format."""
    import pandas

    headings, *rows = variant.sheets[0][1]
    held = [[day(cell) if isinstance(cell, dict) else cell for cell in row] for row in rows]
    frame = pandas.DataFrame(held, columns=headings)
    frame.to_excel(path, index=False)


def polars(variant, path):
    """A frame, and formats by column, as polars writes them by itself."""
    import polars

    polars.DataFrame(columns(variant), strict=False).write_excel(path, worksheet="Return")


def odfpy(variant, path):
    from odf import opendocument, table, text

    book = opendocument.OpenDocumentSpreadsheet()
    for name, rows in variant.sheets:
        sheet = table.Table(name=name)
        book.spreadsheet.addElement(sheet)
        for cells in rows:
            line = table.TableRow()
            sheet.addElement(line)
            for cell in cells:
                line.addElement(odfpy_cell(cell, variant, table, text))
    book.save(str(path))


def odfpy_cell(cell, variant, table, text):
    if cell is None:
        return table.TableCell()
    if isinstance(cell, str):
        made = table.TableCell(valuetype="string")
    elif not isinstance(cell, dict):
        made = table.TableCell(valuetype="float", value=cell)
    elif "date" in cell:
        made = table.TableCell(valuetype="date", datevalue=cell["date"])
    elif "number" in cell:
        kind = "percentage" if "%" in cell["format"] else "float"
        made = table.TableCell(valuetype=kind, value=cell["number"])
    elif keeps_values(variant):
        made = table.TableCell(formula=f"of:={cell['formula']}", valuetype="float", value=cell["value"])
    else:
        return table.TableCell(formula=f"of:={cell['formula']}")
    made.addElement(text.P(text=shown(cell)))
    return made


def shown(cell):
    if not isinstance(cell, dict):
        return str(cell)
    if "date" in cell:
        return day(cell).strftime("%b-%y" if "mmm" in cell["format"] else "%d/%m/%Y")
    if "number" in cell:
        return f"{cell['number']:.1%}" if "%" in cell["format"] else f"{cell['number']:,}"
    return str(cell["value"])


def ezodf(variant, path):
    import ezodf

    book = ezodf.newdoc("ods", str(path))
    for name, rows in variant.sheets:
        sheet = ezodf.Sheet(name, size=(len(rows), max(map(len, rows))))
        book.sheets += sheet
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                at = sheet[line, column]
                if isinstance(cell, dict) and "formula" in cell:
                    at.formula = f"of:={cell['formula']}"
                elif isinstance(cell, dict):
                    kind = "date" if "date" in cell else "percentage" if "%" in cell["format"] else "float"
                    at.set_value(cell.get("number", cell.get("date")), kind)
                elif cell is not None:
                    at.set_value(cell)
    book.backup = False
    book.save()


def pyexcel(variant, path):
    import pyexcel

    sheets = {name: flat(rows) for name, rows in variant.sheets}
    pyexcel.save_book_as(bookdict=sheets, dest_file_name=str(path))


def pyexcelerate(variant, path):
    import pyexcelerate

    book = pyexcelerate.Workbook()
    for name, rows in variant.sheets:
        sheet = book.new_sheet(name)
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells, 1):
                if not isinstance(cell, dict):
                    sheet.set_cell_value(line, column, cell)
                    continue
                held = f"={cell['formula']}" if "formula" in cell else cell.get("number", day(cell))
                sheet.set_cell_value(line, column, held)
                if "format" in cell:
                    sheet.set_cell_style(line, column, pyexcelerate.Style(
                        format=pyexcelerate.Format(cell["format"])))
    book.save(str(path))


def pylightxl(variant, path):
    import pylightxl

    book = pylightxl.Database()
    for name, rows in variant.sheets:
        book.add_ws(ws=name)
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells, 1):
                held = f"={cell['formula']}" if isinstance(cell, dict) else cell
                if held is not None:
                    book.ws(ws=name).update_index(row=line, col=column, val=held)
    pylightxl.writexl(db=book, fn=str(path))


def tablib(variant, path):
    import tablib

    headings, *rows = variant.sheets[0][1]
    held = tablib.Dataset(*rows, headers=headings, title="Return")
    written = held.export(path.suffix[1:])
    path.write_bytes(written if isinstance(written, bytes) else written.encode())


def petl(variant, path):
    import petl

    write = petl.toxlsx if path.suffix == ".xlsx" else petl.toxls
    write(variant.sheets[0][1], str(path), **({} if path.suffix == ".xlsx" else {"sheet": "Return"}))


def styleframe(variant, path):
    import pandas
    import styleframe

    headings, *rows = variant.sheets[0][1]
    styleframe.StyleFrame(pandas.DataFrame(rows, columns=headings)).to_excel(str(path)).close()


def odswriter(variant, path):
    import odswriter

    with odswriter.writer(open(path, "wb")) as book:
        for name, rows in variant.sheets:
            sheet = book.new_sheet(name)
            for cells in rows:
                sheet.writerow([odswriter_cell(cell, odswriter) for cell in cells])


def odswriter_cell(cell, odswriter):
    if not isinstance(cell, dict):
        return cell
    return odswriter.Formula(cell["formula"]) if "formula" in cell else day(cell)


def odfdo(variant, path):
    import odfdo

    book = odfdo.Document("spreadsheet")
    book.body.clear()
    for name, rows in variant.sheets:
        sheet = odfdo.Table(name)
        book.body.append(sheet)
        for line, cells in enumerate(rows):
            row = odfdo.Row()
            for column, cell in enumerate(cells):
                row.set_cell(column, odfdo_cell(cell, odfdo))
            sheet.set_row(line, row)
        for area in variant.merges:
            sheet.set_span(area)
    book.save(str(path))


def odfdo_cell(cell, odfdo):
    if not isinstance(cell, dict):
        return odfdo.Cell(cell)
    if "date" in cell:
        return odfdo.Cell(datetime.date.fromisoformat(cell["date"]), cell_type="date")
    return odfdo.Cell(cell["number"], cell_type="percentage" if "%" in cell["format"] else "float")


def rustpy_xlsxwriter(variant, path):
    import rustpy_xlsxwriter

    headings, *rows = variant.sheets[0][1]
    records = [dict(zip(headings, row)) for row in rows]
    rustpy_xlsxwriter.write_worksheet(records, str(path), sheet_name="Return")


def fastxlsx(variant, path):
    import fastxlsx

    book = fastxlsx.WriteOnlyWorkbook()
    for name, rows in variant.sheets:
        sheet = book.create_sheet(name)
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_cell((line, column), cell)
                elif cell is not None:
                    sheet.write_cell((line, column), float(cell))
    book.save(str(path))


def excelize(variant, path):
    import excelize

    book = excelize.new_file()
    for number, (name, rows) in enumerate(variant.sheets):
        if number == 0:
            book.set_sheet_name("Sheet1", name)
        else:
            book.new_sheet(name)
        for line, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                at = f"{chr(65 + column)}{line}"
                if isinstance(cell, dict) and "formula" in cell:
                    book.set_cell_formula(name, at, cell["formula"])
                elif isinstance(cell, dict):
                    book.set_cell_value(name, at, cell.get("number", day(cell)))
                    style = book.new_style(excelize.Style(custom_num_fmt=cell["format"]))
                    book.set_cell_style(name, at, at, style)
                elif cell is not None:
                    book.set_cell_value(name, at, cell)
        for area in variant.merges:
            book.merge_cell(name, *area.split(":"))
    book.save_as(str(path))


def agate(variant, path):
    """csvkit's own library; it takes texts for numbers where all of a column are."""
    import agate

    headings, *rows = variant.sheets[0][1]
    agate.Table(texts(rows), headings).to_csv(str(path))


NO_VALUES = EVERYTHING - {"saved", "saved-error"}
STYLED = frozenset(["sheets", "format", "formula", "date"])
WRITERS = [
    Writer("openpyxl", "openpyxl", ["xlsx", "xlsm"], NO_VALUES, openpyxl),
    Writer("XlsxWriter", "xlsxwriter", ["xlsx"], EVERYTHING, xlsxwriter),
    Writer("xlwt", "xlwt", ["xls"], NO_VALUES, xlwt),
    Writer("pandas-openpyxl", "pandas", ["xlsx"], frozenset(["sheets"]), pandas_with("openpyxl")),
    Writer("pandas-xlsxwriter", "pandas", ["xlsx"], frozenset(["sheets"]), pandas_with("xlsxwriter")),
    Writer("pandas-odf", "pandas", ["ods"], frozenset(["sheets"]), pandas_with("odf")),
    Writer("pandas-dates", "pandas", ["xlsx"], frozenset(["date"]), pandas_dates),
    Writer("polars", "polars", ["xlsx"], PLAIN, polars),
    Writer("odfpy", "odfpy", ["ods"], EVERYTHING - {"merge", "saved-error"}, odfpy),
    Writer("ezodf", "ezodf", ["ods"], STYLED, ezodf),
    Writer("pyexcel-ods3", "pyexcel-ods3", ["ods"], frozenset(["sheets"]), pyexcel),
    Writer("pyexcel-xls", "pyexcel-xls", ["xls"], frozenset(["sheets"]), pyexcel),
    Writer("pyexcel-xlsx", "pyexcel-xlsx", ["xlsx"], frozenset(["sheets"]), pyexcel),
    Writer("pyexcel-io", "pyexcel-io", ["csv", "tsv"], PLAIN, pyexcel),
    Writer("PyExcelerate", "pyexcelerate", ["xlsx"], STYLED, pyexcelerate),
    Writer("pylightxl", "pylightxl", ["xlsx"], frozenset(["sheets", "formula"]), pylightxl),
    Writer("tablib", "tablib", ["xlsx", "xls", "ods", "csv", "tsv", "json", "html"], PLAIN, tablib),
    Writer("petl", "petl", ["xlsx", "xls"], PLAIN, petl),
    Writer("StyleFrame", "styleframe", ["xlsx"], PLAIN, styleframe),
    Writer("odswriter", "odswriter", ["ods"], frozenset(["sheets", "formula", "date"]), odswriter),
    Writer("odfdo", "odfdo", ["ods"], frozenset(["sheets", "format", "merge", "date"]), odfdo),
    Writer("rustpy-xlsxwriter", "rustpy-xlsxwriter", ["xlsx"], PLAIN, rustpy_xlsxwriter),
    Writer("fastxlsx", "fastxlsx", ["xlsx"], frozenset(["sheets"]), fastxlsx),
    Writer("excelize-py", "excelize", ["xlsx"], NO_VALUES, excelize),
    Writer("agate", "agate", ["csv"], PLAIN, agate),
]
