package emulator

import "testing"

func TestLocalAddress_IsOnlyThisMachine(t *testing.T) {
	for value, want := range map[string]string{
		"postgres://localhost:5432/shop":       "localhost:5432",
		"postgres://u:p@localhost/shop":        "localhost:5432",
		"redis://:pw@127.0.0.1:6380":           "127.0.0.1:6380",
		"postgres://[::1]/shop":                "[::1]:5432",
		"postgres://db.example.test:5432/shop": "",
		"redis://redis:6379":                   "",
		"host=localhost dbname=shop":           "",
		"":                                     "",
		"%zz":                                  "",
	} {
		if got := localAddress(value, "postgres"); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}
