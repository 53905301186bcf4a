// Writes the return with Java's libraries: java -cp JARS JavaWriters.java SHAPES FOLDER.

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.poi.Version;
import org.apache.poi.hssf.usermodel.HSSFWorkbook;
import org.apache.poi.ss.usermodel.Cell;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.Workbook;
import org.apache.poi.ss.util.CellRangeAddress;

class JavaWriters {
    static Path folder;

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[1]);
        JsonObject shapes = JsonParser.parseReader(new FileReader(arguments[0])).getAsJsonObject();
        for (Map.Entry<String, JsonElement> entry : shapes.entrySet()) {
            JsonObject shape = entry.getValue().getAsJsonObject();
            poi(shape, new HSSFWorkbook(), entry.getKey());
            if (shape.getAsJsonArray("needs").isEmpty()) {
                jxl(shape, entry.getKey());
                csv(shape, entry.getKey());
            }
        }
    }

    static Path called(String writer, String version, String shape, String ending) {
        return folder.resolve(writer + "--" + version + "--" + shape + "." + ending);
    }

    static boolean keepsValues(JsonObject shape) {
        return shape.getAsJsonArray("needs").toString().contains("saved");
    }

    // A shape that keeps its values is computed by POI before it is saved.
    static void poi(JsonObject shape, Workbook book, String name) throws Exception {
        for (JsonElement one : shape.getAsJsonArray("sheets")) {
            var sheet = book.createSheet(one.getAsJsonArray().get(0).getAsString());
            JsonArray rows = one.getAsJsonArray().get(1).getAsJsonArray();
            for (int line = 0; line < rows.size(); line++) {
                var row = sheet.createRow(line);
                JsonArray cells = rows.get(line).getAsJsonArray();
                for (int column = 0; column < cells.size(); column++) {
                    if (!cells.get(column).isJsonNull()) {
                        poiCell(book, row.createCell(column), cells.get(column));
                    }
                }
            }
            for (JsonElement area : shape.getAsJsonArray("merges")) {
                sheet.addMergedRegion(CellRangeAddress.valueOf(area.getAsString()));
            }
        }
        if (keepsValues(shape)) {
            book.getCreationHelper().createFormulaEvaluator().evaluateAll();
        }
        Path path = called("Apache-POI", Version.getVersion(), name, "xls");
        try (var out = new FileOutputStream(path.toFile())) {
            book.write(out);
        }
    }

    static void poiCell(Workbook book, Cell at, JsonElement cell) {
        if (cell.isJsonPrimitive()) {
            if (cell.getAsJsonPrimitive().isString()) {
                at.setCellValue(cell.getAsString());
            } else {
                at.setCellValue(cell.getAsDouble());
            }
            return;
        }
        JsonObject rich = cell.getAsJsonObject();
        if (rich.has("formula")) {
            at.setCellFormula(rich.get("formula").getAsString());
            return;
        }
        if (rich.has("date")) {
            LocalDate day = LocalDate.parse(rich.get("date").getAsString());
            at.setCellValue(Date.from(day.atStartOfDay(ZoneOffset.UTC).toInstant()));
        } else {
            at.setCellValue(rich.get("number").getAsDouble());
        }
        CellStyle style = book.createCellStyle();
        style.setDataFormat(book.createDataFormat().getFormat(rich.get("format").getAsString()));
        at.setCellStyle(style);
    }

    static void jxl(JsonObject shape, String name) throws Exception {
        var version = jxl.Workbook.getVersion();
        var book = jxl.Workbook.createWorkbook(called("JExcelApi", version, name, "xls").toFile());
        int number = 0;
        for (JsonElement one : shape.getAsJsonArray("sheets")) {
            var sheet = book.createSheet(one.getAsJsonArray().get(0).getAsString(), number++);
            JsonArray rows = one.getAsJsonArray().get(1).getAsJsonArray();
            for (int line = 0; line < rows.size(); line++) {
                JsonArray cells = rows.get(line).getAsJsonArray();
                for (int column = 0; column < cells.size(); column++) {
                    JsonElement cell = cells.get(column);
                    if (cell.isJsonNull()) {
                        continue;
                    }
                    sheet.addCell(cell.getAsJsonPrimitive().isString()
                            ? new jxl.write.Label(column, line, cell.getAsString())
                            : new jxl.write.Number(column, line, cell.getAsDouble()));
                }
            }
        }
        book.write();
        book.close();
    }

    static void csv(JsonObject shape, String name) throws Exception {
        var formats = Map.of("Commons-CSV-excel", CSVFormat.EXCEL, "Commons-CSV", CSVFormat.RFC4180);
        var rows = shape.getAsJsonArray("sheets").get(0).getAsJsonArray().get(1).getAsJsonArray();
        for (var format : formats.entrySet()) {
            try (var out = Files.newBufferedWriter(called(format.getKey(), "1.9.0", name, "csv"));
                    var printer = new CSVPrinter(out, format.getValue())) {
                for (JsonElement row : rows) {
                    Object[] cells = new Object[row.getAsJsonArray().size()];
                    for (int at = 0; at < cells.length; at++) {
                        JsonElement cell = row.getAsJsonArray().get(at);
                        cells[at] = cell.isJsonNull() ? null : cell.getAsString();
                    }
                    printer.printRecord(cells);
                }
            }
        }
    }
}
