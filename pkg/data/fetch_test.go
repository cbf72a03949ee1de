package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/data/internal/mirror"
)

// site serves an archive over TLS; a fault replaces its answers.
type site struct {
	*httptest.Server
	files archive
	asked atomic.Int64
}

func newSite(t *testing.T, fault func(w http.ResponseWriter, r *http.Request, file []byte)) *site {
	files, content := small()
	s := &site{files: files}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		for i, f := range files {
			if r.URL.Path == "/mnist/"+f.name+".gz" {
				if fault != nil {
					fault(w, r, zip(content[i]))
				} else {
					w.Write(zip(content[i]))
				}
				return
			}
		}
		http.NotFound(w, r)
	}))
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// from returns sites as mirrors with more patience than a test has.
func from(log io.Writer, sites ...*site) []Mirror {
	client := sites[0].Client() // every test server has one certificate
	client.CheckRedirect = mirror.OnlyTLS
	var all []Mirror
	for _, s := range sites {
		all = append(all, &mirror.Mirror{Address: s.URL + "/mnist/", Client: client,
			First: time.Minute, Stall: time.Minute, Total: time.Minute, Limit: 1 << 20, Log: log})
	}
	return all
}

func TestDownload(t *testing.T) {
	s := newSite(t, nil)
	var log bytes.Buffer
	env := environment{getenv: vars(), cache: t.TempDir(), files: s.files, web: from(&log, s), log: &log}
	d, err := env.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "https://")
	if got, want := d.String(), "MNIST: 30 training and 10 test images of 28×28 (downloaded from "+host+", SHA-256 verified)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if want := Synthetic("", 1, 0, 30); d.Train.Fingerprint() != want.Fingerprint() {
		t.Error("other images than those served")
	}
	for _, f := range s.files {
		if !strings.Contains(log.String(), f.name+" from "+host) {
			t.Errorf("no progress of %s: %q", f.name, log.String())
		}
	}

	d, err = env.load(context.Background())
	if err != nil || s.asked.Load() != 4 || d.Source != "from the user's cache, SHA-256 verified" {
		t.Errorf("second time: %v, %v after %d requests", d, err, s.asked.Load())
	}

	// A broken cache is told and mended.
	log.Reset()
	put(t, filepath.Join(env.cache, "mnist"), s.files[2].name, []byte("broken"))
	if d, err = env.load(context.Background()); err != nil || s.asked.Load() != 8 {
		t.Errorf("broken cache: %v, %v after %d requests", d, err, s.asked.Load())
	}
	if !strings.Contains(log.String(), "cached MNIST is broken and will be replaced") {
		t.Errorf("broken cache: told %q", log.String())
	}
	if _, err := s.files.read(filepath.Join(env.cache, "mnist"), ""); err != nil {
		t.Errorf("the cache is not mended: %v", err)
	}
}

func TestDownloadRefuses(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("a plain request was made")
	}))
	defer plain.Close()
	other := Synthetic("other", 3, 0, 30)
	otherFile := zip(idxBytes(0x803, []uint32{30, 28, 28}, other.Pixels))
	noise := bytes.Repeat([]byte("pseudo"), 1<<18)
	files, _ := small()

	for _, c := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request, file []byte)
		set   func(m *mirror.Mirror)
		want  string
	}{
		{"not found", func(w http.ResponseWriter, r *http.Request, _ []byte) { http.NotFound(w, r) }, nil,
			"answered 404 Not Found"},
		{"wrong hash", func(w http.ResponseWriter, r *http.Request, _ []byte) { w.Write(otherFile) }, nil,
			"not MNIST: SHA-256 of its raw bytes is " + sum(idx.Array{Dims: []int{30, 28, 28}, Data: other.Pixels}) + ", want " + files[0].sha},
		{"a login page", func(w http.ResponseWriter, r *http.Request, _ []byte) { io.WriteString(w, "<html>please log in") }, nil,
			"magic 3c68746d is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"cut off", func(w http.ResponseWriter, r *http.Request, file []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(file)))
			w.Write(file[:len(file)/2])
		}, nil, "truncated: "},
		{"no answer", func(w http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() },
			func(m *mirror.Mirror) { m.First = 50 * time.Millisecond }, "no answer within 50ms"},
		{"stalled", func(w http.ResponseWriter, r *http.Request, file []byte) {
			w.Write(file[:100])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, func(m *mirror.Mirror) { m.Stall = 50 * time.Millisecond }, "stalled for 50ms"},
		{"a byte now and then", func(w http.ResponseWriter, r *http.Request, file []byte) {
			for i := range file {
				w.Write(file[i : i+1])
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}, func(m *mirror.Mirror) { m.Total = 100 * time.Millisecond }, "not done after 100ms"},
		{"redirected to http", func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, plain.URL, http.StatusFound)
		}, nil, "redirected to http, only https is allowed"},
		{"redirected in a circle", func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, nil, "more than 5 redirections"},
		{"oversized, announced", func(w http.ResponseWriter, r *http.Request, _ []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(noise)))
			w.Write(noise)
		}, func(m *mirror.Mirror) { m.Limit = 1000 }, "1572864 bytes announced, allowed 1000"},
		{"oversized", func(w http.ResponseWriter, r *http.Request, file []byte) {
			w.(http.Flusher).Flush() // no length is announced
			w.Write(file)
		}, func(m *mirror.Mirror) { m.Limit = 1000 }, "more than the allowed 1000 bytes"},
		{"a mirror without TLS", nil, func(m *mirror.Mirror) { m.Address = plain.URL + "/mnist/" },
			plain.URL + "/mnist/train-images-idx3-ubyte.gz: only https is allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, c.fault)
			web := from(nil, s)
			if c.set != nil {
				c.set(web[0].(*mirror.Mirror))
			}
			start := time.Now()
			_, _, err := s.files.fetch(context.Background(), web)
			if err == nil || !strings.Contains(err.Error(), "train-images-idx3-ubyte: "+c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("\n got %v\nwant …%s", err, c.want)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v to give up", took)
			}

			// The next mirror serves in its place.
			if c.set == nil {
				good := newSite(t, nil)
				if _, host, err := s.files.fetch(context.Background(), from(nil, s, good)); err != nil || host != strings.TrimPrefix(good.URL, "https://") {
					t.Errorf("second mirror: host %q, %v", host, err)
				}
			}
		})
	}
}

func TestDownloadFailureIsRemembered(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, _ []byte) { http.Error(w, "closed", http.StatusForbidden) })
	var log bytes.Buffer
	env := environment{getenv: vars(), cache: t.TempDir(), files: s.files, web: from(nil, s), train: 20, test: 10, log: &log}
	for range 3 {
		d, err := env.load(context.Background())
		if err != nil || d.Name != "synthetic digits" || d.Source != "drawn by this library: MNIST could not be downloaded" {
			t.Fatalf("got %v, %v", d, err)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("%d requests for three programs, want 1", n)
	}
	if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "answered 403 Forbidden): using synthetic digits; set MNIST_DIR") {
		t.Errorf("told %q", log.String())
	}

	// Who insists on MNIST is not put off.
	env.getenv = vars("INKLING_DATA", "mnist")
	if _, err := env.load(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "data: INKLING_DATA=mnist, but there is no MNIST: ") || s.asked.Load() != 2 {
		t.Errorf("INKLING_DATA=mnist: %v after %d requests", err, s.asked.Load())
	}

	env.getenv = vars()
	old := time.Now().Add(-retryAfter - time.Minute)
	if err := os.Chtimes(env.marker(), old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := env.load(context.Background()); err != nil || s.asked.Load() != 3 {
		t.Errorf("after %v: %v after %d requests", retryAfter, err, s.asked.Load())
	}
}

func TestDownloadCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, _ []byte) { cancel(); <-r.Context().Done() })
	env := environment{getenv: vars(), cache: t.TempDir(), files: s.files, web: from(nil, s), train: 20, test: 10, log: io.Discard}
	if _, err := env.load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if env.failedLately() != "" {
		t.Error("a cancelled download is remembered as a failed one")
	}
}

// Without a network the whole attempt ends within 5 seconds.
func TestMirrorsPatience(t *testing.T) {
	var total time.Duration
	for _, m := range mirror.MNIST(nil) {
		total += m.First
		if !strings.HasPrefix(m.Address, "https://") || !strings.HasSuffix(m.Address, "/") {
			t.Errorf("mirror %s", m.Address)
		}
	}
	if total == 0 || total > 5*time.Second {
		t.Errorf("mirrors may take %v together", total)
	}
}
