<?php
// Writes the return with what PHP has by itself: php php_writers.php SHAPES FOLDER.
[, $shapes_file, $folder] = $argv;
$shapes = json_decode(file_get_contents($shapes_file), true);

foreach ($shapes as $name => $shape) {
    if ($shape["needs"]) {
        continue;
    }
    $rows = $shape["sheets"][0][1];
    $out = fopen("$folder/PHP-fputcsv--" . PHP_VERSION . "--$name.csv", "w");
    foreach ($rows as $row) {
        fputcsv($out, $row);
    }
    fclose($out);
    $headings = array_shift($rows);
    $record = fn($row) => array_combine($headings, array_pad($row, count($headings), null));
    $records = array_map($record, $rows);
    file_put_contents("$folder/PHP-json--" . PHP_VERSION . "--$name.json", json_encode($records));
}
