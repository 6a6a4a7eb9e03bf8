package kafkatest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// Topic is what a cluster says of one.
type Topic struct {
	Leaders  []int   // broker of each partition; 0: none, for now
	Replicas [][]int // brokers of each partition, the preferred one first
	InSync   [][]int
	Config   map[string]string
}

// Describe asks brokers without TLS about a topic.
func Describe(ctx context.Context, brokers []string, topic string) (t Topic, err error) {
	fresh := &kafka.Transport{} // it has heard of nothing yet
	defer fresh.CloseIdleConnections()
	client := kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 5 * time.Second, Transport: fresh}
	m, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return t, fmt.Errorf("describe topic %s: %w", topic, err)
	}
	for _, found := range m.Topics {
		n := len(found.Partitions)
		t.Leaders, t.Replicas, t.InSync = make([]int, n), make([][]int, n), make([][]int, n)
		for _, p := range found.Partitions {
			t.Leaders[p.ID] = p.Leader.ID
			t.Replicas[p.ID], t.InSync[p.ID] = ids(p.Replicas), ids(p.Isr)
		}
	}
	r, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}}})
	if err != nil {
		return t, fmt.Errorf("describe topic %s: %w", topic, err)
	}
	t.Config = map[string]string{}
	for _, res := range r.Resources {
		for _, c := range res.ConfigEntries {
			t.Config[c.ConfigName] = c.ConfigValue
		}
	}
	return t, nil
}

func ids(brokers []kafka.Broker) (out []int) {
	for _, b := range brokers {
		out = append(out, b.ID)
	}
	return out
}

// Move makes another in-sync replica the leader of a partition, as an operator does, and says which were and are.
func (c *Cluster) Move(t testing.TB, topic string, partition int) (from, to int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := kafka.Client{Addr: kafka.TCP(c.Plain...), Timeout: 10 * time.Second}
	for ctx.Err() == nil {
		d, err := Describe(ctx, c.Plain, topic)
		if err == nil && partition < len(d.Leaders) && d.Leaders[partition] != 0 {
			from, to = d.Leaders[partition], 0
			order := []int{}
			for _, id := range d.InSync[partition] {
				if id != from && to == 0 {
					to = id
				}
			}
			if to != 0 {
				order = append(order, to)
				for _, id := range d.Replicas[partition] {
					if id != to {
						order = append(order, id)
					}
				}
				if c.elect(ctx, &client, topic, partition, order) {
					return from, to
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Fatalf("the leader of %s/%d does not move", topic, partition)
	return 0, 0
}

// elect gives a partition a preferred leader, and says whether that one is the leader then.
func (c *Cluster) elect(ctx context.Context, client *kafka.Client, topic string, partition int, order []int) bool {
	_, err := client.AlterPartitionReassignments(ctx, &kafka.AlterPartitionReassignmentsRequest{
		Topic: topic, Assignments: []kafka.AlterPartitionReassignmentsRequestAssignment{{PartitionID: partition, BrokerIDs: order}}, Timeout: 5 * time.Second,
	})
	if err != nil {
		return false
	}
	_, _ = client.ElectLeaders(ctx, &kafka.ElectLeadersRequest{Topic: topic, Partitions: []int{partition}, Timeout: 5 * time.Second}) // "not needed" is fine
	d, err := Describe(ctx, c.Plain, topic)
	return err == nil && d.Leaders[partition] == order[0]
}
