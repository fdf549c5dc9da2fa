package keymap

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// codesText has the kernel's names of keys (input-event-codes.h); codes.sh
// remakes it.
//
//go:embed codes.txt
var codesText string

// maxCode is the highest key code (KEY_MAX).
const maxCode = 0x2ff

// Codes are the kernel's names of keys and their codes, both ways.
type Codes struct {
	byName map[string]uint32
	byCode map[uint32]string
}

// NewCodes reads the built-in list.
func NewCodes() Codes {
	c := Codes{byName: map[string]uint32{}, byCode: map[uint32]string{}}
	for line := range strings.Lines(codesText) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		code, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			continue // a test sees to it that there is none
		}
		c.byName[name] = uint32(code)
		if _, ok := c.byCode[uint32(code)]; !ok { // the first name is the main one
			c.byCode[uint32(code)] = name
		}
	}
	return c
}

// Name is the kernel's name of a code, or its number.
func (c Codes) Name(code uint32) string {
	if n, ok := c.byCode[code]; ok {
		return n
	}
	return fmt.Sprintf("0x%x", code)
}

// Code finds a name, or reads a number (decimal, or 0x and hexadecimal).
func (c Codes) Code(name string) (uint32, bool) {
	if code, ok := c.byName[name]; ok {
		return code, true
	}
	n, err := strconv.ParseUint(name, 0, 32)
	if err != nil || n > maxCode {
		return 0, false
	}
	return uint32(n), true
}

func (c Codes) names() []string {
	list := make([]string, 0, len(c.byName))
	for n := range c.byName {
		list = append(list, n)
	}
	return list
}
