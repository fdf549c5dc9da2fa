package cecdev

import (
	"testing"
	"unsafe"
)

// The kernel's layout is the same on amd64, arm64 and arm: these are the
// figures of a C compiler with linux/cec.h on each of them.
func TestLayout(t *testing.T) {
	sizes := []struct {
		what      string
		got, want uintptr
	}{
		{"cec_msg", unsafe.Sizeof(message{}), 56},
		{"cec_msg.len", unsafe.Offsetof(message{}.len), 16},
		{"cec_msg.timeout", unsafe.Offsetof(message{}.timeout), 20},
		{"cec_msg.flags", unsafe.Offsetof(message{}.flags), 28},
		{"cec_msg.msg", unsafe.Offsetof(message{}.msg), 32},
		{"cec_msg.reply", unsafe.Offsetof(message{}.reply), 48},
		{"cec_msg.rx_status", unsafe.Offsetof(message{}.rxStatus), 49},
		{"cec_msg.tx_status", unsafe.Offsetof(message{}.txStatus), 50},
		{"cec_msg.tx_error_cnt", unsafe.Offsetof(message{}.errors), 54},
		{"cec_caps", unsafe.Sizeof(caps{}), 76},
		{"cec_caps.capabilities", unsafe.Offsetof(caps{}.capabilities), 68},
		{"cec_log_addrs", unsafe.Sizeof(logAddrs{}), 92},
		{"cec_log_addrs.log_addr_mask", unsafe.Offsetof(logAddrs{}.mask), 4},
		{"cec_log_addrs.vendor_id", unsafe.Offsetof(logAddrs{}.vendor), 8},
		{"cec_log_addrs.osd_name", unsafe.Offsetof(logAddrs{}.osdName), 16},
		{"cec_log_addrs.primary_device_type", unsafe.Offsetof(logAddrs{}.primary), 31},
		{"cec_log_addrs.features", unsafe.Offsetof(logAddrs{}.features), 43},
		{"cec_event", unsafe.Sizeof(event{}), 80},
		{"cec_event.event", unsafe.Offsetof(event{}.event), 8},
		{"cec_event union", unsafe.Offsetof(event{}.data), 16},
	}
	for _, s := range sizes {
		if s.got != s.want {
			t.Errorf("%s is %d, want %d", s.what, s.got, s.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for name, n := range map[string][2]uintptr{
		"CEC_ADAP_G_CAPS":      {getCaps, 0xc04c6100},
		"CEC_ADAP_G_PHYS_ADDR": {getPhysical, 0x80026101},
		"CEC_ADAP_G_LOG_ADDRS": {getLogical, 0x805c6103},
		"CEC_ADAP_S_LOG_ADDRS": {setLogical, 0xc05c6104},
		"CEC_TRANSMIT":         {transmit, 0xc0386105},
		"CEC_RECEIVE":          {receive, 0xc0386106},
		"CEC_DQEVENT":          {nextEvent, 0xc0506107},
		"CEC_S_MODE":           {setMode, 0x40046109},
	} {
		if n[0] != n[1] {
			t.Errorf("%s is %#x, want %#x", name, n[0], n[1])
		}
	}
}
