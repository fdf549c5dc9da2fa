package main

import ("time";"fmt")

func (b *bench) report(machine string, took time.Duration) string { return fmt.Sprint(machine, took) }
func (b *bench) writePlots(dir string) error { return nil }
