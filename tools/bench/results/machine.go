package results

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Machine says in a line what this ran on, without a name of the machine.
func Machine() string {
	cores := 0
	model := "unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ":")
			switch strings.TrimSpace(name) {
			case "processor":
				cores++
			case "model name":
				model = strings.TrimSpace(value)
			}
		}
		_ = f.Close()
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-")
	ram := float64(Field("/proc/meminfo", "MemTotal:")) / (1 << 20)
	load, _ := os.ReadFile("/proc/loadavg")
	busy, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d cores (%s), %.0f GiB RAM, Linux %s, load %s at the end", cores, model, ram, release, busy)
}

// Field is the number after a name in a file of /proc; 0 when it is not there.
func Field(file, name string) int64 {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}
