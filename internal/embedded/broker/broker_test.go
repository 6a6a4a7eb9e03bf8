package broker_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"sellthrough/internal/embedded/broker"
	"sellthrough/internal/embedded/filelock"
)

// processCommand makes the test binary a program that runs a broker in argv[2].
const processCommand = "broker-process"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == processCommand {
		b, err := broker.New(broker.Options{Dir: os.Args[2]})
		if err == nil {
			err = b.Run(context.Background(), func(addr string) { fmt.Println(addr) })
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// spawn runs a broker in a process of its own, which kill ends with SIGKILL.
func spawn(t testing.TB, dir string) (addr string, kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, processCommand, dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), kill
}

// run runs a broker in this process, which stop ends cleanly.
func run(t testing.TB, o broker.Options) (addr string, stop func()) {
	t.Helper()
	b, err := broker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(addr string) { ready <- addr }) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	select {
	case addr = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("Run: %v", err)
	}
	return addr, stop
}

// dial returns a client of addr. Its connections close with the test, not with idleness.
func dial(t testing.TB, addr string) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(addr), Transport: transport}
}

func create(t testing.TB, c *kafka.Client, topic string, partitions int, config ...kafka.ConfigEntry) {
	t.Helper()
	r, err := c.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: config,
	}}})
	if err == nil {
		err = r.Errors[topic]
	}
	if err != nil {
		t.Fatal(err)
	}
}

func produce(t testing.TB, c *kafka.Client, topic string, partition int, values ...[]byte) (*kafka.ProduceResponse, error) {
	t.Helper()
	var records []kafka.Record
	for _, v := range values {
		records = append(records, kafka.Record{Value: kafka.NewBytes(v), Time: time.Now()})
	}
	r, err := c.Produce(t.Context(), &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err == nil {
		err = r.Error
	}
	return r, err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// values reads n values from the partition's start.
func values(t testing.TB, addr, topic string, partition, n int) (all []string) {
	t.Helper()
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{addr}, Topic: topic, Partition: partition, MaxBytes: 20 << 20, MaxWait: 100 * time.Millisecond})
	defer r.Close()
	for range n {
		m, err := r.ReadMessage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(m.Value))
	}
	return all
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	dir := t.TempDir()
	addr, kill := spawn(t, dir)
	c := dial(t, addr)
	create(t, c, "lines", 3, kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: "-1"})
	const n = 50
	for i := range n {
		r, err := produce(t, c, "lines", 1, []byte(strconv.Itoa(i)))
		must(t, err)
		if r.BaseOffset != int64(i) {
			t.Fatalf("record %d got offset %d", i, r.BaseOffset)
		}
	}
	_, err := c.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: "g", GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{"lines": {{Partition: 1, Offset: 33}}},
	})
	must(t, err)
	kill()

	again, _ := spawn(t, dir)
	if again != addr {
		t.Errorf("address %s became %s", addr, again)
	}
	for i, v := range values(t, again, "lines", 1, n) {
		if v != strconv.Itoa(i) {
			t.Fatalf("record %d is %q", i, v)
		}
	}
	c = dial(t, again)
	meta, err := c.Metadata(t.Context(), &kafka.MetadataRequest{Topics: []string{"lines"}})
	must(t, err)
	if got := len(meta.Topics[0].Partitions); got != 3 {
		t.Errorf("%d partitions", got)
	}
	r, err := produce(t, c, "lines", 1, []byte("next"))
	must(t, err)
	if r.BaseOffset != n {
		t.Errorf("the next record got offset %d", r.BaseOffset)
	}
	committed, err := c.OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: "g", Topics: map[string][]int{"lines": {1}}})
	must(t, err)
	if got := committed.Topics["lines"][0].CommittedOffset; got != 33 {
		t.Errorf("committed offset %d", got)
	}
}

func TestNothingIsMadeByWritingToIt(t *testing.T) {
	addr, _ := run(t, broker.Options{Dir: t.TempDir()})
	if _, err := produce(t, dial(t, addr), "unheard-of", 0, []byte("x")); err == nil {
		t.Error("the topic was made")
	}
}

func TestBatchesOfSomeMegabytesAreTaken(t *testing.T) {
	addr, _ := run(t, broker.Options{Dir: t.TempDir()})
	c := dial(t, addr)
	create(t, c, "lines", 1)
	big := make([]byte, 1<<20)
	_, _ = rand.Read(big)
	_, err := produce(t, c, "lines", 0, big, big, big, big, big, big, big, big)
	must(t, err)
	for _, v := range values(t, addr, "lines", 0, 8) {
		if !bytes.Equal([]byte(v), big) {
			t.Fatal("a record changed")
		}
	}
	// Where a topic says so, its own limit counts, for the whole batch.
	create(t, c, "small", 1, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "1000"})
	if _, err := produce(t, c, "small", 0, big[:600], big[:600]); !errors.Is(err, kafka.MessageSizeTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestConsumerGroupsMoveToTheOneThatIsLeft(t *testing.T) {
	addr, _ := run(t, broker.Options{Dir: t.TempDir()})
	create(t, dial(t, addr), "lines", 4)
	join := func() *kafka.ConsumerGroup {
		g, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
			ID: "transform", Brokers: []string{addr}, Topics: []string{"lines"}, JoinGroupBackoff: 50 * time.Millisecond,
			HeartbeatInterval: 100 * time.Millisecond, StartOffset: kafka.FirstOffset,
		})
		must(t, err)
		return g
	}
	first := join()
	defer first.Close()
	gen, err := first.Next(t.Context())
	must(t, err)
	if n := len(gen.Assignments["lines"]); n != 4 {
		t.Fatalf("alone: %d partitions", n)
	}
	second := join()
	parts := make(chan int)
	go func() {
		gen, err := second.Next(t.Context())
		if err != nil {
			parts <- -1
			return
		}
		parts <- len(gen.Assignments["lines"])
	}()
	gen, err = first.Next(t.Context())
	must(t, err)
	if a, b := len(gen.Assignments["lines"]), <-parts; a != 2 || b != 2 {
		t.Fatalf("together: %d and %d partitions", a, b)
	}
	must(t, second.Close())
	gen, err = first.Next(t.Context())
	must(t, err)
	if n := len(gen.Assignments["lines"]); n != 4 {
		t.Fatalf("alone again: %d partitions", n)
	}
}

func TestTwoProgramsCannotShareADirectory(t *testing.T) {
	dir := t.TempDir()
	run(t, broker.Options{Dir: dir})
	b, err := broker.New(broker.Options{Dir: dir})
	must(t, err)
	err = b.Run(t.Context(), func(string) { t.Error("ready") })
	if !errors.Is(err, filelock.ErrHeld) || !strings.Contains(err.Error(), "another sellthrough uses "+dir) {
		t.Errorf("got %v", err)
	}
}

func TestThePortIsRememberedUnlessItIsTaken(t *testing.T) {
	dir := t.TempDir()
	first, stop := run(t, broker.Options{Dir: dir})
	stop()
	second, stop := run(t, broker.Options{Dir: dir})
	stop()
	if first != second {
		t.Errorf("%s became %s", first, second)
	}
	l, err := net.Listen("tcp", first)
	must(t, err)
	defer l.Close()
	third, stop := run(t, broker.Options{Dir: dir})
	stop()
	if third == first {
		t.Errorf("%s is taken", third)
	}
	_, port, err := net.SplitHostPort(first)
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	b, err := broker.New(broker.Options{Dir: dir, Port: n})
	must(t, err)
	if err := b.Run(t.Context(), func(string) { t.Error("ready") }); err == nil {
		t.Error("a taken port that was asked for is no error")
	}
}

func TestAPortFileThatMakesNoSenseIsIgnored(t *testing.T) {
	for _, text := range []string{"", "x", "-1", "99999999"} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "port"), []byte(text), 0o600))
		run(t, broker.Options{Dir: dir})
	}
}

func BenchmarkProduce(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10, 900 << 10} {
		b.Run(strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			addr, _ := run(b, broker.Options{Dir: b.TempDir()})
			c := dial(b, addr)
			create(b, c, "lines", 1)
			value := make([]byte, size)
			_, _ = rand.Read(value)
			b.SetBytes(int64(size))
			for b.Loop() {
				_, err := produce(b, c, "lines", 0, value)
				must(b, err)
			}
		})
	}
}
