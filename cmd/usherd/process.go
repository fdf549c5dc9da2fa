package main

import (
	"os"
	"strconv"
	"strings"

	"usher/internal/ui"
)

// clockTicks is the unit of CPU time in /proc (USER_HZ is 100 on Linux).
const clockTicks = 100

// processMetrics are the daemon's memory and CPU time, with the names that
// Prometheus' own clients use. A kernel without /proc has none.
func processMetrics() []ui.Metric {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return nil
	}
	return metricsOfStat(string(stat), os.Getpagesize())
}

// metricsOfStat reads proc_pid_stat(5): utime and stime are fields 14 and 15,
// rss in pages is 24; the name in field 2 may hold anything.
func metricsOfStat(stat string, page int) []ui.Metric {
	i := strings.LastIndexByte(stat, ')')
	fields := strings.Fields(stat[i+1:])
	if i < 0 || len(fields) < 22 {
		return nil
	}
	number := func(field int) float64 {
		n, err := strconv.ParseFloat(fields[field-3], 64)
		if err != nil {
			return 0
		}
		return n
	}
	return []ui.Metric{
		{Name: "process_cpu_seconds_total", Help: "CPU time, of user and system.", Kind: "counter", Value: (number(14) + number(15)) / clockTicks},
		{Name: "process_resident_memory_bytes", Help: "Resident memory.", Kind: "gauge", Value: number(24) * float64(page)},
	}
}
