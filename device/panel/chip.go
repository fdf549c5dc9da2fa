//go:build linux

package panel

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// errNoChip is that nobody answered on the wires.
var errNoChip = errors.New("no chip answers on these pins")

// chip is a display driver on GPIO pins. All of them are slow by design: at
// 250 kHz a whole display takes less than a millisecond.
type chip struct {
	clk  gpio.PinOut
	data gpio.PinIO
	stb  gpio.PinOut // of chips with three wires; nil with two
	kind chipKind
	wait func() // half a clock cycle
}

// chipKind is what differs between the families.
type chipKind struct {
	name     string
	pins     int
	msbFirst bool
	frames   func(s [digits]byte, level int) [][]byte // what is sent, one frame each
}

// kinds are the chips, with their commands as in the data sheets.
func kinds() []chipKind {
	return []chipKind{
		{"tm1637", 2, false, func(s [digits]byte, level int) [][]byte { // Titan Micro TM1637 V2.4, command section
			return [][]byte{{0x40}, append([]byte{0xc0}, s[:]...), {onOff(0x80, 0x88, level)}}
		}},
		{"tm1650", 2, true, func(s [digits]byte, level int) [][]byte { // TM1650 V2.2, also FD650
			f := [][]byte{{0x48, intensity1650(level)}}
			for i, d := range s[:4] {
				f = append(f, []byte{0x68 + byte(2*i), d})
			}
			return f
		}},
		{"tm1628", 3, false, func(s [digits]byte, level int) [][]byte { // TM1628 V1.1, also FD628; 7 grids of 10 segments
			cells := []byte{0xc0}
			for _, d := range s {
				cells = append(cells, d, 0)
			}
			return [][]byte{{0x03}, {0x40}, cells, {onOff(0x80, 0x88, level)}}
		}},
	}
}

// onOff is the display control command: off, or on with a pulse width.
func onOff(off, on byte, level int) byte {
	if level <= 0 {
		return off
	}
	return on | byte(min(level, 7))
}

// intensity1650 has its brightness in bits 4 to 6, of which 0 is the eighth step.
func intensity1650(level int) byte {
	if level <= 0 {
		return 0
	}
	return byte(min(level, 7))<<4 | 1
}

// halfCycle is that of 250 kHz, the lowest that a data sheet gives as highest.
const halfCycle = 2 * time.Microsecond

// spin waits busily: the scheduler's shortest sleep is longer than a display.
func spin() {
	for end := time.Now().Add(halfCycle); time.Now().Before(end); {
	}
}

// show sends what is to be seen.
func (c *chip) show(s [digits]byte, level int) error {
	for _, f := range c.kind.frames(s, level) {
		if err := c.frame(f); err != nil {
			return fmt.Errorf("%s: %w", c.kind.name, err)
		}
	}
	return nil
}

// frame is one transfer, from start to stop.
func (c *chip) frame(b []byte) error {
	acked := true
	p := &pins{c: c}
	p.start()
	for _, x := range b {
		acked = p.byte(x) && acked
	}
	p.stop()
	if p.err == nil && !acked {
		return errNoChip
	}
	return p.err
}

// pins moves wires; after an error it does nothing more.
type pins struct {
	c   *chip
	err error
}

func (p *pins) set(pin gpio.PinOut, l gpio.Level) {
	if p.err == nil {
		p.err = pin.Out(l)
	}
	p.c.wait()
}

func (p *pins) start() {
	if p.c.stb != nil {
		p.set(p.c.stb, gpio.Low)
		return
	}
	p.set(p.c.clk, gpio.High)
	p.set(p.c.data, gpio.High)
	p.set(p.c.data, gpio.Low)
	p.set(p.c.clk, gpio.Low)
}

func (p *pins) stop() {
	if p.c.stb != nil {
		p.set(p.c.stb, gpio.High)
		return
	}
	p.set(p.c.data, gpio.Low)
	p.set(p.c.clk, gpio.High)
	p.set(p.c.data, gpio.High)
}

// byte sends one, and says whether the chip acknowledged it. Chips with three
// wires do not.
func (p *pins) byte(b byte) (acked bool) {
	if p.c.kind.msbFirst {
		b = bits.Reverse8(b)
	}
	for i := range 8 {
		p.set(p.c.clk, gpio.Low)
		p.set(p.c.data, b>>i&1 == 1)
		p.set(p.c.clk, gpio.High)
	}
	if p.c.stb != nil {
		return true
	}
	// The chip pulls the wire low from the eighth falling edge to the ninth.
	p.set(p.c.clk, gpio.Low)
	if p.err == nil {
		p.err = p.c.data.In(gpio.PullUp, gpio.NoEdge)
	}
	p.c.wait()
	p.set(p.c.clk, gpio.High)
	acked = p.c.data.Read() == gpio.Low
	p.set(p.c.clk, gpio.Low)
	p.set(p.c.data, gpio.Low)
	return acked
}
