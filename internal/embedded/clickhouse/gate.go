package clickhouse

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// The native protocol's numbers that the gate needs. Source: ClickHouse's docs, "Native protocol".
const (
	clientHello          = 0
	serverException      = 2
	authenticationFailed = 516
	unexpectedPacket     = 101
)

// How long a client may take to say who it is, and how long each word may be.
const (
	helloTime = 10 * time.Second
	helloWord = 4096
)

// gate keeps from the server what would end it: clients that can't log in. All others it connects through.
type gate struct {
	listener net.Listener
	log      zerolog.Logger
	ctx      context.Context // ends at close; of the gate, not of a call
	cancel   context.CancelFunc

	mu     sync.Mutex
	door   door
	native string
}

func newGate(l net.Listener, log zerolog.Logger) *gate {
	g := &gate{listener: l, log: log}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g
}

// open names the server that clients are connected to from now on.
func (g *gate) open(o Options, nativePort int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.door, g.native = newDoor(o), net.JoinHostPort(o.Host, strconv.Itoa(nativePort))
}

// shut turns clients away until the next open.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.native = ""
}

// close ends serve and all connections.
func (g *gate) close() {
	g.cancel()
	g.listener.Close()
}

// serve takes clients until close and returns when the last one is gone.
func (g *gate) serve() {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		client, err := g.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			g.log.Warn().Err(err).Msg("accept a clickhouse client")
			select {
			case <-g.ctx.Done():
				return
			case <-time.After(minBackoff): // out of file descriptors, most likely
			}
			continue
		}
		clients.Go(func() {
			defer client.Close()
			defer context.AfterFunc(g.ctx, func() { client.Close() })()
			if err := g.connect(client.(*net.TCPConn)); err != nil && g.ctx.Err() == nil {
				g.log.Debug().Err(err).Msg("clickhouse client")
			}
		})
	}
}

// connect lets one client in, or tells it why not, and returns when it is gone.
func (g *gate) connect(client *net.TCPConn) error {
	g.mu.Lock()
	door, native := g.door, g.native
	g.mu.Unlock()
	if native == "" {
		return errors.New("the server is not up yet")
	}
	_ = client.SetReadDeadline(time.Now().Add(helloTime))
	said, who, err := readHello(client)
	if errors.Is(err, errNotHello) {
		_, err = client.Write(exception(refusal{unexpectedPacket, "Unexpected packet from client (expected Hello)"}))
	}
	if err != nil || who == nil {
		return err
	}
	_ = client.SetReadDeadline(time.Time{})
	refused, err := door.try(g.ctx, *who)
	if err != nil {
		return err
	}
	if refused != nil {
		_, err := client.Write(exception(*refused))
		return err
	}

	conn, err := (&net.Dialer{}).DialContext(g.ctx, "tcp", native)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(g.ctx, func() { conn.Close() })()
	server := conn.(*net.TCPConn)
	if _, err := server.Write(said); err != nil {
		return err
	}
	var up sync.WaitGroup
	up.Go(func() {
		// However it ended, the server learns that no more comes, and the client still gets its answer.
		_, _ = io.Copy(server, client)
		_ = server.CloseWrite()
	})
	_, err = io.Copy(client, server)
	client.Close()
	up.Wait()
	return err
}

var errNotHello = errors.New("not a ClickHouse client")

// readHello reads the first packet and returns it as it was, and who sent it. A client that hangs up before is no
// error: it returns nil for both.
func readHello(r io.Reader) ([]byte, *login, error) {
	var said bytes.Buffer
	in := bufio.NewReader(io.TeeReader(r, &said))
	word := func() (string, error) {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return "", err
		}
		if n > helloWord {
			return "", errNotHello
		}
		text := make([]byte, n)
		_, err = io.ReadFull(in, text)
		return string(text), err
	}
	read := func() (l login, err error) {
		kind, err := binary.ReadUvarint(in)
		if err != nil {
			return l, err
		}
		if kind != clientHello {
			return l, errNotHello
		}
		if _, err = word(); err != nil { // the client's name
			return l, err
		}
		for range 3 { // its version and the protocol's
			if _, err = binary.ReadUvarint(in); err != nil {
				return l, err
			}
		}
		for _, to := range []*string{&l.database, &l.user, &l.password} {
			if *to, err = word(); err != nil {
				return l, err
			}
		}
		return l, nil
	}
	who, err := read()
	switch {
	case err == nil:
		return said.Bytes(), &who, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil, nil
	case errors.Is(err, errNotHello):
		return nil, nil, err
	}
	return nil, nil, fmt.Errorf("read hello: %w", err)
}

// exception lays out a refusal as a server's packet.
func exception(r refusal) []byte {
	word := func(b []byte, text string) []byte {
		return append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	b := binary.AppendUvarint(nil, serverException)
	b = binary.LittleEndian.AppendUint32(b, uint32(r.code))
	b = word(b, "DB::Exception")
	b = word(b, r.message)
	b = word(b, "")     // no stack trace
	return append(b, 0) // nothing nested
}
