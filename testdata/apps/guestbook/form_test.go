package main

import (
	"strings"
	"testing"
)

func TestForm_AcceptsWhatPeopleWrite(t *testing.T) {
	form := newForm("  Ada\t Lovelace ", "Calm sea.\r\n\r\nGreetings!\n")
	if !form.Valid() {
		t.Fatalf("errors: %v", form.Errors)
	}
	if form.Name != "Ada Lovelace" {
		t.Errorf("name is %q", form.Name)
	}
	if form.Message != "Calm sea.\n\nGreetings!" {
		t.Errorf("message is %q", form.Message)
	}
}

func TestForm_SaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		name, message string
		wrong         []string
	}{
		"nothing filled in":         {"", "", []string{"name", "message"}},
		"only spaces":               {" \t", "\n \n", []string{"name", "message"}},
		"only control characters":   {"\x00\x1b", "\x00", []string{"name", "message"}},
		"longest name that fits":    {strings.Repeat("é", maxName), "x", nil},
		"name one too long":         {strings.Repeat("é", maxName+1), "x", []string{"name"}},
		"longest message that fits": {"x", strings.Repeat("ß", maxMessage), nil},
		"message one too long":      {"x", strings.Repeat("ß", maxMessage+1), []string{"message"}},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			form := newForm(test.name, test.message)
			if len(form.Errors) != len(test.wrong) {
				t.Errorf("errors are %v, want them for %v", form.Errors, test.wrong)
			}
			for _, field := range test.wrong {
				if form.Errors[field] == "" {
					t.Errorf("no error for %s", field)
				}
			}
		})
	}
}

func TestForm_DropsWhatPostgresRefuses(t *testing.T) {
	form := newForm("a\x00b\xff", "c\x00d\xfee")
	if form.Name != "ab" || form.Message != "cde" {
		t.Errorf("got %q and %q", form.Name, form.Message)
	}
}

func TestCheckPicture_TakesPicturesUpToTheLimit(t *testing.T) {
	tests := []struct {
		contentType string
		size        int64
		fine        bool
	}{
		{"image/jpeg", 1, true},
		{"image/webp", maxPictureBytes, true},
		{"image/png", maxPictureBytes + 1, false},
		{"image/png", 0, false},
		{"image/png", -1, false},
		{"image/svg+xml", 100, false},
		{"text/html", 100, false},
		{"", 100, false},
	}
	for _, test := range tests {
		if wrong := checkPicture(test.contentType, test.size); (wrong == "") != test.fine {
			t.Errorf("%q with %d bytes: %q", test.contentType, test.size, wrong)
		}
	}
}

func TestSignedKey_OpensOnlyUnchanged(t *testing.T) {
	key := newPictureKey()
	token := signKey("secret", key)
	if got, ok := openKey("secret", token); !ok || got != key {
		t.Errorf("openKey gives %q, %v", got, ok)
	}
	for _, wrong := range []string{"", key, key + ".", token + "x", "x" + token, signKey("other", key), signKey("secret", "thumbnails/x")} {
		if got, ok := openKey("secret", wrong); ok {
			t.Errorf("%q was taken for %q", wrong, got)
		}
	}
}

func FuzzForm_NeverStoresWhatPostgresRefuses(f *testing.F) {
	f.Add("Ada", "hello\r\nthere")
	f.Add("\x00\xff", "\ufeff\u2028")
	f.Fuzz(func(t *testing.T, name, message string) {
		form := newForm(name, message)
		for _, text := range []string{form.Name, form.Message} {
			if strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
				t.Errorf("%q is left", text)
			}
		}
		if form.Valid() && (form.Name == "" || form.Message == "") {
			t.Error("an empty field is valid")
		}
	})
}
