package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// App holds the connections that every command shares.
type App struct {
	Config   Config
	Log      *slog.Logger
	Entries  *Entries
	Queue    *Queue
	Pictures *Pictures

	close []func()
}

// bootPatience is how long a starting dyno waits for Postgres and Redis: add-ons
// may restart at the same moment as the app.
const bootPatience = 20 * time.Second

// openApp reads the config and connects. The caller closes the App.
func openApp(ctx context.Context, getenv func(string) string, log *slog.Logger) (*App, error) {
	config, err := readConfig(getenv)
	if err != nil {
		return nil, err
	}
	app := &App{Config: config, Log: log}
	if err := app.connect(ctx); err != nil {
		app.Close()
		return nil, err
	}
	return app, nil
}

// Close gives the connections back.
func (a *App) Close() {
	for _, f := range a.close {
		f()
	}
}

func (a *App) connect(ctx context.Context) error {
	pool, err := openPostgres(ctx, a.Config.DatabaseURL)
	if err != nil {
		return err
	}
	a.close = append(a.close, pool.Close)
	a.Entries = &Entries{pool: pool}

	client, err := openRedis(a.Config.RedisURL)
	if err != nil {
		return err
	}
	a.close = append(a.close, func() { _ = client.Close() })
	a.Queue = &Queue{client: client}

	a.Pictures, err = openPictures(ctx, a.Config)
	if err != nil {
		return err
	}
	if err := a.untilReady(ctx, "Postgres", a.Entries.Ping); err != nil {
		return err
	}
	return a.untilReady(ctx, "Redis", a.Queue.Ping)
}

// untilReady repeats ping until it succeeds or bootPatience is over.
func (a *App) untilReady(ctx context.Context, name string, ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := ping(ctx)
		if err == nil {
			return nil
		}
		a.Log.Warn("waiting", "for", name, "err", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", name, err)
		case <-time.After(wait):
		}
	}
}

func openPostgres(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	config.MaxConns = 5 // small plans allow 20 connections for the whole formation
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	return pgxpool.NewWithConfig(ctx, config)
}

func openRedis(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	options.PoolSize = 5
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if options.TLSConfig != nil {
		// The certificate is self-signed ("Connecting to Heroku Key-Value Store").
		options.TLSConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // see above
	}
	return redis.NewClient(options), nil
}

// openPictures takes keys and bucket from Bucketeer and everything else, such
// as another endpoint, from where the SDK itself looks for it.
func openPictures(ctx context.Context, c Config) (*Pictures, error) {
	config, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithRegion(c.Region),
		awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, "")),
		// Browsers follow the presigned URLs, and they know nothing of the SDK's checksums.
		awsconfig.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		awsconfig.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	)
	if err != nil {
		return nil, fmt.Errorf("S3: %w", err)
	}
	client := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	return &Pictures{client: client, presign: s3.NewPresignClient(client), bucket: c.BucketName}, nil
}
