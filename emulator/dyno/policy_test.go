package dyno

import (
	"testing"
	"time"
)

func TestPolicy_DelaysGrowToTheirLimit(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	tests := map[Policy][]time.Duration{
		PolicyDevelopment: {0, s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, m, m, m},
		PolicyHeroku:      {0, 10 * m, 20 * m, 40 * m, 80 * m, 160 * m, 320 * m, 640 * m, 1280 * m, 24 * h, 24 * h},
	}
	for policy, delays := range tests {
		for i, want := range delays {
			if got, again := policy.Delay(i+1, 0); got != want || !again {
				t.Errorf("policy %d, crash %d: %v %t, want %v", policy, i+1, got, again, want)
			}
		}
		if got, _ := policy.Delay(1<<40, 0); got != delays[len(delays)-1] {
			t.Errorf("policy %d in the long run: %v", policy, got)
		}
	}
	if _, again := PolicyNever.Delay(1, 0); again {
		t.Error("a one-off dyno starts again")
	}
}

func TestPolicy_JitterOnlyAddsTenPercent(t *testing.T) {
	for _, jitter := range []float64{0, 0.5, 0.999} {
		got, _ := PolicyDevelopment.Delay(20, jitter)
		if got < time.Minute || got > 66*time.Second {
			t.Errorf("jitter %v: %v", jitter, got)
		}
	}
}

func TestPolicy_ForgetsCrashesAfterALongRun(t *testing.T) {
	if got := PolicyDevelopment.countCrash(5, 59*time.Second); got != 6 {
		t.Errorf("short run: %d", got)
	}
	if got := PolicyDevelopment.countCrash(5, time.Minute); got != 1 {
		t.Errorf("long run: %d", got)
	}
	if got := PolicyHeroku.countCrash(5, time.Minute); got != 6 {
		t.Errorf("Heroku, a minute: %d", got)
	}
}

func TestFault_15_CrashLoopStartsEightTimesInTwoMinutes(t *testing.T) {
	var at time.Duration
	starts := 1
	for crashes := 1; ; crashes++ {
		delay, _ := PolicyDevelopment.Delay(crashes, 0)
		if at += delay; at > 2*time.Minute {
			break
		}
		starts++
	}
	if starts > 8 {
		t.Errorf("%d starts", starts)
	}
}

func TestTransition_FollowsHerokusStates(t *testing.T) {
	const late = State("")
	tests := []struct {
		from State
		on   Trigger
		want State
	}{
		{Down, Start, Starting},
		{Crashed, Start, Starting},
		{Up, Start, Starting},
		{Idle, Start, Starting},
		{Complete, Start, Starting},
		{Starting, Start, Starting},
		{Starting, Bound, Up},
		{Crashed, Bound, late},
		{Down, Bound, late},
		{Up, Bound, late},
		{Idle, Bound, late},
		{Starting, End, Crashed},
		{Up, End, Crashed},
		{Down, End, late},
		{Crashed, End, late},
		{Idle, End, late},
		{Starting, Finish, Complete},
		{Up, Finish, Complete},
		{Down, Finish, late},
		{Starting, Stop, Down},
		{Up, Stop, Down},
		{Crashed, Stop, Down},
		{Idle, Stop, Down},
		{Down, Stop, Down},
		{Complete, Stop, late},
		{Up, Sleep, Idle},
		{Starting, Sleep, late},
		{Crashed, Sleep, late},
		{Up, Trigger("?"), late},
		{State("?"), Bound, late},
	}
	for _, test := range tests {
		got, err := Transition(test.from, test.on)
		if test.want == late {
			if err == nil || got != test.from {
				t.Errorf("%s in %s: %s, %v; want no change", test.on, test.from, got, err)
			}
			continue
		}
		if got != test.want || err != nil {
			t.Errorf("%s in %s: %s, %v; want %s", test.on, test.from, got, err, test.want)
		}
	}
}

func TestProbePause_AddsLittleToTheBoot(t *testing.T) {
	for waited, want := range map[time.Duration]time.Duration{
		0: 2 * time.Millisecond, 100 * time.Millisecond: 2 * time.Millisecond,
		200 * time.Millisecond: 4 * time.Millisecond, 10 * time.Second: 50 * time.Millisecond,
	} {
		if got := probePause(waited); got != want {
			t.Errorf("after %v: %v, want %v", waited, got, want)
		}
	}
}

func TestFirstProgram_IsTheOneOfASimpleCommand(t *testing.T) {
	for command, want := range map[string]string{
		"heroku-php-apache2 web/":       "heroku-php-apache2",
		"exec bin/rails server":         "bin/rails",
		"A=1 B=2 node app.js":           "node",
		"env A=1 python app.py":         "python",
		`"my program" x`:                "my",
		"cd web && npm start":           "",
		"a | b":                         "",
		"":                              "",
		"if true; then missing; fi":     "",
		"bundle exec puma -p ${PORT}":   "bundle",
		"gunicorn app:app --log-file -": "gunicorn",
	} {
		if got := firstProgram(command); got != want {
			t.Errorf("%q: %q, want %q", command, got, want)
		}
	}
}
