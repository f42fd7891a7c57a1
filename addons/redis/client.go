package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
)

// replyLimit bounds one reply; the protocol allows 512 MB for a value.
const replyLimit = 600 << 20

// answer is an error that the server sent: "WRONGPASS invalid …".
type answer string

func (a answer) Error() string { return string(a) }

// answered tells whether the server sent an error of that class.
func answered(err error, class string) bool {
	var a answer
	return errors.As(err, &a) && strings.HasPrefix(string(a), class)
}

// client speaks the few commands that a driver needs. It is not safe for use by
// several goroutines.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

// dial connects and logs in. The caller closes the client.
func dial(ctx context.Context, c addons.Credentials) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		return nil, err
	}
	cl := &client{conn: conn, reader: bufio.NewReader(conn)}
	if _, err := cl.do(ctx, "AUTH", c.Password); err != nil {
		conn.Close()
		return nil, err
	}
	return cl, nil
}

func (c *client) close() { c.conn.Close() }

// do sends one command and returns its reply: string, int64, []any or nil.
func (c *client) do(ctx context.Context, args ...string) (any, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(10 * time.Minute)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	// A context that ends must not leave us waiting for the deadline.
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(c.conn, b.String()); err != nil {
		return nil, err
	}
	return c.read()
}

// text is do for commands that answer with a string.
func (c *client) text(ctx context.Context, args ...string) (string, error) {
	reply, err := c.do(ctx, args...)
	if err != nil {
		return "", err
	}
	text, _ := reply.(string)
	return text, nil
}

func (c *client) read() (any, error) {
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return nil, errors.New("the server does not speak the Redis protocol")
	}
	switch rest := line[1:]; line[0] {
	case '+':
		return rest, nil
	case '-':
		return nil, answer(rest)
	case ':':
		return strconv.ParseInt(rest, 10, 64)
	case '$':
		return c.readBulk(rest)
	case '*':
		return c.readList(rest)
	default:
		return nil, errors.New("the server does not speak the Redis protocol")
	}
}

func (c *client) readBulk(length string) (any, error) {
	n, err := strconv.Atoi(length)
	if err != nil || n > replyLimit {
		return nil, fmt.Errorf("reply of length %q", length)
	}
	if n < 0 {
		return nil, nil
	}
	data := make([]byte, n+2)
	if _, err := io.ReadFull(c.reader, data); err != nil {
		return nil, err
	}
	return string(data[:n]), nil
}

func (c *client) readList(length string) (any, error) {
	n, err := strconv.Atoi(length)
	if err != nil || n > replyLimit {
		return nil, fmt.Errorf("reply of length %q", length)
	}
	var list []any
	for range max(n, 0) {
		item, err := c.read()
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

// field is the value of "name:value" in an INFO text.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}
