# Writes the return with Perl's libraries: perl perl_writers.pl SHAPES FOLDER.
use strict;
use warnings;

use Excel::Writer::XLSX;
use JSON;
use Spreadsheet::WriteExcel;
use Text::CSV;

my ($shapes_file, $folder) = @ARGV;
open(my $input, '<', $shapes_file) or die "$shapes_file: $!";
my $shapes = decode_json(do { local $/; <$input> });

sub workbook {
    my ($library, $shape, $path) = @_;
    my $book = $library->new($path);
    for (@{$shape->{sheets}}) {
        my ($name, $rows) = @$_;
        my $sheet = $book->add_worksheet($name);
        for my $line (0 .. $#$rows) {
            for my $column (0 .. $#{$rows->[$line]}) {
                write_cell($book, $sheet, $line, $column, $rows->[$line][$column], $shape);
            }
        }
        for my $area (@{$shape->{merges}}) {
            my ($left, $top, $right, $bottom) = $area =~ /([A-Z])(\d+):([A-Z])(\d+)/;
            my $held = $rows->[$top - 1][ord($left) - 65];
            $sheet->merge_range($area, $held, $book->add_format(align => 'left'));
        }
    }
    $book->close();
}

sub write_cell {
    my ($book, $sheet, $line, $column, $cell, $shape) = @_;
    return if !defined $cell;
    if (ref $cell ne 'HASH') {
        $shape->{text} ? $sheet->write_string($line, $column, $cell) : $sheet->write($line, $column, $cell);
    } elsif (defined $cell->{formula}) {
        my $keeps_value = grep { /^saved/ } @{$shape->{needs}};
        my @value = $keeps_value ? ($cell->{value}) : ();
        $sheet->write_formula($line, $column, "=$cell->{formula}", undef, @value);
    } else {
        my $format = $book->add_format(num_format => $cell->{format});
        if (defined $cell->{date}) {
            $sheet->write_date_time($line, $column, "$cell->{date}T", $format);
        } else {
            $sheet->write_number($line, $column, $cell->{number}, $format);
        }
    }
}

sub csv {
    my ($shape, $path) = @_;
    my $csv = Text::CSV->new({ eol => "\r\n" });
    open(my $out, '>', $path) or die "$path: $!";
    $csv->print($out, $_) for @{$shape->{sheets}[0][1]};
    close($out) or die "$path: $!";
}

for my $name (sort keys %$shapes) {
    my $shape = $shapes->{$name};
    $shape->{text} = $name eq 'text';
    my $called = sub { "$folder/$_[0]--$_[1]--$name.$_[2]" };
    workbook('Excel::Writer::XLSX', $shape,
        $called->('Excel-Writer-XLSX', $Excel::Writer::XLSX::VERSION, 'xlsx'));
    workbook('Spreadsheet::WriteExcel', $shape,
        $called->('Spreadsheet-WriteExcel', $Spreadsheet::WriteExcel::VERSION, 'xls'));
    csv($shape, $called->('Text-CSV', $Text::CSV::VERSION, 'csv')) if !@{$shape->{needs}};
}
