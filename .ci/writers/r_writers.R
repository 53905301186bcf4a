# Writes the return with R and its packages: Rscript r_writers.R SHAPES FOLDER.
arguments <- commandArgs(trailingOnly = TRUE)
shapes <- jsonlite::read_json(arguments[1])
folder <- arguments[2]

called <- function(writer, version, shape, ending)
  file.path(folder, paste0(writer, "--", version, "--", shape, ".", ending))
version <- function(package) as.character(packageVersion(package))

# The first sheet as a data frame; a column holds numbers when every cell that is not empty is one.
frame <- function(shape) {
  rows <- shape$sheets[[1]][[2]]
  headings <- unlist(rows[[1]])
  columns <- lapply(seq_along(headings), function(at) {
    cells <- lapply(rows[-1], function(row) if (is.null(row[[at]])) NA else row[[at]])
    unlist(cells)
  })
  names(columns) <- headings
  as.data.frame(columns, stringsAsFactors = FALSE)
}

r <- paste(R.version$major, R.version$minor, sep = ".")
for (name in c("plain", "text")) {
  returned <- frame(shapes[[name]])
  write.csv(returned, called("R-write.csv", r, name, "csv"), row.names = FALSE, na = "")
  readr::write_csv(returned, called("readr", version("readr"), name, "csv"), na = "")
  data.table::fwrite(returned, called("data.table", version("data.table"), name, "csv"))
  openxlsx::write.xlsx(returned, called("openxlsx", version("openxlsx"), name, "xlsx"))
}
returned <- frame(shapes$plain)
write.csv(returned, called("R-write.csv", r, "na", "csv"), row.names = FALSE)
write.csv2(returned, called("R-write.csv2-continental", r, "plain", "csv"), row.names = FALSE, na = "")
write.csv(returned, called("R-row-names", r, "plain", "csv"), na = "")
write.table(returned, called("R-write.table", r, "plain", "tsv"), sep = "\t", row.names = FALSE, na = "")
readr::write_csv(returned, called("readr", version("readr"), "na", "csv"))
readr::write_tsv(returned, called("readr", version("readr"), "plain", "tsv"), na = "")
readr::write_excel_csv(returned, called("readr-excel", version("readr"), "plain", "csv"), na = "")
data.table::fwrite(returned, called("data.table", version("data.table"), "plain", "tsv"), sep = "\t")
jsonlite::write_json(returned, called("jsonlite", version("jsonlite"), "plain", "json"))
jsonlite::write_json(returned, called("jsonlite-columns", version("jsonlite"), "plain", "json"),
                     dataframe = "columns")
lines <- file(called("jsonlite", version("jsonlite"), "plain", "ndjson"))
jsonlite::stream_out(returned, lines, verbose = FALSE)

# Percentages as openxlsx formats a column of that class; a formula as it writes one.
shares <- returned
percent <- grepl("_pct$", shares$indicator)
book <- openxlsx::createWorkbook()
openxlsx::addWorksheet(book, "Return")
shares$value[percent] <- shares$numerator[percent] / shares$denominator[percent]
openxlsx::writeData(book, "Return", shares)
style <- openxlsx::createStyle(numFmt = "0.0%")
openxlsx::addStyle(book, "Return", style, rows = which(percent) + 1, cols = 6)
openxlsx::saveWorkbook(book, called("openxlsx", version("openxlsx"), "percent", "xlsx"), overwrite = TRUE)
book <- openxlsx::createWorkbook()
openxlsx::addWorksheet(book, "Return")
openxlsx::writeData(book, "Return", returned)
openxlsx::writeFormula(book, "Return", paste0(returned$numerator, "-10+10"), startCol = 4, startRow = 2)
openxlsx::saveWorkbook(book, called("openxlsx", version("openxlsx"), "uncomputed", "xlsx"), overwrite = TRUE)
