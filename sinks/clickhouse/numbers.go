package clickhouse

import (
	"context"
	"fmt"
)

// views makes what Options.Views says, behind the views of the schema, which they read.
func (l *Ledger) views(ctx context.Context) error {
	if l.opts.Views == nil {
		return nil
	}
	list, err := l.opts.Views(l.opts.Database, l.model().OnCluster)
	if err != nil {
		return fmt.Errorf("clickhouse: views: %w", err)
	}
	for _, sql := range list {
		if err := l.exec(ctx, "make view", sql); err != nil {
			return err
		}
	}
	return nil
}
