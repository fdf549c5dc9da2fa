package main

import (
	"usher/internal/box"
	profiles "usher/internal/household"
)

// openPeople reads who lives here. Everything that shows titles asks it, by
// way of the catalogue.
func (a *appliance) openPeople() (err error) {
	a.people, err = profiles.Open(profiles.Options{
		Store: peopleStore{a.state}, Country: a.cfg.Country, Logger: a.part("profiles"),
		Tell: func(e box.HouseholdChanged) { a.daemon.Submit(e) },
	})
	if err != nil {
		return &startError{err: err, code: exitFolder, hint: "keep the folder of the state for a technician, and start with an empty one: -state DIR"}
	}
	return nil
}

// settled is a State with its household, and with the languages of the box.
func (a *appliance) settled(s box.State) (box.State, error) {
	var common box.Languages
	if a.cfg.Language != "" {
		common.Audio = []string{a.cfg.Language}
	}
	if a.cfg.Subtitles != "" {
		common.Caption = []string{a.cfg.Subtitles}
	}
	return a.people.Start(s, common)
}
