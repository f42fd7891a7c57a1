package redis_test

import (
	"context"
	"slices"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/redis"
)

func provision(t *testing.T, driver addons.Driver, h *addonstest.Host) (addons.Resource, *goredis.Client) {
	t.Helper()
	addonstest.Need(t, driver)
	r, err := driver.Provision(t.Context(), h.Host, addonstest.Spec())
	if err != nil {
		t.Fatal(err)
	}
	client := addonstest.Redis{}.Open(r.Credentials())
	t.Cleanup(func() {
		_ = client.Close()
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, client
}

// fill makes a key of every type.
func fill(t *testing.T, c *goredis.Client) {
	t.Helper()
	ctx := t.Context()
	for _, cmd := range []goredis.Cmder{
		c.Set(ctx, "string", "a\x00\r\nb", 0), c.Set(ctx, "mortal", "x", time.Hour), c.Set(ctx, "dying", "x", time.Millisecond),
		c.RPush(ctx, "list", "1", "2", "2"), c.SAdd(ctx, "set", "b", "a"), c.HSet(ctx, "hash", "f", "1", "g", "2"),
		c.ZAdd(ctx, "zset", goredis.Z{Score: 1.5, Member: "m"}, goredis.Z{Score: -2, Member: "n"}),
		c.XAdd(ctx, &goredis.XAddArgs{Stream: "stream", ID: "5-1", Values: []string{"k", "v"}}),
		c.XGroupCreate(ctx, "stream", "group", "0"),
	} {
		if err := cmd.Err(); err != nil {
			t.Fatalf("%s: %v", cmd.Name(), err)
		}
	}
}

// check looks at everything that fill made.
func check(t *testing.T, c *goredis.Client) {
	t.Helper()
	ctx := t.Context()
	if err := c.Ping(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(ctx, "string").Val(); got != "a\x00\r\nb" {
		t.Errorf("string is %q", got)
	}
	if ttl := c.TTL(ctx, "mortal").Val(); ttl < 50*time.Minute || ttl > time.Hour {
		t.Errorf("mortal has %v left", ttl)
	}
	if n := c.Exists(ctx, "dying").Val(); n != 0 {
		t.Error("dying is back")
	}
	if got := c.LRange(ctx, "list", 0, -1).Val(); !slices.Equal(got, []string{"1", "2", "2"}) {
		t.Errorf("list is %q", got)
	}
	if n := c.SCard(ctx, "set").Val(); n != 2 || !c.SIsMember(ctx, "set", "a").Val() {
		t.Errorf("set has %d members", n)
	}
	if got := c.HGetAll(ctx, "hash").Val(); got["f"] != "1" || got["g"] != "2" {
		t.Errorf("hash is %v", got)
	}
	if got := c.ZScore(ctx, "zset", "m").Val(); got != 1.5 {
		t.Errorf("score of m is %v", got)
	}
	if got := c.XRange(ctx, "stream", "-", "+").Val(); len(got) != 1 || got[0].ID != "5-1" || got[0].Values["k"] != "v" {
		t.Errorf("stream is %v", got)
	}
	if groups := c.XInfoGroups(ctx, "stream").Val(); len(groups) != 1 || groups[0].Name != "group" {
		t.Errorf("groups are %+v", groups)
	}
}

func TestLimited_KeepsEveryTypeOverARestart(t *testing.T) {
	h := addonstest.NewHost(t)
	r, client := provision(t, redis.Limited(), h)
	fill(t, client)
	if len(r.Info().Limits) == 0 {
		t.Error("its limits are not told")
	}
	if info := client.Info(t.Context(), "server").Val(); info == "" {
		t.Error("INFO is empty")
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, again := provision(t, redis.Limited(), h)
	check(t, again)
}

func TestEmbedded_TakesTheKeysOfTheLimitedServerOver(t *testing.T) {
	h := addonstest.NewHost(t)
	probe, err := redis.Embedded().Probe(t.Context(), h.Host, addonstest.Spec())
	if err != nil || len(probe.Limits) > 0 {
		t.Skip("the packages cannot be had here")
	}
	r, client := provision(t, redis.Limited(), h)
	fill(t, client)
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	server, again := provision(t, redis.Embedded(), h)
	if len(server.Info().Limits) > 0 {
		t.Skip("the packages could not be fetched")
	}
	check(t, again)
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, third := provision(t, redis.Embedded(), h)
	check(t, third)
}
