module example.org/acme/notes/v2

go 1.22.1

require (
	github.com/jackc/pgx/v5 v5.6.0
	github.com/redis/go-redis/v9 v9.5.1
)
