package addonstest_test

import (
	"context"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	"github.com/inshore-dev/inshore/addons/postgres"
	"github.com/inshore-dev/inshore/addons/redis"
	"github.com/inshore-dev/inshore/addons/s3"
)

func TestMain(m *testing.M) {
	addonstest.Main(m, addonstest.Command(s3.Command, s3.Main), addonstest.Command(redis.Command, redis.Main))
}

// all is the catalogue as the program has it.
func all() *addons.Catalogue {
	var c addons.Catalogue
	c.Register(postgres.Service())
	c.Register(redis.Service())
	c.Register(s3.Service())
	c.Register(s3.Cloudcube())
	return &c
}

// requests are those for a usual app.json.
func requests(tb testing.TB, plans ...string) []addons.Request {
	tb.Helper()
	var wants []addons.Want
	for _, plan := range plans {
		wants = append(wants, addons.Want{Plan: plan})
	}
	requests, list := all().Requests(wants)
	if len(list) > 0 {
		tb.Fatal(list)
	}
	return requests
}

// without takes the modes away that a test must not depend on.
func without(requests []addons.Request, mode addons.Mode) []addons.Request {
	for i, r := range requests {
		service := *r.Service
		service.Drivers = nil
		for _, d := range r.Service.Drivers {
			if d.Mode() != mode {
				service.Drivers = append(service.Drivers, d)
			}
		}
		requests[i].Service = &service
	}
	return requests
}

func TestCatalogue_RunsTheUsualThreeTogether(t *testing.T) {
	h := addonstest.NewHost(t)
	r := without(requests(t, "heroku-postgresql:essential-0", "heroku-redis:mini", "bucketeer:hobbyist"), addons.Container)
	addonstest.Need(t, r[0].Service.Drivers[0])
	resources, _, err := addons.Provision(t.Context(), h.Host, r, addons.EngineAuto)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := addons.StopAll(context.Background(), resources); err != nil {
			t.Error(err)
		}
	})
	names := map[string]bool{}
	for _, resource := range resources {
		for _, v := range resource.Vars() {
			names[v.Name] = v.Value != ""
		}
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "BUCKETEER_BUCKET_NAME", "AWS_ENDPOINT_URL_S3"} {
		if !names[name] {
			t.Errorf("%s is missing in %v", name, names)
		}
	}
}

// BenchmarkStart measures from nothing running to all answering, with the
// programs in the cache: "new" with a fresh cluster each time, "kept" on data of
// an earlier run.
func BenchmarkStart(b *testing.B) {
	for _, set := range []struct {
		name  string
		plans []string
	}{
		{"postgres", []string{"heroku-postgresql"}},
		{"redis", []string{"heroku-redis"}},
		{"s3", []string{"bucketeer"}},
		{"three", []string{"heroku-postgresql", "heroku-redis", "bucketeer"}},
	} {
		for _, engine := range []addons.Engine{addons.EngineNative, addons.EngineEmbedded} {
			if engine == addons.EngineNative && (set.name == "s3" || set.name == "three") {
				continue // there is rarely an installed gateway
			}
			for _, ephemeral := range []bool{true, false} {
				name := set.name + "/" + string(engine) + "/kept"
				if ephemeral {
					name = set.name + "/" + string(engine) + "/new"
				}
				b.Run(name, func(b *testing.B) { measureStart(b, requests(b, set.plans...), engine, ephemeral) })
			}
		}
	}
}

// measureStart reports the time of an average start and of the best one.
func measureStart(b *testing.B, requests []addons.Request, engine addons.Engine, ephemeral bool) {
	b.Helper()
	for i := range requests {
		requests[i].Spec.Ephemeral = ephemeral
	}
	h := addonstest.NewHost(b)
	round := func() time.Duration {
		began := time.Now()
		resources, _, err := addons.Provision(b.Context(), h.Host, requests, engine)
		took := time.Since(began)
		if err != nil {
			b.Skip(err)
		}
		if err := addons.StopAll(b.Context(), resources); err != nil {
			b.Fatal(err)
		}
		return took
	}
	round() // fills the cache, and makes the data of "kept"
	b.ResetTimer()
	var total, best time.Duration
	for range b.N {
		if ephemeral {
			b.StopTimer()
			h = addonstest.NewHost(b)
			b.StartTimer()
		}
		took := round()
		total += took
		if best == 0 || took < best {
			best = took
		}
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms/start")
	b.ReportMetric(float64(best.Microseconds())/1000, "ms/best")
}
