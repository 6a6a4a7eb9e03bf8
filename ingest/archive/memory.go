package archive

import (
	"io"
	"sync"
)

const chunkSize = 64 << 10

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// memory is a small body in pooled chunks, so that thousands of small bodies leave no garbage behind.
type memory struct {
	chunks []*[chunkSize]byte
	size   int
}

func (m *memory) write(p []byte) {
	for len(p) > 0 {
		at := m.size % chunkSize
		if at == 0 {
			m.chunks = append(m.chunks, chunks.Get().(*[chunkSize]byte))
		}
		n := copy(m.chunks[len(m.chunks)-1][at:], p)
		m.size += n
		p = p[n:]
	}
}

func (m *memory) free() {
	for _, c := range m.chunks {
		chunks.Put(c)
	}
	m.chunks, m.size = nil, 0
}

func (m *memory) reader() io.ReadCloser { return io.NopCloser(&memoryReader{m: m}) }

type memoryReader struct {
	m  *memory
	at int
}

func (r *memoryReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.at >= r.m.size {
		return 0, io.EOF
	}
	c := r.m.chunks[r.at/chunkSize][r.at%chunkSize:]
	n := copy(p, c[:min(len(c), r.m.size-r.at)])
	r.at += n
	return n, nil
}
