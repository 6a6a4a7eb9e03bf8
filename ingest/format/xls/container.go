package xls

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// magic is how compound files begin.
var magic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// Numbers of sectors that are none.
const (
	maxSector = 0xFFFFFFFA
)

// container is a compound file: a file system of streams in chains of sectors.
type container struct {
	src    io.ReaderAt
	size   int64
	sector int64
	next   []uint32 // of each sector, the one that follows in its chain
	mini   []uint32 // of each small sector
	root   []uint32 // the chain in which the small sectors lie
	book   stream
}

// stream is a file in the container.
type stream struct {
	chain []uint32
	size  int64
	small bool
}

func openContainer(src io.ReaderAt, size int64) (*container, error) {
	var h [512]byte
	if n, err := src.ReadAt(h[:], 0); err != nil && err != io.EOF {
		return nil, err
	} else if n < len(h) || !bytes.HasPrefix(h[:], magic) {
		return nil, damaged("the file does not begin as a workbook does")
	}
	u16 := func(i int) int64 { return int64(binary.LittleEndian.Uint16(h[i:])) }
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(h[i:]) }
	if u16(30) != 9 && u16(30) != 12 || u16(32) != 6 {
		return nil, damaged("its sectors have an unknown size")
	}
	c := &container{src: src, size: size, sector: 1 << u16(30)}
	total := (size + c.sector - 1) / c.sector
	// where the table of sectors lies: 109 places in the header, the rest in a chain of its own
	var table []uint32
	for i := range 109 {
		table = append(table, u32(76+4*i))
	}
	buf := make([]byte, c.sector)
	for s, n := u32(68), int64(0); s < maxSector; n++ {
		if n > total {
			return nil, damaged("a chain of sectors goes in a circle")
		}
		if err := c.read(s, buf); err != nil {
			return nil, err
		}
		for i := 0; i+4 < len(buf); i += 4 {
			table = append(table, binary.LittleEndian.Uint32(buf[i:]))
		}
		s = binary.LittleEndian.Uint32(buf[len(buf)-4:])
	}
	for _, s := range table {
		if s >= maxSector || int64(len(c.next)) >= total {
			continue
		}
		if err := c.read(s, buf); err != nil {
			return nil, err
		}
		for i := 0; i < len(buf); i += 4 {
			c.next = append(c.next, binary.LittleEndian.Uint32(buf[i:]))
		}
	}
	minis, err := c.chain(u32(60))
	if err != nil {
		return nil, err
	}
	for _, s := range minis {
		if err := c.read(s, buf); err != nil {
			return nil, err
		}
		for i := 0; i < len(buf); i += 4 {
			c.mini = append(c.mini, binary.LittleEndian.Uint32(buf[i:]))
		}
	}
	return c, c.directory(u32(48), int64(u32(56)))
}

// read reads a sector; what is cut at the end of the file is zero.
func (c *container) read(s uint32, into []byte) error {
	clear(into)
	at := (int64(s) + 1) * c.sector
	if at >= c.size {
		return damaged("a sector lies behind the end of the file")
	}
	if _, err := c.src.ReadAt(into, at); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// chain lists the sectors of a chain.
func (c *container) chain(s uint32) ([]uint32, error) { return follow(s, c.next) }

func follow(s uint32, next []uint32) ([]uint32, error) {
	var out []uint32
	for s < maxSector {
		if int64(s) >= int64(len(next)) {
			return nil, damaged("a chain of sectors leads out of the file")
		}
		if len(out) >= len(next) {
			return nil, damaged("a chain of sectors goes in a circle")
		}
		out = append(out, s)
		s = next[s]
	}
	return out, nil
}

// directory finds the workbook.
func (c *container) directory(first uint32, cutoff int64) error {
	chain, err := c.chain(first)
	if err != nil {
		return err
	}
	buf := make([]byte, c.sector)
	var start uint32
	found := ""
	for _, s := range chain {
		if err := c.read(s, buf); err != nil {
			return err
		}
		for i := 0; i+128 <= len(buf); i += 128 {
			e := buf[i : i+128]
			n := min(max(int(binary.LittleEndian.Uint16(e[64:]))-2, 0), 62)
			name := wide(e[:n])
			at, size := binary.LittleEndian.Uint32(e[116:]), int64(binary.LittleEndian.Uint32(e[120:]))
			switch {
			case e[66] == 5:
				if c.root, err = c.chain(at); err != nil {
					return err
				}
			case e[66] == 2 && (name == "Workbook" || name == "Book" && found == ""):
				found, start, c.book.size = name, at, size
			case e[66] == 2 && (name == "EncryptedPackage" || name == "EncryptionInfo"):
				return errLocked
			}
		}
	}
	switch found {
	case "":
		return damaged("there is no workbook in it")
	case "Book":
		return errOld
	}
	if c.book.small = c.book.size < cutoff; c.book.small {
		c.book.chain, err = follow(start, c.mini)
	} else {
		c.book.chain, err = c.chain(start)
	}
	unit := c.sector
	if c.book.small {
		unit = 64
	}
	c.book.size = min(c.book.size, int64(len(c.book.chain))*unit)
	return err
}

func wide(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// reader reads the workbook's stream from a place on.
type reader struct {
	c   *container
	at  int64
	buf []byte // of the sector that at lies in
	of  int64  // its place in the stream; −1: none
}

func (c *container) open(at int64) *reader {
	return &reader{c: c, at: at, of: -1, buf: make([]byte, c.sector)}
}

func (r *reader) Read(p []byte) (int, error) {
	s := &r.c.book
	if r.at >= s.size {
		return 0, io.EOF
	}
	unit := r.c.sector
	if s.small {
		unit = 64
	}
	n := r.at / unit
	if n != r.of {
		if err := r.load(s.chain[n], unit); err != nil {
			return 0, err
		}
		r.of = n
	}
	m := copy(p[:min(int64(len(p)), s.size-r.at)], r.buf[r.at%unit:unit])
	r.at += int64(m)
	return m, nil
}

func (r *reader) load(s uint32, unit int64) error {
	if !r.c.book.small {
		return r.c.read(s, r.buf)
	}
	at := int64(s) * unit // in the chain of small sectors
	i := at / r.c.sector
	if i >= int64(len(r.c.root)) {
		return damaged("a small sector leads out of the file")
	}
	whole := make([]byte, r.c.sector)
	if err := r.c.read(r.c.root[i], whole); err != nil {
		return err
	}
	copy(r.buf, whole[at%r.c.sector:][:unit])
	return nil
}
