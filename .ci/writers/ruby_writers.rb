# Writes the return with Ruby's libraries: ruby ruby_writers.rb SHAPES FOLDER.
require "csv"
require "json"
require "spreadsheet"

SHAPES = JSON.parse(File.read(ARGV[0]))
FOLDER = ARGV[1]

def called(writer, version, shape, ending)
  File.join(FOLDER, "#{writer}--#{version}--#{shape}.#{ending}")
end

def workbook(shape, path)
  book = Spreadsheet::Workbook.new
  shape["sheets"].each do |name, rows|
    sheet = book.create_worksheet(name: name)
    rows.each_with_index do |cells, line|
      cells.each_with_index do |cell, column|
        sheet[line, column] = cell.is_a?(Hash) ? cell["number"] || Date.parse(cell["date"]) : cell
        next unless cell.is_a?(Hash)

        sheet.row(line).set_format(column, Spreadsheet::Format.new(number_format: cell["format"]))
      end
    end
    shape["merges"].each do |area|
      left, top, right, bottom = area.match(/([A-Z])(\d+):([A-Z])(\d+)/).captures
      sheet.merge_cells(top.to_i - 1, left.ord - 65, bottom.to_i - 1, right.ord - 65)
    end
  end
  book.write(path)
end

SHAPES.each do |name, shape|
  rows = shape["sheets"][0][1]
  unless shape["needs"].include?("formula")
    workbook(shape, called("ruby-spreadsheet", Spreadsheet::VERSION, name, "xls"))
  end
  next unless shape["needs"].empty?

  CSV.open(called("ruby-csv", CSV::VERSION, name, "csv"), "w") { |csv| rows.each { |row| csv << row } }
  records = rows.drop(1).map { |row| rows[0].zip(row).to_h }
  File.write(called("ruby-json", JSON::VERSION, name, "json"), JSON.generate(records))
end
