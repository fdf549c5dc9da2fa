package ui

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// Phone is the handler for the listener on the LAN: the page of phones, and the
// WebSocket with role remote. It has nothing of what Screen has: no token, no
// catalogue, no pictures, no metrics.
func (b *Bridge) Phone() http.Handler {
	mux := http.NewServeMux()
	if b.phones == nil {
		return mux
	}
	r := role{name: "remote", door: doorPhone, most: b.limits.phones, scopes: b.doc.Roles["remote"]}
	mux.HandleFunc("GET /rpc", func(w http.ResponseWriter, req *http.Request) { b.phoneRPC(w, req, r) })
	mux.HandleFunc("GET /", serveAssets(b.handheld))
	return b.guard(b.phones.Hosts, "", mux)
}

// phoneRPC upgrades a request of a phone, finds out whether it may come in, and
// serves it through its sealed channel.
func (b *Bridge) phoneRPC(w http.ResponseWriter, r *http.Request, as role) {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = "phone"
	}
	if !slices.Contains(websocket.Subprotocols(r), Protocol) {
		deny(w, http.StatusBadRequest, "A WebSocket with the sub-protocol "+Protocol+" is expected")
		return
	}
	b.upgrade(w, r, as, func(place admission, ws *websocket.Conn) {
		ws.SetReadLimit(b.limits.sealed)
		link, err := b.agree(place, ws, r.Host)
		if err != nil {
			b.logger.Debug("Phone not let in", "error", err)
			b.counts.denied.Add(1)
			end := time.Now().Add(lingerTime)
			_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closeOut, "not let in"), end)
			_ = ws.Close()
			return
		}
		defer link.Leave()
		b.serve(place, sealedCarrier{ws, link}, as, peer)
	})
}

// agree finds out whether a phone may come in, in time.
func (b *Bridge) agree(place admission, ws *websocket.Conn, host string) (PhoneLink, error) {
	end := time.Now().Add(b.limits.agree)
	_ = ws.SetReadDeadline(end) // fails with the connection only, and so does what comes next
	_ = ws.SetWriteDeadline(end)
	stop := context.AfterFunc(place.ctx, func() { _ = ws.NetConn().SetDeadline(time.Unix(1, 0)) })
	defer stop()
	drop := place.stranger.drop
	return b.phones.Accept(ws, host, func(removed bool) {
		if removed {
			drop(&closing{code: closeGone, text: "The phone was removed"})
		} else {
			drop(&closing{code: closeOut, text: "Phones were switched off"})
		}
	})
}

// sealedCarrier is a WebSocket whose messages are sealed.
type sealedCarrier struct {
	*websocket.Conn
	link PhoneLink
}

// ReadMessage gives the text of the next sealed message.
func (w sealedCarrier) ReadMessage() (kind int, text []byte, err error) {
	kind, frame, err := w.Conn.ReadMessage()
	if err != nil {
		return kind, nil, err
	}
	if kind != websocket.BinaryMessage {
		return 0, nil, &closing{code: closeMessage, text: "Only sealed messages are understood"}
	}
	if text, err = w.link.Open(frame); err != nil {
		return 0, nil, &closing{code: closeOut, text: "The message is not sealed as agreed"}
	}
	return websocket.TextMessage, text, nil
}

// WriteMessage seals a text message.
func (w sealedCarrier) WriteMessage(_ int, text []byte) error {
	return w.Conn.WriteMessage(websocket.BinaryMessage, w.link.Seal(text))
}
