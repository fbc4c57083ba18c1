"""Understanding files of readings: their encoding, table, columns, numbers and times. Knows no table of ours."""
