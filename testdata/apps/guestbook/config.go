package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Config is everything the app reads from its environment.
type Config struct {
	Port          string
	DatabaseURL   string
	RedisURL      string
	SessionSecret string
	Welcome       string
	ClockInterval time.Duration

	BucketName      string
	AccessKeyID     string
	SecretAccessKey string
	Region          string
}

const defaultWelcome = "Leave a few words and a picture of where you are."

// readConfig reads the config vars through getenv and names every one that is
// missing, not just the first.
func readConfig(getenv func(string) string) (Config, error) {
	c := Config{
		Port:            or(getenv("PORT"), "5000"),
		DatabaseURL:     getenv("DATABASE_URL"),
		RedisURL:        or(getenv("REDIS_TLS_URL"), getenv("REDIS_URL")),
		SessionSecret:   getenv("SESSION_SECRET"),
		Welcome:         or(getenv("WELCOME"), defaultWelcome),
		BucketName:      getenv("BUCKETEER_BUCKET_NAME"),
		AccessKeyID:     getenv("BUCKETEER_AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("BUCKETEER_AWS_SECRET_ACCESS_KEY"),
		Region:          or(getenv("BUCKETEER_AWS_REGION"), "us-east-1"),
	}
	required := []struct{ name, value string }{
		{"DATABASE_URL", c.DatabaseURL},
		{"REDIS_URL", c.RedisURL},
		{"SESSION_SECRET", c.SessionSecret},
		{"BUCKETEER_BUCKET_NAME", c.BucketName},
		{"BUCKETEER_AWS_ACCESS_KEY_ID", c.AccessKeyID},
		{"BUCKETEER_AWS_SECRET_ACCESS_KEY", c.SecretAccessKey},
	}
	var missing []string
	for _, r := range required {
		if r.value == "" {
			missing = append(missing, r.name)
		}
	}
	if len(missing) > 0 {
		return Config{}, fmt.Errorf("config vars not set: %s", strings.Join(missing, ", "))
	}
	interval, err := time.ParseDuration(or(getenv("CLOCK_INTERVAL"), "1m"))
	if err != nil || interval <= 0 {
		return Config{}, errors.New("CLOCK_INTERVAL is not a duration such as 1m or 10s")
	}
	c.ClockInterval = interval
	return c, nil
}

// or is the first of the two that is not empty.
func or(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}
