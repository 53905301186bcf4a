// Writes the return with Go's libraries: go run go_writers.go SHAPES FOLDER.
package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/tealeg/xlsx"
)

type shape struct {
	Sheets [][]interface{}
	Needs  []string
}

func main() {
	content, err := os.ReadFile(os.Args[1])
	check(err)
	shapes := map[string]shape{}
	check(json.Unmarshal(content, &shapes))
	for name, one := range shapes {
		if len(one.Needs) > 0 && !(len(one.Needs) == 1 && (one.Needs[0] == "sheets" || one.Needs[0] == "format")) {
			continue
		}
		workbook(one, called("tealeg-xlsx", "1.0.3", name, "xlsx"))
		if len(one.Needs) == 0 {
			text(one, called("Go-csv", runtime.Version(), name, "csv"))
		}
	}
}

func called(writer, version, shape, ending string) string {
	return filepath.Join(os.Args[2], fmt.Sprintf("%s--%s--%s.%s", writer, version, shape, ending))
}

func workbook(one shape, path string) {
	book := xlsx.NewFile()
	for _, sheet := range one.Sheets {
		made, err := book.AddSheet(sheet[0].(string))
		check(err)
		for _, row := range sheet[1].([]interface{}) {
			line := made.AddRow()
			for _, cell := range row.([]interface{}) {
				at := line.AddCell()
				switch held := cell.(type) {
				case string:
					at.SetString(held)
				case float64:
					at.SetFloat(held)
				case map[string]interface{}:
					at.SetFloatWithFormat(held["number"].(float64), held["format"].(string))
				}
			}
		}
	}
	check(book.Save(path))
}

func text(one shape, path string) {
	out, err := os.Create(path)
	check(err)
	writer := csv.NewWriter(out)
	for _, row := range one.Sheets[0][1].([]interface{}) {
		cells := []string{}
		for _, cell := range row.([]interface{}) {
			switch held := cell.(type) {
			case nil:
				cells = append(cells, "")
			case float64:
				cells = append(cells, strconv.FormatFloat(held, 'f', -1, 64))
			default:
				cells = append(cells, held.(string))
			}
		}
		check(writer.Write(cells))
	}
	writer.Flush()
	check(out.Close())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
