// Writes the return with a library of the npm registry: node node_writers.cjs SHAPES FOLDER NAME.
// Without arguments it names those that it knows.
"use strict";

const fs = require("fs");
const path = require("path");

const [shapesFile, folder, wanted] = process.argv.slice(2);
const all = ["sheets", "format", "formula", "saved", "saved-error", "merge", "date"];

const isRich = (cell) => cell !== null && typeof cell === "object";
const letter = (column) => String.fromCharCode(65 + column);
const keepsValues = (shape) => shape.needs.includes("saved") || shape.needs.includes("saved-error");
const rowsOf = (shape) => shape.sheets[0][1];
const empty = (rows) => rows.map((row) => row.map((cell) => (cell === null ? "" : cell)));
const records = ([headings, ...rows]) =>
  rows.map((row) => Object.fromEntries(row.map((cell, at) => [headings[at], cell])));
const version = (name) =>
  JSON.parse(fs.readFileSync(path.join(__dirname, "node_modules", name, "package.json"), "utf8")).version;

function corners(area) {
  const [, left, top, right, bottom] = /([A-Z])(\d+):([A-Z])(\d+)/.exec(area);
  return { s: { c: left.charCodeAt(0) - 65, r: top - 1 }, e: { c: right.charCodeAt(0) - 65, r: bottom - 1 } };
}

async function exceljs(shape, file) {
  const ExcelJS = require("exceljs");
  const book = new ExcelJS.Workbook();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.addWorksheet(name);
    rows.forEach((row, line) => row.forEach((cell, column) => {
      const at = sheet.getCell(line + 1, column + 1);
      if (!isRich(cell)) {
        at.value = cell;
      } else if (cell.formula) {
        const kept = cell.value === "#DIV/0!" ? { error: "#DIV/0!" } : cell.value;
        at.value = keepsValues(shape) ? { formula: cell.formula, result: kept } : { formula: cell.formula };
      } else {
        at.value = cell.date ? new Date(cell.date) : cell.number;
        at.numFmt = cell.format;
      }
    }));
    shape.merges.forEach((area) => sheet.mergeCells(area));
  }
  await (file.endsWith(".csv") ? book.csv.writeFile(file) : book.xlsx.writeFile(file));
}

function sheetJs(packageName) {
  return (shape, file) => {
    const XLSX = require(packageName);
    const book = XLSX.utils.book_new();
    for (const [name, rows] of shape.sheets) {
      const plain = rows.map((row) => row.map((cell) => (isRich(cell) ? null : cell)));
      const sheet = XLSX.utils.aoa_to_sheet(plain);
      rows.forEach((row, line) => row.forEach((cell, column) => {
        if (isRich(cell)) sheet[letter(column) + (line + 1)] = sheetJsCell(cell, shape);
      }));
      if (shape.merges.length) sheet["!merges"] = shape.merges.map(corners);
      XLSX.utils.book_append_sheet(book, sheet, name);
    }
    XLSX.writeFile(book, file);
  };
}

function sheetJsCell(cell, shape) {
  if (cell.date) return { t: "d", v: new Date(cell.date), z: cell.format };
  if (cell.format) return { t: "n", v: cell.number, z: cell.format };
  if (!keepsValues(shape)) return { t: "n", f: cell.formula };
  if (cell.value === "#DIV/0!") return { t: "e", v: 7, f: cell.formula };
  return { t: "n", v: cell.value, f: cell.formula };
}

async function xlsxPopulate(shape, file) {
  const book = await require("xlsx-populate").fromBlankAsync();
  shape.sheets.forEach(([name, rows], number) => {
    const sheet = number === 0 ? book.sheet(0).name(name) : book.addSheet(name);
    rows.forEach((row, line) => row.forEach((cell, column) => {
      const at = sheet.cell(line + 1, column + 1);
      if (cell === null) return;
      if (!isRich(cell)) at.value(cell);
      else if (cell.formula) at.formula(cell.formula);
      else at.value(cell.date ? new Date(cell.date) : cell.number).style("numberFormat", cell.format);
    }));
    shape.merges.forEach((area) => sheet.range(area).merged(true));
  });
  await book.toFileAsync(file);
}

async function excel4node(shape, file) {
  const book = new (require("excel4node").Workbook)();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.addWorksheet(name);
    rows.forEach((row, line) => row.forEach((cell, column) => {
      const at = sheet.cell(line + 1, column + 1);
      if (cell === null) return;
      if (typeof cell === "string") at.string(cell);
      else if (typeof cell === "number") at.number(cell);
      else if (cell.formula) at.formula(cell.formula);
      else if (cell.date) at.date(new Date(cell.date)).style({ numberFormat: cell.format });
      else at.number(cell.number).style({ numberFormat: cell.format });
    }));
  }
  fs.writeFileSync(file, await book.writeToBuffer());
}

async function writeExcelFile(shape, file) {
  const write = require("write-excel-file/node");
  const rows = rowsOf(shape).map((row) => row.map((cell) => {
    if (!isRich(cell)) return cell === null ? null : { value: cell };
    if (cell.date) return { value: new Date(cell.date), type: Date, format: cell.format };
    return { value: cell.number, format: cell.format };
  }));
  const made = (write.default || write)(rows, { sheet: "Return" });
  await (made.toFile ? made.toFile(file) : (write.default || write)(rows, { filePath: file }));
}

function betterXlsx(shape, file) {
  const { File } = require("better-xlsx");
  const book = new File();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.addSheet(name);
    for (const row of rows) {
      const line = sheet.addRow();
      for (const cell of row) {
        const at = line.addCell();
        if (!isRich(cell)) at.value = cell === null ? "" : cell;
        else if (cell.formula) at.setFormula(cell.formula);
        else at.setNumber ? at.setNumber(cell.number) : (at.value = cell.number);
        if (isRich(cell) && cell.format) at.numFmt = cell.format;
      }
    }
  }
  return new Promise((done, failed) =>
    book.saveAs().pipe(fs.createWriteStream(file)).on("finish", done).on("error", failed));
}

function excelExport(shape, file) {
  const rows = rowsOf(shape);
  const numeric = new Set(["numerator", "denominator", "value"]);
  const cols = rows[0].map((caption) => ({ caption, type: numeric.has(caption) ? "number" : "string" }));
  fs.writeFileSync(file, require("excel-export").execute({ cols, rows: rows.slice(1) }), "binary");
}

function jsonAsXlsx(shape, file) {
  const rows = rowsOf(shape);
  const columns = rows[0].map((heading) => ({ label: heading, value: heading }));
  const content = [{ sheet: "Return", columns, content: records(rows) }];
  const options = { writeOptions: { type: "buffer", bookType: "xlsx" } };
  fs.writeFileSync(file, require("json-as-xlsx")(content, options));
}

async function xlsxWriteStream(shape, file) {
  const XLSXWriteStream = require("xlsx-write-stream");
  const { Readable, promises } = require("stream");
  const made = new XLSXWriteStream();
  const input = Readable.from(empty(rowsOf(shape)));
  await require("stream/promises").pipeline(input, made, fs.createWriteStream(file));
}

async function xlsxStreamWriter(shape, file) {
  const XlsxStreamWriter = require("xlsx-stream-writer");
  const made = new XlsxStreamWriter();
  made.addRows(empty(rowsOf(shape)));
  fs.writeFileSync(file, await made.getFile());
}

async function excelBuilder(shape, file) {
  const { createWorkbook, createExcelFile } = require("excel-builder-vanilla");
  const book = createWorkbook();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.createWorksheet({ name });
    sheet.setData(empty(rows).map((row) => row.map((cell) =>
      (isRich(cell) ? { value: `${cell.formula}`, metadata: { type: "formula" } } : cell))));
    book.addWorksheet(sheet);
  }
  const made = await createExcelFile(book, "Uint8Array");
  fs.writeFileSync(file, Buffer.from(made));
}

async function wasmXlsxwriter(shape, file) {
  const wasm = require("wasm-xlsxwriter");
  const book = new wasm.Workbook();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.addWorksheet();
    sheet.setName(name);
    rows.forEach((row, line) => row.forEach((cell, column) => {
      if (cell === null) return;
      if (!isRich(cell)) sheet.write(line, column, cell);
      else if (cell.formula) {
        const formula = new wasm.Formula(`=${cell.formula}`);
        sheet.write(line, column, keepsValues(shape) ? formula.setResult(String(cell.value)) : formula);
      } else {
        const format = new wasm.Format().setNumFormat(cell.format);
        sheet.writeWithFormat(line, column, cell.date ? new Date(cell.date) : cell.number, format);
      }
    }));
  }
  fs.writeFileSync(file, book.saveToBufferSync());
}

async function excelts(shape, file) {
  const { Workbook } = require("@cj-tech-master/excelts");
  const book = new Workbook();
  for (const [name, rows] of shape.sheets) {
    const sheet = book.addWorksheet(name);
    rows.forEach((row) => sheet.addRow(row.map((cell) => {
      if (!isRich(cell)) return cell;
      const { formula } = cell;
      if (formula) return keepsValues(shape) ? { formula, result: cell.value } : { formula };
      return cell.date ? new Date(cell.date) : cell.number;
    })));
  }
  await book.xlsx.writeFile(file);
}

function alasql(shape, file) {
  const alasql = require("alasql");
  alasql(`SELECT * INTO CSV("${file}", {headers: true}) FROM ?`, [records(rowsOf(shape))]);
}

const texts = {
  papaparse: (rows) => require("papaparse").unparse(rows),
  "csv-stringify": (rows) => require("csv-stringify/sync").stringify(rows),
  "fast-csv": (rows) => require("fast-csv").writeToString(rows),
  "@json2csv/plainjs": (rows) => new (require("@json2csv/plainjs").Parser)().parse(records(rows)),
  "csv-writer": (rows) => {
    const [header, ...body] = rows;
    const made = require("csv-writer").createArrayCsvStringifier({ header });
    return made.getHeaderString() + made.stringifyRecords(body);
  },
  "d3-dsv": async (rows) => (await import("d3-dsv")).csvFormatRows(rows),
  jsonexport: (rows) => require("jsonexport")(records(rows)),
  "json-2-csv": (rows) => require("json-2-csv").json2csv(records(rows)),
  "export-to-csv": async (rows) => {
    const made = await import("export-to-csv");
    return made.asString(made.generateCsv(made.mkConfig({ useKeysAsHeaders: true }))(records(rows)));
  },
};

function textWith(name) {
  return async (shape, file) => fs.writeFileSync(file, await texts[name](rowsOf(shape)));
}

const lines = (shape, file) =>
  fs.writeFileSync(file, records(rowsOf(shape)).map((one) => JSON.stringify(one)).join("\n"));
const tsv = (shape, file) => fs.writeFileSync(file, require("tsv").stringify(records(rowsOf(shape))));

const sheetFormats = ["xlsx", "xlsm", "xlsb", "xls", "ods", "fods", "csv", "html", "dif", "slk"];
const writers = [
  ["exceljs", ["xlsx", "csv"], all, exceljs],
  ["xlsx", sheetFormats, all, sheetJs("xlsx")],
  ["@e965/xlsx", ["xlsx", "xls", "ods"], all, sheetJs("@e965/xlsx")],
  ["xlsx-js-style", ["xlsx"], all, sheetJs("xlsx-js-style")],
  ["xlsx-populate", ["xlsx"], ["sheets", "format", "formula", "merge", "date"], xlsxPopulate],
  ["excel4node", ["xlsx"], ["sheets", "format", "formula", "date"], excel4node],
  ["write-excel-file", ["xlsx"], ["format", "date"], writeExcelFile],
  ["better-xlsx", ["xlsx"], ["sheets", "format", "formula"], betterXlsx],
  ["excel-export", ["xlsx"], [], excelExport],
  ["json-as-xlsx", ["xlsx"], [], jsonAsXlsx],
  ["xlsx-write-stream", ["xlsx"], [], xlsxWriteStream],
  ["xlsx-stream-writer", ["xlsx"], [], xlsxStreamWriter],
  ["excel-builder-vanilla", ["xlsx"], ["sheets", "formula"], excelBuilder],
  ["wasm-xlsxwriter", ["xlsx"], ["sheets", "format", "formula", "saved", "date"], wasmXlsxwriter],
  ["@cj-tech-master/excelts", ["xlsx"], ["sheets", "formula", "saved"], excelts],
  ["alasql", ["csv"], [], alasql],
  ["ndjson", ["ndjson"], [], lines],
  ["tsv", ["tsv"], [], tsv],
  ...Object.keys(texts).map((name) => [name, ["csv"], [], textWith(name)]),
];

async function write([name, endings, can, make]) {
  const shapes = JSON.parse(fs.readFileSync(shapesFile, "utf8"));
  for (const [shapeName, shape] of Object.entries(shapes)) {
    if (!shape.needs.every((need) => can.includes(need))) continue;
    for (const ending of endings) {
      const called = `${name.replace(/^@/, "").replace("/", "-")}--${version(name)}--${shapeName}.${ending}`;
      try {
        await make(shape, path.join(folder, called));
      } catch (error) {
        console.log(`${called}: not written: ${String(error.message).split("\n")[0].slice(0, 150)}`);
        fs.rmSync(path.join(folder, called), { force: true });
      }
    }
  }
}

if (wanted) write(writers.find(([name]) => name === wanted));
else console.log(writers.map(([name]) => name).join("\n"));
