package main

import (
	"maps"
	"strings"
	"testing"
	"time"
)

var completeVars = map[string]string{
	"DATABASE_URL": "postgres://db", "REDIS_URL": "redis://r", "SESSION_SECRET": "s",
	"BUCKETEER_BUCKET_NAME": "b", "BUCKETEER_AWS_ACCESS_KEY_ID": "k", "BUCKETEER_AWS_SECRET_ACCESS_KEY": "s",
}

func TestReadConfig_NamesEveryMissingVar(t *testing.T) {
	_, err := readConfig(func(string) string { return "" })
	if err == nil {
		t.Fatal("no error")
	}
	for name := range completeVars {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestReadConfig_PrefersTheTLSAddressOfRedis(t *testing.T) {
	vars := maps.Clone(completeVars)
	vars["REDIS_TLS_URL"] = "rediss://r"
	config, err := readConfig(func(name string) string { return vars[name] })
	if err != nil || config.RedisURL != "rediss://r" || config.ClockInterval != time.Minute {
		t.Errorf("config %+v, error %v", config, err)
	}
}

func TestReadConfig_RefusesAnIntervalThatIsNone(t *testing.T) {
	for _, interval := range []string{"soon", "0s", "-1m"} {
		vars := maps.Clone(completeVars)
		vars["CLOCK_INTERVAL"] = interval
		if _, err := readConfig(func(name string) string { return vars[name] }); err == nil {
			t.Errorf("%q was accepted", interval)
		}
	}
}

func TestRun_ExplainsWrongArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"web", "worker"}} {
		var out, problems strings.Builder
		if code := run(args, &out, &problems); code != 2 || !strings.HasPrefix(problems.String(), "usage:") {
			t.Errorf("%q: exit code %d, %q", args, code, problems.String())
		}
	}
}
