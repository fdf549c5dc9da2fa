package dditest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// told is feedback as hawkBit takes it.
type told struct {
	Confirmation string `json:"confirmation"`
	Status       struct {
		Execution string `json:"execution"`
		Result    struct {
			Finished string `json:"finished"`
		} `json:"result"`
		Details []string `json:"details"`
	} `json:"status"`
}

// feedback takes what a box says about an action. One that ended is gone.
func (s *Server) feedback(w http.ResponseWriter, r *http.Request, kind string, a *Action) {
	var in told
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	quota := s.Quota
	if quota == 0 {
		quota = 1000
	}
	switch {
	case slices.Contains([]string{"finished", "error", "canceled"}, a.State):
		w.WriteHeader(http.StatusGone)
	case len(a.Told) >= quota, slices.ContainsFunc(in.Status.Details, func(d string) bool { return len(d) > 512 }):
		w.WriteHeader(http.StatusForbidden)
	case kind == "confirmationBase":
		a.confirm(w, in)
	case !slices.Contains([]string{"closed", "proceeding", "canceled", "scheduled", "rejected", "resumed", "downloaded", "download"}, in.Status.Execution),
		!slices.Contains([]string{"none", "success", "failure"}, in.Status.Result.Finished):
		w.WriteHeader(http.StatusBadRequest)
	case kind == "cancelAction":
		a.tell(in)
		a.stop(in)
	case kind == "deploymentBase":
		a.tell(in)
		a.goOn(in)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a *Action) tell(in told) {
	a.Told = append(a.Told, in.Status.Execution+"/"+in.Status.Result.Finished)
	a.Details = append(a.Details, in.Status.Details...)
}

func (a *Action) confirm(w http.ResponseWriter, in told) {
	switch in.Confirmation {
	case "confirmed":
		a.State = "running"
	case "denied":
		a.Told = append(a.Told, "denied")
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// stop is feedback about a cancellation.
func (a *Action) stop(in told) {
	switch {
	case in.Status.Execution == "rejected":
		a.State = "running"
	case in.Status.Execution == "closed" && in.Status.Result.Finished != "failure", in.Status.Execution == "canceled":
		a.State = "canceled"
	case in.Status.Execution == "closed":
		a.State = "running"
	}
}

// goOn is feedback about a deployment.
func (a *Action) goOn(in told) {
	switch {
	case in.Status.Execution == "closed" && in.Status.Result.Finished == "failure":
		a.State = "error"
	case in.Status.Execution == "closed":
		a.State = "finished"
	case in.Status.Execution == "rejected":
		a.Told = append(a.Told, "warning")
	}
}
