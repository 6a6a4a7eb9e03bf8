package transform

import "sellthrough/internal/bus"

// blockCache keeps the bytes of the blocks that were read last, so that an end mark seldom has to read them again. It is
// bounded and only saves time: what it lost is read from the log.
type blockCache struct {
	limit  int
	size   int
	blocks map[int64][]byte
	order  []int64
}

func (c *blockCache) put(m bus.Message) {
	if m.Type != bus.TypeBlock && m.Type != bus.TypeRefused {
		return
	}
	if c.blocks == nil {
		c.blocks = map[int64][]byte{}
	}
	if _, ok := c.blocks[m.Offset]; ok {
		return
	}
	c.blocks[m.Offset] = m.Value
	c.order = append(c.order, m.Offset)
	c.size += len(m.Value)
	for c.size > c.limit && len(c.order) > 0 {
		c.drop(c.order[0])
		c.order = c.order[1:]
	}
}

// take gives a block's bytes, if they are still here.
func (c *blockCache) take(offset int64) ([]byte, bool) {
	v, ok := c.blocks[offset]
	return v, ok
}

func (c *blockCache) has(offset int64) bool {
	_, ok := c.blocks[offset]
	return ok
}

func (c *blockCache) drop(offset int64) {
	c.size -= len(c.blocks[offset])
	delete(c.blocks, offset)
}

// forget drops blocks that were applied.
func (c *blockCache) forget(offsets []int64) {
	for _, o := range offsets {
		if _, ok := c.blocks[o]; ok {
			c.drop(o)
		}
	}
	if len(c.order) > 2*len(c.blocks)+64 {
		kept := c.order[:0]
		for _, o := range c.order {
			if _, ok := c.blocks[o]; ok {
				kept = append(kept, o)
			}
		}
		c.order = kept
	}
}
