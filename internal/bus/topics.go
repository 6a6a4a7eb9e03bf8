package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"sellthrough"
)

// Incarnation identifies one making of a topic. Its first part is the era: seconds since 2024, so that a topic made
// later has a larger one.
type Incarnation string

var eras = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func newIncarnation(now time.Time) Incarnation {
	return Incarnation(fmt.Sprintf("%08x-%s", int64(now.Sub(eras)/time.Second)&0x7fffffff, strings.ToLower(rand.Text()[:10])))
}

// Era is the part of the incarnation that orders topics made one after another.
func (i Incarnation) Era() uint32 {
	e, _, _ := strings.Cut(string(i), "-")
	n, _ := strconv.ParseUint(e, 16, 32)
	return uint32(n)
}

// Incarnations are those of the two topics.
type Incarnations struct{ Lines, Submissions Incarnation }

// Ensure makes the topics that are missing and reads the incarnation of each. It is safe to call from several processes
// at once and waits, while ctx lives, for a cluster that is not ready.
func (b *Bus) Ensure(ctx context.Context) (Incarnations, error) {
	b.making.Lock()
	defer b.making.Unlock()
	var inc Incarnations
	for _, t := range []Topic{Submissions, Lines} {
		i, err := b.ensure(ctx, t)
		if err != nil {
			return inc, err
		}
		if t == Lines {
			inc.Lines = i
		} else {
			inc.Submissions = i
		}
	}
	return inc, nil
}

func (b *Bus) ensure(ctx context.Context, t Topic) (Incarnation, error) {
	wait := 50 * time.Millisecond
	for {
		i, err := b.tryEnsure(ctx, t)
		var perm *permanent
		if err == nil || ctx.Err() != nil || errors.As(err, &perm) {
			return i, err
		}
		if wait >= 800*time.Millisecond { // a topic that is being made is no news
			b.opts.Log.Warn().Err(err).Str("topic", b.name(t)).Msg("waiting for kafka")
		}
		if sleep(ctx, wait) != nil {
			return "", err
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// permanent marks an error that waiting cannot mend.
type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

func (b *Bus) tryEnsure(ctx context.Context, t Topic) (Incarnation, error) {
	name := b.name(t)
	meta, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return "", fmt.Errorf("kafka: read metadata of %s: %w", name, err)
	}
	var found *kafka.Topic
	for k := range meta.Topics {
		if meta.Topics[k].Name == name && meta.Topics[k].Error == nil {
			found = &meta.Topics[k]
		}
	}
	if found == nil {
		if err := b.create(ctx, t); err != nil {
			return "", err
		}
		return "", fmt.Errorf("kafka: topic %s was just made", name)
	}
	if n := len(found.Partitions); n != b.partitions(t) {
		return "", &permanent{fmt.Errorf("kafka: topic %s has %d partitions and the configuration says %d; "+
			"the number is fixed when the topic is made, because it decides which partition owns a document: set engines.kafka.partitions to %d",
			name, n, b.partitions(t), n)}
	}
	return b.genesis(ctx, t)
}

func (b *Bus) create(ctx context.Context, t Topic) error {
	retention, bytes := b.opts.Retention.Milliseconds(), int64(-1)
	if b.opts.Budget > 0 {
		bytes = max(1, b.opts.Budget/int64(b.opts.Partitions))
	}
	if t == Submissions {
		retention, bytes = -1, -1 // its offsets are revisions, and a few hundred bytes a submission are worth keeping
	}
	conf := []kafka.ConfigEntry{
		{ConfigName: "message.timestamp.type", ConfigValue: "LogAppendTime"},
		{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(8 * MaxMessage)},
		{ConfigName: "cleanup.policy", ConfigValue: "delete"},
		{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(retention, 10)},
		{ConfigName: "retention.bytes", ConfigValue: strconv.FormatInt(bytes, 10)},
	}
	if b.opts.Replication > 1 {
		conf = append(conf, kafka.ConfigEntry{ConfigName: "min.insync.replicas", ConfigValue: "2"})
	}
	r, err := b.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: b.name(t), NumPartitions: b.partitions(t), ReplicationFactor: b.opts.Replication, ConfigEntries: conf,
	}}})
	if err == nil {
		err = r.Errors[b.name(t)]
	}
	if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
		return fmt.Errorf("kafka: make topic %s: %w", b.name(t), err)
	}
	return nil
}

// genesis reads the incarnation from the first record of every partition and writes it where a partition is empty.
func (b *Bus) genesis(ctx context.Context, t Topic) (Incarnation, error) {
	var inc Incarnation
	var empty []int
	for p := range b.partitions(t) {
		first, end, err := b.Offsets(ctx, t, p)
		if err != nil {
			return "", err
		}
		if first == end {
			if end > 0 {
				return "", &permanent{fmt.Errorf("kafka: %s/%d is empty but begins at %d: all its records passed the retention; "+
					"raise engines.kafka.retention and make the topics anew (see docs/operations.md)", b.name(t), p, end)}
			}
			empty = append(empty, p)
			continue
		}
		found, err := b.incarnationAt(ctx, t, p, first)
		if err != nil {
			return "", err
		}
		if inc != "" && found != inc {
			return "", &permanent{fmt.Errorf("kafka: partitions of %s are of different incarnations (%s, %s): the topic was made anew in part", b.name(t), inc, found)}
		}
		inc = found
	}
	if len(empty) == 0 {
		return inc, nil
	}
	if inc == "" {
		if empty[0] != 0 {
			return "", fmt.Errorf("kafka: %s has no genesis yet", b.name(t))
		}
		inc = newIncarnation(time.Now())
	}
	// Partition 0 decides: two processes that write at once both read back what came first there.
	g := sellthrough.Genesis{Incarnation: string(inc), Era: inc.Era(), Partitions: b.partitions(t), Made: time.Now().UTC()}
	v, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("kafka: write genesis: %w", err)
	}
	if _, err := b.publish(ctx, t, empty[0], inc, Message{Type: TypeGenesis, Value: v}); err != nil {
		return "", fmt.Errorf("kafka: write genesis of %s/%d: %w", b.name(t), empty[0], err)
	}
	return "", fmt.Errorf("kafka: genesis of %s/%d was just written", b.name(t), empty[0])
}

func (b *Bus) incarnationAt(ctx context.Context, t Topic, p int, offset int64) (Incarnation, error) {
	f, err := b.fetch(ctx, t, p, offset, time.Second, fewBytes)
	if err != nil {
		return "", err
	}
	if len(f.messages) == 0 {
		return "", fmt.Errorf("kafka: nothing readable at %s/%d@%d", b.name(t), p, offset)
	}
	if f.messages[0].incarnation == "" {
		return "", &permanent{fmt.Errorf("kafka: the first record of %s/%d was not written by sellthrough; choose another engines.kafka.prefix", b.name(t), p)}
	}
	return f.messages[0].incarnation, nil
}

// Offsets are the first offset of a partition and the one after its last record.
func (b *Bus) Offsets(ctx context.Context, t Topic, p int) (first, end int64, err error) {
	name := b.name(t)
	r, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		name: {kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p)},
	}})
	if err != nil {
		return 0, 0, fmt.Errorf("kafka: offsets of %s/%d: %w", name, p, err)
	}
	b.answered()
	for _, o := range r.Topics[name] {
		if o.Partition == p {
			if o.Error != nil {
				return 0, 0, fmt.Errorf("kafka: offsets of %s/%d: %w", name, p, o.Error)
			}
			return o.FirstOffset, o.LastOffset, nil
		}
	}
	return 0, 0, fmt.Errorf("kafka: no offsets of %s/%d in the answer", name, p)
}
