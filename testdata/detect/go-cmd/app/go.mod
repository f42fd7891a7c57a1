module example.org/acme/notes

go 1.22
