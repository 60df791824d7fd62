#> ; exit 1
