package main

func (b *bench) writePlots(dir string) error { return nil }
