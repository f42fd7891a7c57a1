package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	shownEntries = 60
	// maxFormBytes is the picture plus room for the other fields.
	maxFormBytes = maxPictureBytes + 64<<10
	// drainTime leaves room below the 30 seconds a dyno has after SIGTERM.
	drainTime = 20 * time.Second
)

// serveWeb serves the page on $PORT until the context ends, then answers the
// requests in hand and returns.
func serveWeb(ctx context.Context, app *App) error {
	server := &http.Server{
		Handler:           newHandler(app),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		IdleTimeout:       120 * time.Second,
	}
	listener, err := net.Listen("tcp", ":"+app.Config.Port)
	if err != nil {
		return err
	}
	app.Log.Info("listening", "port", app.Config.Port)

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	app.Log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newHandler is the whole site.
func newHandler(app *App) http.Handler {
	s := &site{app: app}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showBook)
	mux.HandleFunc("POST /entries", s.sign)
	mux.HandleFunc("POST /uploads", s.grantUpload)
	mux.HandleFunc("GET /entries.json", s.listEntries)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /favicon.ico", s.favicon)
	mux.Handle("GET /assets/", cacheForEver(http.FileServerFS(assetFiles)))
	return logRequests(app.Log, http.NewCrossOriginProtection().Handler(mux))
}

type site struct{ app *App }

func (s *site) showBook(w http.ResponseWriter, r *http.Request) {
	visits, err := s.app.Queue.Visit(r.Context())
	if err != nil {
		s.app.Log.Warn("visit not counted", "err", err)
	}
	s.writePage(w, r, http.StatusOK, Form{}, visits)
}

func (s *site) writePage(w http.ResponseWriter, r *http.Request, status int, form Form, visits int64) {
	page := Page{Welcome: s.app.Config.Welcome, Form: form, Visits: visits, Now: time.Now()}
	var err error
	if page.Entries, err = s.shownEntries(r.Context()); err == nil {
		page.Count, err = s.app.Entries.Count(r.Context())
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	if page.LastBeat, err = s.app.Queue.LastBeat(r.Context()); err != nil {
		s.app.Log.Warn("heartbeat not read", "err", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store") // the links to the pictures expire
	h.Set("Content-Security-Policy", s.policy(r.Context()))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := page.render(w); err != nil {
		s.app.Log.Warn("page not written", "err", err)
	}
}

// policy allows this origin, and the bucket for pictures and uploads.
func (s *site) policy(ctx context.Context) string {
	bucket := ""
	if link, err := s.app.Pictures.ShowURL(ctx, picturePrefix); err == nil {
		if u, err := url.Parse(link); err == nil {
			bucket = " " + u.Scheme + "://" + u.Host
		}
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob: data:" + bucket +
		"; connect-src 'self'" + bucket + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// shownEntries are the latest entries with links to their pictures.
func (s *site) shownEntries(ctx context.Context) ([]Entry, error) {
	entries, err := s.app.Entries.Latest(ctx, shownEntries)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		if e.PictureState != PictureReady {
			continue
		}
		if e.PictureURL, err = s.app.Pictures.ShowURL(ctx, e.PictureKey); err != nil {
			return nil, err
		}
		if e.ThumbnailURL, err = s.app.Pictures.ShowURL(ctx, e.ThumbnailKey); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// sign takes the form, with or without the help of JavaScript: the picture is
// either already in the bucket and named by a token, or in the form itself.
func (s *site) sign(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	err := r.ParseMultipartForm(1 << 20)
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil // ParseForm, which ran first, has read the fields
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		form := Form{Errors: map[string]string{"picture": checkPicture(pictureTypes[0], maxPictureBytes+1)}}
		s.writePage(w, r, http.StatusRequestEntityTooLarge, form, 0)
		return
	}
	if err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}

	form := newForm(r.PostFormValue("name"), r.PostFormValue("message"))
	key, err := s.takePicture(r, &form)
	if err != nil {
		s.fail(w, err)
		return
	}
	if !form.Valid() {
		s.writePage(w, r, http.StatusUnprocessableEntity, form, 0)
		return
	}
	id, err := s.app.Entries.Add(r.Context(), form.Name, form.Message, key)
	if err != nil {
		s.fail(w, err)
		return
	}
	if key != "" {
		if err := s.app.Queue.Push(r.Context(), id); err != nil {
			s.app.Log.Warn("thumbnail not queued; the clock will", "entry", id, "err", err)
		}
	}
	http.Redirect(w, r, fmt.Sprintf("/#entry-%d", id), http.StatusSeeOther)
}

// takePicture returns the key of the visitor's picture, or "" when there is
// none. What is wrong with it is added to the form.
func (s *site) takePicture(r *http.Request, form *Form) (string, error) {
	if token := r.PostFormValue("picture_token"); token != "" {
		key, ok := openKey(s.app.Config.SessionSecret, token)
		if !ok {
			form.Errors["picture"] = "This picture was not uploaded from here. Please choose it again."
		}
		return key, nil
	}
	file, header, err := r.FormFile("picture")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || (err == nil && header.Filename == "" && header.Size == 0) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPictureBytes+1))
	if err != nil {
		return "", err
	}
	contentType := sniffPicture(data)
	if wrong := checkPicture(contentType, int64(len(data))); wrong != "" {
		form.Errors["picture"] = wrong
		return "", nil
	}
	if !form.Valid() {
		form.Errors["picture"] = "Please choose your picture again."
		return "", nil
	}
	key := newPictureKey()
	return key, s.app.Pictures.Put(r.Context(), key, contentType, data)
}

// grantUpload answers with a presigned URL for one picture and the token with
// which the form names it.
func (s *site) grantUpload(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		writeJSON(w, http.StatusUnsupportedMediaType, map[string]string{"error": "Send JSON."})
		return
	}
	var wish struct {
		ContentType string `json:"content_type"`
		Size        int64  `json:"size"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&wish); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "Send content_type and size."})
		return
	}
	if wrong := checkPicture(wish.ContentType, wish.Size); wrong != "" {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": wrong})
		return
	}
	key := newPictureKey()
	link, err := s.app.Pictures.UploadURL(r.Context(), key, wish.ContentType, wish.Size)
	if err != nil {
		s.fail(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, map[string]string{"url": link, "token": signKey(s.app.Config.SessionSecret, key)})
}

func (s *site) listEntries(w http.ResponseWriter, r *http.Request) {
	entries, err := s.shownEntries(r.Context())
	if err != nil {
		s.fail(w, err)
		return
	}
	if entries == nil {
		entries = []Entry{}
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]any{"entries": entries})
}

// health asks each add-on; one that does not answer makes it 503.
func (s *site) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	status := http.StatusOK
	answer := map[string]string{}
	for name, ping := range map[string]func(context.Context) error{
		"postgres": s.app.Entries.Ping, "redis": s.app.Queue.Ping, "s3": s.app.Pictures.Ping,
	} {
		answer[name] = "ok"
		if err := ping(ctx); err != nil {
			s.app.Log.Error("unhealthy", "addon", name, "err", err)
			answer[name], status = "does not answer", http.StatusServiceUnavailable
		}
	}
	writeJSON(w, status, answer)
}

func (s *site) favicon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=86400")
	http.ServeFileFS(w, r, assetFiles, "assets/icon.svg")
}

// fail logs the reason and tells the visitor no more than that it failed.
func (s *site) fail(w http.ResponseWriter, err error) {
	number := rand.Text()[:8]
	s.app.Log.Error("request failed", "number", number, "err", err)
	http.Error(w, "Something went wrong on our side. Please try again. ("+number+")", http.StatusInternalServerError)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // presigned URLs are full of ampersands
	_ = encoder.Encode(value)    // the client is gone
}

func cacheForEver(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
