package main

import "errors"

func (a *appliance) openSimulated() error { return errors.New("simulated: not yet") }
