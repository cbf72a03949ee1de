// Package mirror reads files from web servers, with patience and a size that
// have an end.
package mirror

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

// Mirror is a folder of .gz files on a web server. Only TLS is spoken.
type Mirror struct {
	Address string // of the folder, with a slash at its end
	Client  *http.Client
	First   time.Duration // from the request to the first byte
	Stall   time.Duration // from byte to byte
	Total   time.Duration // for one file
	Limit   int64         // bytes of one file
	Log     io.Writer     // progress; nil for none
}

// MNIST returns the public mirrors of MNIST. Without a network both are given
// up within 5 seconds.
func MNIST(log io.Writer) []*Mirror {
	var all []*Mirror
	for _, address := range []string{
		"https://ossci-datasets.s3.amazonaws.com/mnist/",
		"https://storage.googleapis.com/cvdf-datasets/mnist/",
	} {
		all = append(all, &Mirror{
			Address: address,
			Client:  &http.Client{CheckRedirect: OnlyTLS},
			First:   2400 * time.Millisecond,
			Stall:   5 * time.Second,
			Total:   10 * time.Minute,
			Limit:   16 << 20,
			Log:     log,
		})
	}
	return all
}

// OnlyTLS follows few redirections and none that leaves TLS.
func OnlyTLS(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != "https" {
		return fmt.Errorf("redirected to %s, only https is allowed", req.URL.Scheme)
	}
	if len(via) >= 5 {
		return errors.New("more than 5 redirections")
	}
	return nil
}

// String is the host.
func (m *Mirror) String() string {
	if u, err := url.Parse(m.Address); err == nil {
		return u.Host
	}
	return m.Address
}

// Open implements data.Mirror.
func (m *Mirror) Open(ctx context.Context, file string) (io.ReadCloser, error) {
	address := m.Address + file + ".gz"
	if !strings.HasPrefix(address, "https://") {
		return nil, fmt.Errorf("%s: only https is allowed", address)
	}
	ctx, done := context.WithTimeoutCause(ctx, m.Total, fmt.Errorf("not done after %v", m.Total))
	ctx, cancel := context.WithCancelCause(ctx)
	b := &body{ctx: ctx, left: m.Limit, stall: m.Stall}
	b.watchdog = time.AfterFunc(m.First, func() { cancel(fmt.Errorf("no answer within %v", m.First)) })
	b.stop = func() {
		b.watchdog.Stop()
		cancel(nil)
		done()
	}
	resp, err := m.get(ctx, address)
	if err != nil {
		err = reason(ctx, err)
		b.stop()
		return nil, err
	}
	b.watchdog.Stop()
	b.watchdog = time.AfterFunc(m.Stall, func() { cancel(fmt.Errorf("stalled for %v", m.Stall)) })
	b.ReadCloser, b.tell = resp.Body, progress(m.Log, file+" from "+m.String(), resp.ContentLength)
	return b, nil
}

func (m *Mirror) get(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := m.Client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", resp.Status)
	} else if resp.ContentLength > m.Limit {
		err = fmt.Errorf("%d bytes announced, allowed %d", resp.ContentLength, m.Limit)
	}
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
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

// body counts what is read, stops at a limit and keeps the watchdog calm.
type body struct {
	io.ReadCloser
	ctx      context.Context
	n, left  int64
	stall    time.Duration
	watchdog *time.Timer
	stop     func()
	tell     func(n int64, done bool)
}

func (b *body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("more than the allowed %d bytes", b.n-1)
	}
	// One byte beyond the limit is asked for, to know that there is one.
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	b.n += int64(n)
	b.left -= int64(n)
	if n > 0 {
		b.watchdog.Reset(b.stall)
		b.tell(b.n, false)
	}
	return n, err
}

// Close says why the reading was ended from outside, if it was.
func (b *body) Close() error {
	var err error
	if b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	b.tell(b.n, true)
	b.stop()
	b.ReadCloser.Close()
	return err
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
