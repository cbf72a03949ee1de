package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// downloader fetches MNIST. Only TLS is spoken, nothing larger than limit is
// read, and nothing is handed on before its hash is verified.
type downloader struct {
	mirrors []string // folders with the .gz files, tried in order
	client  *http.Client
	first   time.Duration // from the request to the first byte
	stall   time.Duration // from byte to byte
	total   time.Duration // for one file
	limit   int64         // compressed bytes of one file
	log     io.Writer     // progress
}

// mirrors returns a downloader for the public mirrors of MNIST. Without a
// network both mirrors are given up within 5 seconds.
func mirrors(log io.Writer) *downloader {
	return &downloader{
		mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		},
		client: &http.Client{CheckRedirect: onlyTLS},
		first:  2400 * time.Millisecond,
		stall:  5 * time.Second,
		total:  10 * time.Minute,
		limit:  16 << 20,
		log:    log,
	}
}

func onlyTLS(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != "https" {
		return fmt.Errorf("redirected to %s, only https is allowed", req.URL.Scheme)
	}
	if len(via) >= 5 {
		return errors.New("more than 5 redirections")
	}
	return nil
}

// fetch returns the four files and the host they came from.
func (d *downloader) fetch(ctx context.Context, files archive) (a [4]Array, host string, err error) {
	var reasons []string
	for _, mirror := range d.mirrors {
		host := mirror
		if u, err := url.Parse(mirror); err == nil {
			host = u.Host
		}
		if a, err = d.fetchAll(ctx, files, mirror, host); err == nil {
			return a, host, nil
		}
		if ctx.Err() != nil {
			return a, "", context.Cause(ctx)
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", host, err))
	}
	return a, "", errors.New(strings.Join(reasons, "; "))
}

func (d *downloader) fetchAll(ctx context.Context, files archive, mirror, host string) (a [4]Array, err error) {
	for i, f := range files {
		if a[i], err = d.fetchFile(ctx, mirror+f.name+".gz", f, host); err != nil {
			return a, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return a, nil
}

func (d *downloader) fetchFile(ctx context.Context, address string, f idxFile, host string) (Array, error) {
	if !strings.HasPrefix(address, "https://") {
		return Array{}, fmt.Errorf("%s: only https is allowed", address)
	}
	ctx, done := context.WithTimeoutCause(ctx, d.total, fmt.Errorf("not done after %v", d.total))
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(d.first, func() { cancel(fmt.Errorf("no answer within %v", d.first)) })
	defer func() { watchdog.Stop() }()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Array{}, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return Array{}, reason(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Array{}, fmt.Errorf("answered %s", resp.Status)
	}
	if resp.ContentLength > d.limit {
		return Array{}, fmt.Errorf("%d bytes announced, allowed %d", resp.ContentLength, d.limit)
	}

	watchdog.Stop()
	watchdog = time.AfterFunc(d.stall, func() { cancel(fmt.Errorf("stalled for %v", d.stall)) })
	body := &meter{
		r:     resp.Body,
		left:  d.limit,
		alive: func() { watchdog.Reset(d.stall) },
		tell:  progress(d.log, f.name+" from "+host, resp.ContentLength),
	}
	a, err := readIDX(body, f.dims)
	if err == nil {
		err = f.verify(a)
	}
	body.tell(body.n, true)
	if err != nil {
		return Array{}, reason(ctx, err)
	}
	return a, nil
}

// reason prefers why ctx was ended to what the ending caused, and leaves out
// the address that net/http repeats.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// meter counts what is read, stops at a limit and keeps the watchdog calm.
type meter struct {
	r       io.Reader
	n, left int64
	alive   func()
	tell    func(n int64, done bool)
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left < 0 {
		return 0, fmt.Errorf("more than the allowed %d bytes", m.n-1)
	}
	// One byte beyond the limit is asked for, to know that there is one.
	n, err := m.r.Read(p[:min(int64(len(p)), m.left+1)])
	m.n += int64(n)
	m.left -= int64(n)
	if n > 0 {
		m.alive()
		m.tell(m.n, false)
	}
	return n, err
}

// progress returns a function that tells on w, at most four times a second and
// in one line that overwrites itself, how much has come.
func progress(w io.Writer, what string, total int64) func(n int64, done bool) {
	if w == nil {
		return func(int64, bool) {}
	}
	var last time.Time
	return func(n int64, done bool) {
		if now := time.Now(); done || now.Sub(last) > 250*time.Millisecond {
			last = now
			fmt.Fprintf(w, "\rinkling: %s: %.1f", what, float64(n)/1e6)
			if total > 0 {
				fmt.Fprintf(w, " of %.1f", float64(total)/1e6)
			}
			fmt.Fprint(w, " MB")
			if done {
				fmt.Fprintln(w)
			}
		}
	}
}
