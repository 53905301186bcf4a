//! Writes the return with Rust's libraries: rust-writers SHAPES FOLDER.

use std::error::Error;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::Value;
use simple_excel_writer::Row;

type Written = Result<(), Box<dyn Error>>;

fn main() -> Written {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shapes: Value = serde_json::from_str(&std::fs::read_to_string(&arguments[0])?)?;
    let folder = Path::new(&arguments[1]);
    for (name, shape) in shapes.as_object().ok_or("no shapes")? {
        let called = |writer: &str, version: &str, ending: &str| {
            folder.join(format!("{writer}--{version}--{name}.{ending}"))
        };
        rust_xlsxwriter(shape, &called("rust_xlsxwriter", "0.102.0", "xlsx"))?;
        if needs(shape).iter().all(|need| ["sheets", "format"].contains(&need.as_str())) {
            umya(shape, &called("umya-spreadsheet", "2.3.3", "xlsx"))?;
            ods(shape, &called("spreadsheet-ods", "1.0.4", "ods"))?;
        }
        if needs(shape).is_empty() {
            simple(shape, &called("simple_excel_writer", "0.2.0", "xlsx"))?;
            text(shape, called("rust-csv", "1.4.0", "csv"))?;
        }
    }
    Ok(())
}

fn needs(shape: &Value) -> Vec<String> {
    list(&shape["needs"]).iter().filter_map(|need| need.as_str().map(str::to_owned)).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn cells(sheet: &Value) -> impl Iterator<Item = (u32, u16, &Value)> {
    list(&sheet[1]).iter().enumerate().flat_map(|(line, row)| {
        list(row).iter().enumerate().map(move |(column, cell)| (line as u32, column as u16, cell))
    })
}

fn rust_xlsxwriter(shape: &Value, path: &Path) -> Written {
    let keeps_values = needs(shape).iter().any(|need| need.starts_with("saved"));
    let mut book = Workbook::new();
    for sheet in list(&shape["sheets"]) {
        let made = book.add_worksheet().set_name(sheet[0].as_str().unwrap_or_default())?;
        for area in list(&shape["merges"]).iter().filter_map(Value::as_str) {
            let (first, last) = area.split_once(':').ok_or("no area")?;
            let (top, left, bottom, right) = (row(first)?, column(first), row(last)?, column(last));
            made.merge_range(top, left, bottom, right, "", &Format::new())?;
        }
        for (line, at, cell) in cells(sheet) {
            let format = Format::new().set_num_format(cell["format"].as_str().unwrap_or("General"));
            if let Some(text) = cell.as_str() {
                made.write_string(line, at, text)?;
            } else if let Some(number) = cell.as_f64() {
                made.write_number(line, at, number)?;
            } else if let Some(number) = cell["number"].as_f64() {
                made.write_number_with_format(line, at, number, &format)?;
            } else if let Some(date) = cell["date"].as_str() {
                made.write_datetime_with_format(line, at, ExcelDateTime::parse_from_str(date)?, &format)?;
            } else if let Some(formula) = cell["formula"].as_str() {
                let formula = Formula::new(formula);
                let value = cell["value"].to_string().replace('"', "");
                made.write_formula(line, at, if keeps_values { formula.set_result(value) } else { formula })?;
            }
        }
    }
    book.save(path)?;
    Ok(())
}

fn row(cell: &str) -> Result<u32, std::num::ParseIntError> {
    cell[1..].parse::<u32>().map(|row| row - 1)
}

fn column(cell: &str) -> u16 {
    u16::from(cell.as_bytes()[0] - b'A')
}

fn umya(shape: &Value, path: &Path) -> Written {
    let mut book = umya_spreadsheet::new_file_empty_worksheet();
    for sheet in list(&shape["sheets"]) {
        let made = book.new_sheet(sheet[0].as_str().unwrap_or_default())?;
        for (line, at, cell) in cells(sheet) {
            let to = made.get_cell_mut((u32::from(at) + 1, line + 1));
            if let Some(text) = cell.as_str() {
                to.set_value_string(text);
            } else if let Some(number) = cell.as_f64().or(cell["number"].as_f64()) {
                to.set_value_number(number);
            }
            if let Some(format) = cell["format"].as_str() {
                to.get_style_mut().get_number_format_mut().set_format_code(format);
            }
        }
    }
    umya_spreadsheet::writer::xlsx::write(&book, path)?;
    Ok(())
}

fn ods(shape: &Value, path: &Path) -> Written {
    use spreadsheet_ods::{Sheet, Value as Cell, WorkBook};

    let mut book = WorkBook::new_empty();
    for sheet in list(&shape["sheets"]) {
        let mut made = Sheet::new(sheet[0].as_str().unwrap_or_default());
        for (line, at, cell) in cells(sheet) {
            let value = match (cell.as_str(), cell.as_f64(), cell["number"].as_f64()) {
                (Some(text), ..) => Cell::Text(text.to_owned()),
                (_, Some(number), _) => Cell::Number(number),
                (.., Some(number)) if cell["format"] == "0.0%" => Cell::Percentage(number),
                (.., Some(number)) => Cell::Number(number),
                _ => continue,
            };
            made.set_value(line, u32::from(at), value);
        }
        book.push_sheet(made);
    }
    spreadsheet_ods::write_ods(&mut book, path)?;
    Ok(())
}

fn simple(shape: &Value, path: &Path) -> Written {
    let mut book = simple_excel_writer::Workbook::create(&path.to_string_lossy());
    for sheet in list(&shape["sheets"]) {
        let mut made = book.create_sheet(sheet[0].as_str().unwrap_or_default());
        book.write_sheet(&mut made, |rows| {
            for line in list(&sheet[1]) {
                let mut row = Row::new();
                for cell in list(line) {
                    match (cell.as_str(), cell.as_f64()) {
                        (Some(text), _) => row.add_cell(text),
                        (_, Some(number)) => row.add_cell(number),
                        _ => row.add_empty_cells(1),
                    }
                }
                rows.append_row(row)?;
            }
            Ok(())
        })?;
    }
    book.close()?;
    Ok(())
}

fn text(shape: &Value, path: PathBuf) -> Written {
    let mut out = csv::Writer::from_path(path)?;
    for row in list(&shape["sheets"][0][1]) {
        out.write_record(list(row).iter().map(|cell| match cell {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))?;
    }
    out.flush()?;
    Ok(())
}
