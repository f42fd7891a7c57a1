package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// The keys the app uses in Redis.
const (
	keyVisits    = "guestbook:visits"
	keyJobs      = "guestbook:thumbnails"
	keyHeartbeat = "guestbook:heartbeat"
)

// Queue is what the dynos tell each other through Redis: jobs for the worker,
// the number of visits and the heartbeat of the clock.
type Queue struct{ client *redis.Client }

// Ping asks whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error { return q.client.Ping(ctx).Err() }

// Push asks the worker for the thumbnail of an entry.
func (q *Queue) Push(ctx context.Context, id int64) error {
	return q.client.LPush(ctx, keyJobs, id).Err()
}

// Pop waits up to patience for a job. found is false when there was none.
func (q *Queue) Pop(ctx context.Context, patience time.Duration) (id int64, found bool, err error) {
	answer, err := q.client.BRPop(ctx, patience, keyJobs).Result()
	if errors.Is(err, redis.Nil) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	id, err = strconv.ParseInt(answer[1], 10, 64)
	return id, err == nil, err
}

// Length is the number of jobs that wait.
func (q *Queue) Length(ctx context.Context) (int64, error) {
	return q.client.LLen(ctx, keyJobs).Result()
}

// Visit counts one visit and returns how many there were.
func (q *Queue) Visit(ctx context.Context) (int64, error) {
	return q.client.Incr(ctx, keyVisits).Result()
}

// Beat leaves the time as a sign that the clock runs.
func (q *Queue) Beat(ctx context.Context, now time.Time) error {
	return q.client.Set(ctx, keyHeartbeat, now.UTC().Format(time.RFC3339), 0).Err()
}

// LastBeat is the time of the last heartbeat; zero when there was none.
func (q *Queue) LastBeat(ctx context.Context) (time.Time, error) {
	text, err := q.client.Get(ctx, keyHeartbeat).Result()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, text)
}
