module sellthrough

go 1.26.0
