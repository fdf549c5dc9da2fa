package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// longestCode and longestAddress are what a box has to be able to show: 15
// letters, and an address of 40.
const (
	longestCode    = "WDJB-MJHT-QXKCV"
	longestAddress = 40
)

// cutOff is what of the code leaves the part of the screen that every
// television shows, or its own place.
const cutOff = `JSON.stringify([...document.querySelectorAll(".account-page :is(.qr, .address, .user-code, .code)")].filter((e) => {
	const r = e.getBoundingClientRect();
	return r.left < innerWidth * 0.05 - 1 || r.right > innerWidth * 0.95 + 1 || r.top < innerHeight * 0.05 || r.bottom > innerHeight * 0.95 || e.scrollWidth > e.clientWidth + 1;
}).map((e) => e.getAttribute("class")))`

// wordy stands before a service and has it answer the longest code there may be.
func wordy(t *testing.T, service string) (address string) {
	t.Helper()
	to, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to) // leaves Host as it came: the service names itself by it
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	page := front.URL + "/" + strings.Repeat("t", max(0, longestAddress-len(front.URL)-1))
	proxy.ModifyResponse = func(r *http.Response) error {
		if !strings.HasSuffix(r.Request.URL.Path, "/oauth/device") {
			return nil
		}
		var got map[string]any
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			return err
		}
		got["user_code"], got["verification_uri"], got["verification_uri_complete"] = longestCode, page, page+"?code="+longestCode
		raw, err := json.Marshal(got)
		if err != nil {
			return err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		r.Header.Set("Content-Length", fmt.Sprint(len(raw)))
		return nil
	}
	return front.URL
}

// TestPairWithTheLongestCode: on a television of 720 lines everything of it is
// there, nothing is cut off, and the QR code can be scanned.
func TestPairWithTheLongestCode(t *testing.T) {
	service := wordy(t, startService(t, "-open-house=false"))
	s := openScreen(t, startPaidBox(t, service, t.TempDir()))
	s.do(chromedp.EmulateViewport(1280, 720))
	s.on("welcome") // it is its first start
	s.press(kb.Enter)
	s.on("home")
	if code := s.askForCode(); code != longestCode {
		t.Errorf("it shows %q", code)
	}
	shown := s.eval(`document.querySelector(".account-page .address").textContent`)
	if len(shown) != longestAddress {
		t.Errorf("%q is no address of %d letters", shown, longestAddress)
	}
	if out := s.eval(cutOff); out != "[]" {
		t.Errorf("cut off: %s", out)
	}
	s.shot("pairing-longest")
	if link := s.scan(); !strings.HasSuffix(link, "?code="+longestCode) {
		t.Errorf("the QR code is %q", link)
	}
}
