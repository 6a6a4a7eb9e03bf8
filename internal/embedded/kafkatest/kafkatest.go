// Package kafkatest gives tests Apache Kafka itself: brokers of the release that pom.xml names, fetched by Maven, one or
// three of them in combined mode on loopback, with a plain listener and one with TLS and SCRAM-SHA-512. Brokers can be
// killed and started again.
package kafkatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"sellthrough/internal/child"
	"sellthrough/internal/embedded/filelock"
)

// The login of the secure listener.
const (
	User     = "sellthrough"
	Password = "a-password-of-the-tests"
)

//go:embed pom.xml
var pom []byte

// Cluster is some brokers that run until the test ends.
type Cluster struct {
	Plain  []string // host:port of each broker without TLS or login
	Told   []string // what clients are told of Plain: links before it, where there are any
	Secure []string // with TLS, which CA vouches for, and SCRAM-SHA-512
	CA     string   // a PEM file

	t       testing.TB
	dir     string
	lib     string
	brokers []*broker
}

type broker struct {
	id  int
	dir string
	run *child.Process // nil: it was killed
}

// Start runs n brokers and waits until all of them answer. Without Java or Maven the test is skipped, loudly; in CI it
// fails.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	return StartBehind(t, n, func(address string) string { return address })
}

// StartBehind is Start, with links before the plain listeners: link gives the address of one that leads to another. Brokers
// speak to one another without them.
func StartBehind(t testing.TB, n int, link func(address string) string) *Cluster {
	t.Helper()
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			const how = "%s is missing, so nothing is tested against Apache Kafka itself (Debian: apt-get install default-jdk-headless maven)"
			if os.Getenv("CI") != "" {
				t.Fatalf(how, tool)
			}
			t.Skipf(how, tool)
		}
	}
	lib, err := fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "kafkatest-") // not named for the test: Kafka parts folders by commas
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &Cluster{t: t, dir: dir, lib: lib}
	c.CA = filepath.Join(c.dir, "ca.pem")
	if err := certify(c.CA, filepath.Join(c.dir, "broker.pem")); err != nil {
		t.Fatal(err)
	}
	if err := c.configure(n, link); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.stop)
	for i := range n {
		c.Restart(i)
	}
	c.Await()
	return c
}

// fetch puts the jars into the user's cache, once, and gives their folder.
func fetch(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	sum := sha256.Sum256(pom)
	dir := filepath.Join(cache, "sellthrough", "kafka-"+hex.EncodeToString(sum[:6]))
	lib, whole := filepath.Join(dir, "lib"), filepath.Join(dir, "whole")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder: %w", err)
	}
	lock, err := filelock.Wait(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer lock.Release()
	if _, err := os.Stat(whole); err == nil {
		return lib, nil
	}
	fmt.Fprintln(os.Stderr, "kafkatest: fetching Apache Kafka with Maven, 43 MB, once")
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return "", fmt.Errorf("write pom.xml: %w", err)
	}
	out, err := exec.CommandContext(ctx, "mvn", "-q", "-B", "-C", "-f", file, "dependency:copy-dependencies", "-DoutputDirectory="+lib).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("fetch Apache Kafka with Maven: %w\n%s", err, out)
	}
	return lib, os.WriteFile(whole, nil, 0o600)
}

// configure writes the properties of n brokers and formats their storage.
func (c *Cluster) configure(n int, link func(string) string) error {
	const each = 4
	ports, err := freePorts(each * n)
	if err != nil {
		return err
	}
	var voters []string
	for i := range n {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", i+1, ports[each*i+2]))
		c.Plain = append(c.Plain, fmt.Sprintf("127.0.0.1:%d", ports[each*i]))
		c.Told = append(c.Told, link(c.Plain[i]))
		c.Secure = append(c.Secure, fmt.Sprintf("127.0.0.1:%d", ports[each*i+1]))
	}
	inSync := 1
	if n > 1 {
		inSync = 2
	}
	for i := range n {
		dir := filepath.Join(c.dir, fmt.Sprintf("broker-%d", i+1))
		b := &broker{id: i + 1, dir: dir}
		c.brokers = append(c.brokers, b)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		inner := fmt.Sprintf("127.0.0.1:%d", ports[each*i+3])
		listeners := fmt.Sprintf("PLAIN://%s,SECURE://%s,INNER://%s", c.Plain[i], c.Secure[i], inner)
		told := fmt.Sprintf("PLAIN://%s,SECURE://%s,INNER://%s", c.Told[i], c.Secure[i], inner)
		properties := strings.NewReplacer(
			"{id}", fmt.Sprint(b.id), "{voters}", strings.Join(voters, ","), "{listeners}", listeners, "{told}", told,
			"{controller}", fmt.Sprintf("127.0.0.1:%d", ports[each*i+2]), "{dir}", dir, "{pem}", filepath.Join(c.dir, "broker.pem"),
			"{replicas}", fmt.Sprint(n), "{insync}", fmt.Sprint(inSync),
		).Replace(serverProperties)
		if err := os.WriteFile(b.properties(), []byte(properties), 0o600); err != nil {
			return err
		}
		format := exec.CommandContext(c.t.Context(), "java", "-cp", filepath.Join(c.lib, "*"), "kafka.tools.StorageTool", "format", "-t", "c2VsbHRocm91Z2gtdGVzdA",
			"-c", b.properties(), "--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", User, Password))
		if out, err := format.CombinedOutput(); err != nil {
			return fmt.Errorf("format the storage of broker %d: %w\n%s", b.id, err, out)
		}
	}
	return nil
}

func (b *broker) properties() string { return filepath.Join(b.dir, "server.properties") }

const serverProperties = `process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners={listeners},CONTROLLER://{controller}
advertised.listeners={told}
listener.security.protocol.map=PLAIN:PLAINTEXT,SECURE:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=INNER
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={pem}
log.dirs={dir}/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={insync}
min.insync.replicas={insync}
broker.session.timeout.ms=6000
`

// Restart starts a broker that does not run.
func (c *Cluster) Restart(i int) {
	c.t.Helper()
	b := c.brokers[i]
	out, err := os.OpenFile(filepath.Join(b.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("java", "-Xmx384m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", filepath.Join(c.lib, "*"), "kafka.Kafka", b.properties())
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = dieWithParent()
	if b.run, err = child.Start(cmd); err != nil {
		c.t.Fatal(err)
	}
}

// Kill is kill -9 of a broker.
func (c *Cluster) Kill(i int) {
	b := c.brokers[i]
	b.run.Kill()
	b.run = nil
}

// Signal sends a signal to a broker, to hold it (SIGSTOP) and to let it go on.
func (c *Cluster) Signal(i int, s syscall.Signal) error { return c.brokers[i].run.Process.Signal(s) }

// Await waits until every running broker answers and knows all the running ones.
func (c *Cluster) Await() {
	c.t.Helper()
	running := 0
	for _, b := range c.brokers {
		if b.run != nil {
			running++
		}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Minute)
	defer cancel()
	for i, b := range c.brokers {
		for b.run != nil {
			client := kafka.Client{Addr: kafka.TCP(c.Plain[i]), Timeout: 2 * time.Second}
			m, err := client.Metadata(ctx, &kafka.MetadataRequest{})
			if err == nil && len(m.Brokers) >= running && m.Controller.ID > 0 {
				break
			}
			select {
			case <-b.run.Ended():
				c.t.Fatalf("broker %d ended: %s\n%s", b.id, b.run.How(), c.log(b))
			case <-ctx.Done():
				c.t.Fatalf("broker %d does not answer: %v\n%s", b.id, err, c.log(b))
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

func (c *Cluster) log(b *broker) string {
	text, _ := os.ReadFile(filepath.Join(b.dir, "log"))
	return string(text[max(0, len(text)-6000):])
}

// stop ends the brokers; those that are held, too. The logs of a failed test are shown.
func (c *Cluster) stop() {
	for _, b := range c.brokers {
		if b.run == nil {
			continue
		}
		b.run.Kill()
		if text := c.log(b); c.t.Failed() && len(bytes.TrimSpace([]byte(text))) > 0 {
			c.t.Logf("broker %d said:\n%s", b.id, text)
		}
	}
}

// freePorts returns ports that were free a moment ago.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // when all are chosen
		a, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			return nil, errors.New("not a TCP address")
		}
		ports = append(ports, a.Port)
	}
	return ports, nil
}
