package addonstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/inshore-dev/inshore/addons"
)

// Postgres is a client with pgx; values are rows of a table.
type Postgres struct{}

// Connect opens a connection with extra settings such as "sslmode=require".
func (Postgres) Connect(ctx context.Context, c addons.Credentials, settings string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("postgres://%s:%s@%s/%s?%s", c.User, c.Password, address(c), c.Database, settings))
}

// Put inserts a row.
func (p Postgres) Put(ctx context.Context, c addons.Credentials, key, value string) error {
	conn, err := p.Connect(ctx, c, "sslmode=disable")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS pair (key text PRIMARY KEY, value text)"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "INSERT INTO pair VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

// Get reads a row.
func (p Postgres) Get(ctx context.Context, c addons.Credentials, key string) (string, error) {
	conn, err := p.Connect(ctx, c, "sslmode=disable")
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('pair') IS NOT NULL").Scan(&there); err != nil || !there {
		return "", err
	}
	var value string
	err = conn.QueryRow(ctx, "SELECT value FROM pair WHERE key = $1", key).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// patience is generous, because a test machine may be busy.
const patience = 30 * time.Second

// Redis is a client with go-redis.
type Redis struct{}

// Open makes a client; the caller closes it.
func (Redis) Open(c addons.Credentials) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: address(c), Password: c.Password, MaxRetries: -1,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience,
	})
}

// Put sets a key.
func (r Redis) Put(ctx context.Context, c addons.Credentials, key, value string) error {
	client := r.Open(c)
	defer func() { _ = client.Close() }()
	return client.Set(ctx, key, value, 0).Err()
}

// Get reads a key.
func (r Redis) Get(ctx context.Context, c addons.Credentials, key string) (string, error) {
	client := r.Open(c)
	defer func() { _ = client.Close() }()
	value, err := client.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return value, err
}

// S3 is a client with the SDK; values are objects in the app's bucket.
type S3 struct{}

// Open makes a client.
func (S3) Open(c addons.Credentials) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + address(c)), Region: c.Region, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: c.User, SecretAccessKey: c.Password}, nil
		}),
		RetryMaxAttempts: 1,
		HTTPClient:       client(),
	})
}

// Put writes an object.
func (s S3) Put(ctx context.Context, c addons.Credentials, key, value string) error {
	_, err := s.Open(c).PutObject(ctx, &s3.PutObjectInput{
		Bucket: &c.Database, Key: &key, Body: strings.NewReader(value), ContentType: aws.String("text/plain"),
	})
	return err
}

// Get reads an object.
func (s S3) Get(ctx context.Context, c addons.Credentials, key string) (string, error) {
	out, err := s.Open(c).GetObject(ctx, &s3.GetObjectInput{Bucket: &c.Database, Key: &key})
	if _, ok := errors.AsType[*types.NoSuchKey](err); ok {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	return string(data), err
}

func address(c addons.Credentials) string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }
