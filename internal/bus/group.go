package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Consume joins the group and calls run for every line partition that it is given, each in its own goroutine. run's ctx
// ends when the partition is taken away. A run that returns gives all partitions back, and the group is joined anew
// after a pause. Consume returns when ctx ends, or with the error that fatal recognises.
func (b *Bus) Consume(ctx context.Context, run func(ctx context.Context, partition int) error, fatal func(error) bool) error {
	return b.join(ctx, b.opts.Group, b.name(Lines), false, func(ctx context.Context, _ *kafka.Generation, a kafka.PartitionAssignment) error {
		return run(ctx, a.ID)
	}, fatal)
}

// join is Consume for any group and topic. A topic that grows, or is still to be made, is watched where that is asked for.
func (b *Bus) join(ctx context.Context, group, topic string, grows bool, run func(context.Context, *kafka.Generation, kafka.PartitionAssignment) error, fatal func(error) bool) error {
	if grows {
		if err := b.appears(ctx, topic); err != nil {
			return err
		}
	}
	g, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: b.opts.Brokers, Dialer: b.dialer, Topics: []string{topic}, WatchPartitionChanges: grows,
		GroupBalancers:    []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		HeartbeatInterval: time.Second, SessionTimeout: 10 * time.Second, RebalanceTimeout: 15 * time.Second,
		JoinGroupBackoff: 100 * time.Millisecond, StartOffset: kafka.FirstOffset, Timeout: 10 * time.Second,
		ErrorLogger: kafka.LoggerFunc(func(format string, args ...any) {
			b.opts.Log.Warn().Str("group", b.opts.Group).Msg("kafka: " + fmt.Sprintf(format, args...))
		}),
	})
	if err != nil {
		return fmt.Errorf("kafka: join group %s: %w", group, err)
	}
	defer g.Close()

	var mu sync.Mutex
	var stop error
	runs, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		gen, err := g.Next(runs)
		if err != nil {
			mu.Lock()
			end := stop
			mu.Unlock()
			if end != nil {
				return end
			}
			if ctx.Err() != nil || errors.Is(err, kafka.ErrGroupClosed) {
				return ctx.Err()
			}
			b.opts.Log.Warn().Err(err).Msg("consumer group: joining again")
			if sleep(ctx, 200*time.Millisecond) != nil {
				return ctx.Err()
			}
			continue
		}
		if len(gen.Assignments[topic]) == 0 && grows && sleep(ctx, time.Second) != nil { // the topic may not be there yet: kafka-go would ask without a pause
			return ctx.Err()
		}
		for _, a := range gen.Assignments[topic] {
			all.Add(1)
			gen.Start(func(gctx context.Context) {
				defer all.Done()
				rctx, end := context.WithCancel(gctx)
				defer end()
				defer context.AfterFunc(runs, end)()
				err := run(rctx, gen, a)
				switch {
				case err == nil || rctx.Err() != nil:
				case fatal(err):
					mu.Lock()
					stop = errors.Join(stop, err)
					mu.Unlock()
					cancel()
				default:
					b.opts.Log.Error().Err(err).Int("partition", a.ID).Msg("partition given back")
					_ = sleep(rctx, time.Second)
				}
			})
		}
	}
}

// appears waits until a topic is there. Joined before that, a group whose topic is made between its assignment and the first
// look of its watch would have no partition, and see no change.
func (b *Bus) appears(ctx context.Context, topic string) error {
	for wait, told := 100*time.Millisecond, false; ; wait = min(2*wait, 2*time.Second) {
		meta, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		if err == nil && slices.ContainsFunc(meta.Topics, func(t kafka.Topic) bool { return t.Name == topic && t.Error == nil && len(t.Partitions) > 0 }) {
			return nil
		}
		if !told {
			b.opts.Log.Warn().Err(err).Str("topic", topic).Msg("waiting for a topic that is not there")
			told = true
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}
