//go:build linux

package panel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	_ "periph.io/x/host/v3/gpioioctl" // registers the pins of /dev/gpiochipN
	_ "periph.io/x/host/v3/sysfs"     // and, on older kernels, those of /sys/class/gpio
)

// Spec names one part of a front panel.
type Spec struct {
	// Kind is "led" (of the kernel), "gpio-led", "tm1637", "tm1650", "tm1628" or
	// "openvfd".
	Kind string
	Name string   // led: as in /sys/class/leds; openvfd: the symbol
	Pins []string // of periph, such as "GPIO17": one for gpio-led; clock and data, and strobe for tm1628
}

// light is a part that shines.
type light interface {
	set(level float64) error // 0 to 1
	dims() bool
}

// display is a part with digits.
type display interface {
	show(s [digits]byte, level int) error
}

// system is where parts are found; tests put another in its place.
type system struct {
	sys string // "/sys"
	pin func(name string) (gpio.PinIO, error)
	// wait is half a clock cycle of a display.
	wait func()
}

func realSystem() system {
	return system{sys: "/sys", wait: spin, pin: func(name string) (gpio.PinIO, error) {
		if _, err := driverreg.Init(); err != nil {
			return nil, fmt.Errorf("look for GPIO pins: %w", err)
		}
		p := gpioreg.ByName(name)
		if p == nil {
			return nil, fmt.Errorf("there is no GPIO pin %q", name)
		}
		return p, nil
	}}
}

// open makes the part that a Spec names: a light or a display.
func (s system) open(spec Spec) (light, display, error) {
	switch spec.Kind {
	case "led":
		l, err := s.led(spec.Name)
		return l, nil, err
	case "openvfd":
		l, err := s.openvfd(spec.Name)
		return l, nil, err
	}
	pins, err := s.pins(spec.Pins)
	if err != nil {
		return nil, nil, err
	}
	if spec.Kind == "gpio-led" && len(pins) == 1 {
		return pinLight{pins[0]}, nil, pins[0].Out(gpio.Low)
	}
	i := slices.IndexFunc(kinds(), func(k chipKind) bool { return k.name == spec.Kind && k.pins == len(pins) })
	if i < 0 {
		return nil, nil, fmt.Errorf("a part of kind %q with %d pins is not known", spec.Kind, len(pins))
	}
	c := &chip{clk: pins[0], data: pins[1], kind: kinds()[i], wait: s.wait}
	if len(pins) == 3 {
		c.stb = pins[2]
	}
	return nil, c, c.show([digits]byte{}, 0)
}

func (s system) pins(names []string) (list []gpio.PinIO, err error) {
	for _, n := range names {
		p, err := s.pin(n)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// kernelLight is an LED of the kernel.
type kernelLight struct {
	file string
	most int
}

func (s system) led(name string) (light, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("%q is not the name of an LED", name)
	}
	dir := filepath.Join(s.sys, "class/leds", name)
	text, err := os.ReadFile(filepath.Join(dir, "max_brightness"))
	if err != nil {
		return nil, fmt.Errorf("LED %q: %w", name, err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || most < 1 {
		return nil, fmt.Errorf("LED %q: a brightness of %.20q", name, text)
	}
	// The kernel's own triggers would write over ours.
	if err := os.WriteFile(filepath.Join(dir, "trigger"), []byte("none"), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("LED %q: %w", name, err)
	}
	l := kernelLight{filepath.Join(dir, "brightness"), most}
	return l, l.set(0)
}

func (l kernelLight) dims() bool { return l.most > 1 }

func (l kernelLight) set(level float64) error {
	n := int(level*float64(l.most) + 0.5)
	if level > 0 {
		n = max(n, 1)
	}
	return os.WriteFile(l.file, strconv.AppendInt(nil, int64(n), 10), 0)
}

// pinLight is an LED on a pin.
type pinLight struct{ pin gpio.PinOut }

func (pinLight) dims() bool { return false }

func (l pinLight) set(level float64) error { return l.pin.Out(level > 0) }

// icon is a symbol of a display behind the out-of-tree driver openvfd, which
// many Amlogic boxes have. Its digits belong to the driver's own service.
type icon struct{ dir, name string }

func (s system) openvfd(name string) (light, error) {
	if name == "" || strings.ContainsAny(name, " /\n") {
		return nil, fmt.Errorf("%q is not a symbol of openvfd, such as \"play\" or \"alarm\"", name)
	}
	i := icon{filepath.Join(s.sys, "class/leds/openvfd"), name}
	if err := i.set(0); err != nil {
		return nil, fmt.Errorf("openvfd: %w", err)
	}
	return i, nil
}

func (icon) dims() bool { return false }

func (i icon) set(level float64) error {
	file := "led_off"
	if level > 0 {
		file = "led_on"
	}
	f, err := os.OpenFile(filepath.Join(i.dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(i.name)
	return errors.Join(err, f.Close())
}
