package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PictureState is where a picture is on its way to a thumbnail.
type PictureState string

// The states of a picture.
const (
	PictureNone    PictureState = "none"    // signed without one
	PictureWaiting PictureState = "waiting" // uploaded, the worker has not made the thumbnail yet
	PictureReady   PictureState = "ready"   // the thumbnail is there
	PictureBroken  PictureState = "broken"  // the file is not a picture the worker can read
)

// Entry is one signature in the book.
type Entry struct {
	ID           int64        `json:"id"`
	Name         string       `json:"name"`
	Message      string       `json:"message"`
	PictureKey   string       `json:"-"`
	ThumbnailKey string       `json:"-"`
	PictureState PictureState `json:"picture"`
	SignedAt     time.Time    `json:"signed_at"`

	PictureURL   string `json:"picture_url,omitempty"`   // presigned when shown, never stored
	ThumbnailURL string `json:"thumbnail_url,omitempty"` // presigned when shown, never stored
}

// Entries is the book itself, in Postgres.
type Entries struct{ pool *pgxpool.Pool }

// errNoEntry says that an entry does not exist, or no longer.
var errNoEntry = errors.New("no such entry")

const entryColumns = `id, name, message, picture_key, thumbnail_key, picture_state, signed_at`

// Ping asks whether Postgres answers.
func (e *Entries) Ping(ctx context.Context) error { return e.pool.Ping(ctx) }

// Add stores a signature and gives it its number. pictureKey may be empty.
func (e *Entries) Add(ctx context.Context, name, message, pictureKey string) (int64, error) {
	state := PictureNone
	if pictureKey != "" {
		state = PictureWaiting
	}
	var id int64
	err := e.pool.QueryRow(ctx,
		`insert into entries (name, message, picture_key, picture_state) values ($1, $2, $3, $4) returning id`,
		name, message, pictureKey, state).Scan(&id)
	return id, err
}

// Latest returns the newest entries first, at most limit of them.
func (e *Entries) Latest(ctx context.Context, limit int) ([]Entry, error) {
	rows, err := e.pool.Query(ctx, `select `+entryColumns+` from entries order by id desc limit $1`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEntry)
}

// Find returns one entry, or errNoEntry.
func (e *Entries) Find(ctx context.Context, id int64) (Entry, error) {
	rows, err := e.pool.Query(ctx, `select `+entryColumns+` from entries where id = $1`, id)
	if err != nil {
		return Entry{}, err
	}
	entry, err := pgx.CollectExactlyOneRow(rows, scanEntry)
	if errors.Is(err, pgx.ErrNoRows) {
		return Entry{}, errNoEntry
	}
	return entry, err
}

// Count is the number of signatures.
func (e *Entries) Count(ctx context.Context) (int64, error) {
	var n int64
	err := e.pool.QueryRow(ctx, `select count(*) from entries`).Scan(&n)
	return n, err
}

// SetPicture records what became of the picture of an entry.
func (e *Entries) SetPicture(ctx context.Context, id int64, state PictureState, thumbnailKey string) error {
	_, err := e.pool.Exec(ctx, `update entries set picture_state = $2, thumbnail_key = $3 where id = $1`, id, state, thumbnailKey)
	return err
}

// Waiting lists the entries whose picture has been waiting longer than age.
func (e *Entries) Waiting(ctx context.Context, age time.Duration) ([]int64, error) {
	rows, err := e.pool.Query(ctx,
		`select id from entries where picture_state = $1 and signed_at < now() - $2::interval order by id`,
		PictureWaiting, age)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// Unused returns those of the keys that no entry names.
func (e *Entries) Unused(ctx context.Context, keys []string) ([]string, error) {
	rows, err := e.pool.Query(ctx,
		`select key from unnest($1::text[]) as key
		 where not exists (select from entries where picture_key = key or thumbnail_key = key)`, keys)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var e Entry
	err := row.Scan(&e.ID, &e.Name, &e.Message, &e.PictureKey, &e.ThumbnailKey, &e.PictureState, &e.SignedAt)
	return e, err
}
