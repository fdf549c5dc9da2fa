package poster

// Motifs of hills, sky and weather.

func (c *canvas) mountains() {
	c.sun(110, -190, 62)
	c.crags(c.groundY()-40, 250*c.scale, 4, c.far)
	c.at(func() {
		c.shape("M-260 220L-20-170L80-10L120-60L300 220z", c.mid)
		c.shape("M-20-170L-84-66L-40-84L-16-50L20-82L44-68z", c.paper)
	})
	c.ridge(c.groundY()-10, 30, 4, c.near, 1)
	c.at(func() {
		c.p(`<path d="M-210 300C-60 260 90 250 40 190S-70 130-10 84S40 20 2-60" fill="none" stroke="%s" stroke-width="6" stroke-dasharray="2 18" stroke-linecap="round"/>`, c.hot)
		c.stroke("M-12-154l24 24m0-24l-24 24", c.hot, 8)
	})
}

func (c *canvas) peaks() {
	c.sun(-110, -210, 40)
	c.crags(c.groundY()-70, 300*c.scale, 5, c.far)
	c.crags(c.groundY()-10, 250*c.scale, 4, c.mid)
	c.at(func() {
		c.shape("M-330 240L20-210L330 240z", c.near)
		c.shape("M20-210L-100-56L-62-70L-30-24L4-66L40-16L70-62L108-52L128-54z", c.paper)
	})
	c.ridge(c.groundY()+10, 34, 4, c.paper, 1)
	c.p(`<g fill="%s" opacity=".5">`, c.near)
	for i := range 9 { // tracks in the snow
		f := float64(i)
		c.p(`<ellipse cx="%g" cy="%g" rx="%g" ry="%g"/>`, r1(c.ax-120+f*f*3.2+14*float64(i%2)), r1(c.groundY()+26+f*7), r1(2.5+f*.5), r1(1.6+f*.35))
	}
	c.p(`</g>`)
}

func (c *canvas) terraces() {
	c.sun(-90, -180, 64)
	c.crags(c.groundY()-170, 120*c.scale, 5, c.far)
	for i := range 7 {
		f := float64(i)
		fill := []string{c.mid, c.near}[i%2]
		c.ridge(c.groundY()-150+f*40, 22, 4, fill, 1)
	}
	c.at(func() {
		c.stroke("M110 140V40", c.ink, 10)
		c.disc(110, 6, 54, c.ink, 1)
		c.disc(72, 30, 36, c.ink, 1)
		c.disc(150, 30, 36, c.ink, 1)
		c.shape("M-130 150l22-56l22 56z", c.hot)
		c.disc(-108, 86, 11, c.paper, 1)
		c.shape("M-136 84L-108 62L-80 84z", c.light)
	})
}

func (c *canvas) dunes() {
	c.sun(-130, -180, 54)
	c.ridge(c.groundY()-90, 40, 3, c.far, 1)
	c.at(func() {
		c.p(`<path d="M44-118L-1200-360V-20L44-100zM88-118L640-240V-10L88-100z" fill="%s" opacity=".35"/>`, c.light)
		c.shape("M40-90h52l18 230h-88z", c.paper)
		c.shape("M37-40h58l3 42h-64zM29 50h74l3 42h-80z", c.hot)
		c.rect(44, -132, 44, 42, c.light, 1)
		c.shape("M34-132h64L66-170z", c.ink)
		c.rect(32, -96, 68, 10, c.ink, 1)
	})
	c.ridge(c.groundY()-40, 44, 3, c.mid, 1)
	c.ridge(c.groundY()+20, 40, 2, c.near, 1)
	c.at(func() {
		for i := range 3 {
			x := -190 + float64(i)*46
			c.p(`<path transform="translate(%g %g)" d="M-7 0L-4-34a7 7 0 0 1 8 0L7 0z" fill="%s"/>`, x, 196-float64(i)*5, c.ink)
		}
	})
}

func (c *canvas) clouds() {
	c.sun(120, -200, 56)
	c.crags(c.groundY()-60, 200*c.scale, 4, c.far)
	for i := range 4 {
		f := float64(i)
		c.cloud(c.ax+(-210+f*130)*c.scale, c.ay+(30-float64(i%2)*50)*c.scale, (150+30*float64(i%2))*c.scale, c.paper, .85)
	}
	c.ridge(c.groundY()-30, 30, 4, c.mid, 1)
	c.at(func() {
		c.stroke("M-190 190V-70M190 190V-70", c.ink, 9)
		c.p(`<g stroke="%s" stroke-width="2.5" fill="none" opacity=".9">`, c.hot)
		for i := range 8 {
			f := float64(i)
			c.p(`<path d="M-190 %gQ0 %g 190 %g"/><path d="M%g %gV%g"/>`, -60+f*22, -30+f*22, -60+f*22, -168+f*48, -56+10*f*(7-f)/6, 96+10*f*(7-f)/6)
		}
		c.p(`</g>`)
	})
	c.ridge(c.groundY()+20, 24, 5, c.near, 1)
}

func (c *canvas) tree() {
	c.sun(0, -70, 190)
	c.ridge(c.groundY()-40, 24, 4, c.far, 1)
	c.at(func() {
		c.shape("M-30 230Q-6 120-14 20H14Q6 120 34 230z", c.ink)
		c.stroke("M0 60Q-60 20-110-30M0 30Q60-10 100-60M0 10Q-20-60-50-120M2 0Q20-60 40-140", c.ink, 13)
		for i, p := range [][2]float64{{-120, -50}, {-56, -132}, {44, -152}, {110, -76}, {0, -60}, {-70, -10}, {74, 0}} {
			c.p(`<g transform="translate(%g %g)">`, p[0], p[1])
			c.disc(0, 0, 44, []string{c.mid, c.near}[i%2], 1)
			c.p(`<circle r="27" fill="%s"/><path d="M0 0V-19M0 0L%d 8" stroke="%s" stroke-width="4" stroke-linecap="round"/>`, []string{c.paper, c.hot}[i%2], 6+4*i%13, c.ink)
			c.p(`</g>`)
		}
	})
	c.ridge(c.groundY()+10, 20, 5, c.near, 1)
}

func (c *canvas) kites() {
	c.sun(-130, -200, 48)
	c.cloud(c.ax+130*c.scale, c.ay-190*c.scale, 130*c.scale, c.paper, .55)
	c.cloud(c.ax-190*c.scale, c.ay-60*c.scale, 110*c.scale, c.paper, .45)
	c.ridge(c.groundY()-50, 30, 4, c.far, 1)
	c.at(func() {
		for _, k := range []struct{ x, y, turn, size float64 }{{-80, -120, -18, 1}, {110, -60, 16, .8}, {30, -210, 8, .55}} {
			c.p(`<path d="M%g %gQ%g %g 10 210" fill="none" stroke="%s" stroke-width="2.5"/>`, k.x, k.y+60*k.size, k.x*1.2, k.y/2+120, c.paper)
			c.p(`<g transform="translate(%g %g) rotate(%g) scale(%g)">`, k.x, k.y, k.turn, k.size)
			c.shape("M0-90L62 0L0 96L-62 0z", c.hot)
			c.shape("M0-90L62 0H0zM0 96L-62 0H0z", c.paper)
			c.stroke("M0 96q26 24 0 48t0 48", c.ink, 4)
			c.p(`</g>`)
		}
	})
	c.ridge(c.groundY()-10, 18, 5, c.mid, 1)
	c.sea(c.groundY()+30, c.near)
}

func (c *canvas) planet() {
	c.stars(130)
	c.at(func() {
		c.p(`<g transform="rotate(-18)">`)
		c.p(`<path d="M-250 0A250 62 0 0 1 250 0" fill="none" stroke="%s" stroke-width="12" opacity=".8"/>`, c.light)
		c.disc(0, 0, 150, c.hot, 1)
		c.shape("M-150 0A150 150 0 0 0 130 75Q20 70-60 30T-150 0z", c.mid)
		c.p(`<path d="M-128-78Q0-40 128-78M-148-20Q0 26 148-22" fill="none" stroke="%s" stroke-width="10" opacity=".35"/>`, c.paper)
		c.p(`<path d="M-250 0A250 62 0 0 0 250 0" fill="none" stroke="%s" stroke-width="12"/>`, c.light)
		c.p(`</g>`)
		c.p(`<g transform="translate(130 -170) rotate(24)" fill="%s">`, c.paper)
		c.p(`<rect x="-12" y="-26" width="24" height="52" rx="8"/><rect x="-74" y="-12" width="52" height="24"/><rect x="22" y="-12" width="52" height="24"/><path d="M-22-2h44v4h-44z"/></g>`)
	})
	c.ridge(c.groundY()+40, 22, 5, c.near, 1)
}

func (c *canvas) comet() {
	c.stars(110)
	c.at(func() {
		c.p(`<path d="M-90-90L300-330L250-250L330-250L-70-70z" fill="%s" opacity=".28"/>`, c.light)
		c.p(`<path d="M-92-86L260-300L-76-72z" fill="%s" opacity=".7"/>`, c.light)
		c.disc(-88, -78, 30, c.hot, 1)
		c.disc(-88, -78, 17, c.paper, 1)
	})
	c.ridge(c.groundY()-60, 34, 4, c.far, 1)
	c.ridge(c.groundY()-10, 24, 4, c.mid, 1)
	c.at(func() {
		c.shape("M60 190V90L130 40L200 90V190z", c.ink)
		c.rect(122, -6, 16, 50, c.ink, 1)
		c.shape("M116-6h28L130-26z", c.hot)
		for i := range 3 {
			c.rect(80+float64(i)*38, 112, 22, 34, c.light, 1)
		}
		for i := range 5 {
			c.p(`<path transform="translate(%g %g)" d="M-8 0L-4-36a8 8 0 1 1 8 0L8 0z" fill="%s"/>`, -170+float64(i)*42, 194+6*float64(i%2), c.ink)
		}
	})
	c.ridge(c.groundY()+24, 14, 5, c.near, 1)
}

func (c *canvas) umbrella() {
	c.p(`<path stroke="%s" stroke-width="3" stroke-linecap="round" opacity=".5" d="`, c.paper)
	for range int(c.w / 13) {
		c.p("M%.0f %.0fl-7 26", c.rng.Float64()*c.w, c.rng.Float64()*c.h*.75)
	}
	c.p(`"/>`)
	c.ridge(c.groundY()-20, 26, 4, c.far, 1)
	c.at(func() {
		c.shape("M-220 0A220 190 0 0 1 220 0Q183-34 147 0Q110-34 73 0Q37-34 0 0Q-37-34-73 0Q-110-34-147 0Q-183-34-220 0z", c.hot)
		c.shape("M0-190Q-70-110-73 0Q-37-34 0 0Q37-34 73 0Q70-110 0-190z", c.paper)
		c.stroke("M0-206V150q0 34 30 34t30-34", c.ink, 10)
		c.shape("M-150 210Q-150 110-90 110Q-60 60-24 100Q0 120-20 150Q-10 210-40 214z", c.near) // the small dragon
		c.shape("M-128 120l-20-30l34 14zM-100 104l-8-34l26 24z", c.near)
		c.disc(-44, 108, 8, c.paper, 1)
		c.disc(-42, 108, 4, c.ink, 1)
	})
	c.swell(c.groundY()+24, 60, c.mid)
	c.swell(c.groundY()+56, 84, c.near)
}
