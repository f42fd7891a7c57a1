package browser

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const (
	deadline = 60 * time.Second
	// startDeadline covers the first start on a machine: the app is compiled and
	// a database may be fetched.
	startDeadline = 6 * time.Minute
)

// site is the address of the guestbook that all tests share.
var site struct {
	once sync.Once
	url  string
	err  error
	stop func() error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if site.stop != nil {
		if err := site.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func TestGuestbook_TakesAPictureStraightFromTheBrowser(t *testing.T) {
	url := guestbook(t)
	ctx := openBrowser(t)
	console := watchConsole(t, ctx)
	uploads := watchUploads(t, ctx)
	message := fmt.Sprintf("A picture from the browser, %d.", time.Now().UnixNano())

	must(t, chromedp.Do(ctx,
		chromedp.EmulateViewport(1280, 900),
		chromedp.Navigate(url),
		chromedp.SendKeys(chromedp.CSS("#name"), "Ada Lovelace"),
		chromedp.SendKeys(chromedp.CSS("#message"), message),
		chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{writePicture(t, 800, 600)}),
		chromedp.WaitVisible(chromedp.CSS("#preview")),
		chromedp.Click(chromedp.CSS("#sign button")),
	))
	entry := `[...document.querySelectorAll(".entry")].find((e) => e.textContent.includes(` + fmt.Sprintf("%q", message) + `))`
	width := entry + `?.querySelector("img")?.naturalWidth ?? 0`
	eventually(t, "the thumbnail appears without a reload", func() bool {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[int](width))
		return err == nil && got == 240
	})
	if got := uploads.list(); len(got) != 1 || strings.HasPrefix(got[0], url) {
		t.Errorf("uploads went to %q, want one to the bucket itself", got)
	}

	must(t, chromedp.Do(ctx, chromedp.Reload()))
	eventually(t, "the entry is there after a reload", func() bool {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[int](width))
		return err == nil && got == 240
	})
	screenshot(t, ctx, "light", "guestbook-light.png")
	screenshot(t, ctx, "dark", "guestbook-dark.png")
	if lines := console.list(); len(lines) > 0 {
		t.Errorf("the console complains:\n%s", strings.Join(lines, "\n"))
	}
}

func TestGuestbook_WorksWithoutJavaScript(t *testing.T) {
	url := guestbook(t)
	ctx := openBrowser(t)
	message := fmt.Sprintf("No script, %d.", time.Now().UnixNano())
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	must(t, chromedp.Do(ctx,
		chromedp.Navigate(url),
		chromedp.SendKeys(chromedp.CSS("#name"), "Grace Hopper"),
		chromedp.SendKeys(chromedp.CSS("#message"), message),
		chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{writePicture(t, 300, 900)}),
		chromedp.Click(chromedp.CSS("#sign button")),
	))
	eventually(t, "the page shows the entry", func() bool {
		html, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("#book")))
		return err == nil && strings.Contains(html, message)
	})
	eventually(t, "the thumbnail is in the page after a reload", func() bool {
		if err := chromedp.Do(ctx, chromedp.Reload()); err != nil {
			return false
		}
		html, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS(".entry")))
		return err == nil && strings.Contains(html, message) && strings.Contains(html, "<img")
	})
}

func TestGuestbook_SaysWhatIsWrongAtTheField(t *testing.T) {
	url := guestbook(t)
	ctx := openBrowser(t)
	notes := filepath.Join(t.TempDir(), "notes.png")
	must(t, os.WriteFile(notes, nil, 0o600))
	must(t, chromedp.Do(ctx,
		chromedp.Navigate(url),
		chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{notes}),
		chromedp.WaitVisible(chromedp.CSS("#picture-error")),
	))
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#picture-error")))
	must(t, err)
	if text != "This file is empty." {
		t.Errorf("the error is %q", text)
	}
}

func TestGuestbook_IsReadableForEverybody(t *testing.T) {
	url := guestbook(t)
	ctx := openBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		emulateScheme(t, ctx, scheme)
		for _, width := range []int64{1280, 320} {
			must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(url)))
			low, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](lowContrast))
			must(t, err)
			if len(low) > 0 {
				t.Errorf("%s, %d wide: too little contrast: %s", scheme, width, strings.Join(low, "; "))
			}
			over, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
			must(t, err)
			if over > 0 {
				t.Errorf("%s, %d wide: the page is %d pixels too wide", scheme, width, over)
			}
		}
	}
	tree, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	must(t, err)
	for _, node := range tree.Nodes {
		role := plain(node.Role)
		if (role == "button" || role == "link" || role == "textbox" || role == "image") && !node.Ignored && plain(node.Name) == "" {
			t.Errorf("a %s has no name", role)
		}
	}
	must(t, chromedp.Do(ctx, chromedp.KeyEvent("\t")))
	focused, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.textContent`))
	must(t, err)
	if focused != "Skip to the entries" {
		t.Errorf("the first Tab goes to %q", focused)
	}
}

// lowContrast lists texts whose contrast with what is behind them is below
// 4.5:1 (3:1 for large text). Backgrounds that are pictures are left out.
const lowContrast = `(() => {
  const rgb = (s) => { const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    c.fillStyle = s; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const lum = ([r, g, b]) => { const f = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = (e) => { for (; e; e = e.parentElement) { const s = getComputedStyle(e);
    if (s.backgroundImage !== "none") return null; const c = rgb(s.backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const out = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
    const b = behind(e); if (!b) continue;
    const s = getComputedStyle(e), [x, y] = [lum(rgb(s.color)), lum(b)].sort((p, q) => q - p);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && s.fontWeight >= 700);
    const ratio = (x + .05) / (y + .05);
    if (ratio < (large ? 3 : 4.5)) out.push(e.textContent.trim().slice(0, 30) + " " + ratio.toFixed(2));
  }
  return out;
})()`

func plain(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

// guestbook returns the address of a guestbook behind inshore's router.
func guestbook(t *testing.T) string {
	t.Helper()
	requireBrowser(t)
	site.once.Do(func() {
		if site.url = strings.TrimSuffix(os.Getenv("INSHORE_TEST_URL"), "/"); site.url != "" {
			return
		}
		site.url, site.stop, site.err = startGuestbook()
	})
	if site.err != nil {
		t.Fatal(site.err)
	}
	return site.url
}

// startGuestbook runs `inshore up` on a copy of the app, so that neither its
// data nor its ports meet those of the checkout.
func startGuestbook() (url string, stop func() error, err error) {
	inshore, err := exec.LookPath(cmp.Or(os.Getenv("INSHORE_BIN"), "inshore"))
	if err != nil {
		return "", nil, fmt.Errorf("INSHORE_BIN: %w", err)
	}
	parent, err := os.MkdirTemp("", "inshore-browser-")
	if err != nil {
		return "", nil, err
	}
	dir := filepath.Join(parent, "guestbook") // the app is called after its folder
	if err := copyApp(filepath.Join("..", "apps", "guestbook"), dir); err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := &lockedBuffer{}
	cmd := exec.CommandContext(ctx, inshore, "up", "-C", dir, "--port", fmt.Sprint(port), "--no-input")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 40 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		return "", nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	stop = func() error {
		cancel()
		err := <-ended
		if cmd.ProcessState.ExitCode() != 0 {
			return fmt.Errorf("inshore up: %w\n%s", err, log)
		}
		destroy := exec.Command(inshore, "destroy", "-C", dir, "--confirm", "guestbook", "--no-input")
		if out, err := destroy.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "inshore destroy: %v\n%s", err, out)
		}
		return os.RemoveAll(parent)
	}
	if err := untilHealthy(url, ended); err != nil {
		cancel()
		return "", nil, fmt.Errorf("%w\n%s", err, log)
	}
	return url, stop, nil
}

func untilHealthy(url string, ended <-chan error) error {
	client := &http.Client{Timeout: 5 * time.Second}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(startDeadline)
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("inshore up ended: %v", err)
		case <-timeout:
			return errors.New("the guestbook is not healthy in time")
		case <-ticker.C:
		}
		answer, err := client.Get(url + "/healthz")
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
}

func copyApp(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".inshore" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func requireBrowser(t *testing.T) {
	t.Helper()
	if browserProgram() != "" {
		return
	}
	if strings.Contains(os.Getenv("INSHORE_TEST_REQUIRE"), "browser") {
		t.Fatal("no browser on PATH: apt-get install chromium")
	}
	t.Skip("no browser on PATH")
}

func browserProgram() string {
	for _, name := range []string{os.Getenv("CHROME"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}

// openBrowser gives a tab in a browser of its own, closed when the test ends.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*deadline)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browserProgram()))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// lines is a list that goroutines may add to.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, text)
}

func (l *lines) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.text...)
}

// watchConsole collects warnings, errors and reports of the content policy.
func watchConsole(t *testing.T, ctx context.Context) *lines {
	t.Helper()
	found := &lines{}
	messages := chromedp.Console(ctx)
	go func() { // ends with the tab's context
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException() {
				found.add(m.String())
			}
		}
	}()
	return found
}

// watchUploads collects the addresses the page sends PUT requests to.
func watchUploads(t *testing.T, ctx context.Context) *lines {
	t.Helper()
	found := &lines{}
	must(t, chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok && e.Request.Method == http.MethodPut {
			found.add(e.Request.URL)
		}
	}))
	return found
}

func emulateScheme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	must(t, err)
}

func screenshot(t *testing.T, ctx context.Context, scheme, name string) {
	t.Helper()
	emulateScheme(t, ctx, scheme)
	data, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	must(t, err)
	dir := filepath.Join(os.TempDir(), "inshore-screenshots")
	must(t, os.MkdirAll(dir, 0o755))
	file := filepath.Join(dir, name)
	must(t, os.WriteFile(file, data, 0o644))
	t.Log("screenshot:", file)
}

// writePicture makes a sunset of the given size.
func writePicture(t *testing.T, width, height int) string {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := uint8(y * 120 / height)
			c := color.RGBA{250 - shade, 170 - shade/2, 110 + shade/3, 255}
			if dx, dy := x-width*2/3, y-height/3; dx*dx+dy*dy < width*height/60 {
				c = color.RGBA{255, 244, 214, 255}
			}
			if y > height*3/5 {
				c = color.RGBA{16, 90 - shade/4, 120 - shade/4, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	var data bytes.Buffer
	must(t, png.Encode(&data, picture))
	file := filepath.Join(t.TempDir(), "sunset.png")
	must(t, os.WriteFile(file, data.Bytes(), 0o600))
	return file
}

// eventually waits until condition is true.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(deadline); !condition(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", deadline, what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lockedBuffer keeps what a process prints.
type lockedBuffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

// Write adds to the buffer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

// String is everything written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.String()
}
