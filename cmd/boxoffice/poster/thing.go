package poster

// Motifs of things: what a story turns on.

func (c *canvas) bowl() {
	c.sun(0, -60, 170)
	c.at(func() {
		c.stroke("M-90-30Q-120-80-84-126T-90-220M0-40Q-30-96 4-146T0-240M90-30Q60-80 96-126T90-220", c.paper, 12)
		c.p(`<ellipse cy="34" rx="216" ry="44" fill="%s"/>`, c.paper)
		c.p(`<ellipse cy="36" rx="190" ry="33" fill="%s"/>`, c.hot)
		c.p(`<ellipse cx="-70" cy="30" rx="44" ry="14" fill="%s"/><ellipse cx="60" cy="42" rx="34" ry="10" fill="%s"/>`, c.paper, c.mid)
		c.disc(-70, 29, 10, c.light, 1)
		c.shape("M-216 36Q-190 190-90 206H90Q190 190 216 36A216 44 0 0 1-216 36z", c.near)
		c.p(`<path d="M-196 100Q0 160 196 100" fill="none" stroke="%s" stroke-width="9"/>`, c.hot)
		c.rect(-80, 200, 160, 22, c.ink, 1)
		c.stroke("M60 30L270-110M84 38L290-84", c.ink, 9)
	})
	c.ridge(c.groundY()+20, 4, 3, c.mid, 1)
}

func (c *canvas) stage() {
	c.at(func() {
		c.disc(0, -10, 230, c.light, .3)
		c.disc(0, -10, 170, c.light, .9)
		c.shape("M-120 200Q-116 90-86 60Q-116 40-96 10Q-92-40-56-46Q-50-80-30-60Q0-50-10-20Q14-14-16 2Q-30 30-44 40Q-4 70-10 200z", c.ink) // the prince
		c.stroke("M-50 80Q10 60 30 0L44-30", c.ink, 9)
		c.shape("M120 200Q116 100 86 76Q104 50 84 34Q70 0 96-16Q110-50 124-20Q150 0 128 36Q150 60 150 100T170 200z", c.ink)
		c.stroke("M96 94Q50 90 40 40L30 16", c.ink, 9)
		c.stroke("M44-30V240M30 16V240", c.ink, 2.5)
	})
	for side := -1.0; side <= 1; side += 2 { // the curtains
		c.p(`<g transform="translate(%g 0) scale(%g 1)">`, c.ax, side*c.scale)
		for i, fill := range []string{c.near, c.mid, c.near, c.mid} {
			x := 300 - float64(i)*34
			c.p(`<path d="M%g 0Q%g %g %g %gH1500V0z" fill="%s"/>`, x, x-34, c.h*.4, x+26, c.h, fill)
			if i == 3 {
				c.p(`<path d="M%g 0Q%g %g %g %gH1500V0z" fill="%s"/>`, x+60, x+30, c.h*.4, x+84, c.h, c.near)
			}
		}
		c.p(`</g>`)
	}
	c.rect(0, c.groundY(), c.w, 16, c.hot, 1)
	c.rect(0, c.groundY()+16, c.w, c.h, c.near, 1)
}

func (c *canvas) strings() {
	c.stars(36)
	c.ridge(c.groundY()-60, 50, 4, c.far, 1)
	c.ridge(c.groundY()-10, 30, 4, c.mid, 1)
	c.at(func() {
		c.p(`<g transform="rotate(14)">`)
		c.shape("M0-80C70-80 96-44 84-6C76 16 52 22 54 48C56 74 110 82 104 146C98 206 50 222 0 222S-98 206-104 146C-110 82-56 74-54 48C-52 22-76 16-84-6C-96-44-70-80 0-80z", c.hot)
		c.stroke("M0-80C70-80 96-44 84-6C76 16 52 22 54 48C56 74 110 82 104 146C98 206 50 222 0 222S-98 206-104 146C-110 82-56 74-54 48C-52 22-76 16-84-6C-96-44-70-80 0-80z", c.ink, 5)
		c.shape("M-15-256h30L12 84h-24z", c.ink)
		c.shape("M-20 150h40L12 212h-24z", c.ink)
		c.shape("M-30 122h60v9h-60z", c.paper)
		c.stroke("M-9-250V150M-3-250V150M3-250V150M9-250V150", c.paper, 1.6)
		c.stroke("M-52 84q-16 22 0 40t0 36M52 84q16 22 0 40t0 36", c.ink, 5)
		c.p(`<path d="M0-256q-26-4-22-30t30-22q20 6 14 24t-18 10" fill="none" stroke="%s" stroke-width="12" stroke-linecap="round"/>`, c.ink)
		c.stroke("M-26-236h52M-26-214h52", c.ink, 7)
		c.p(`</g>`)
		c.stroke("M-250 60L236-130", c.ink, 7)
		c.stroke("M-246 68L240-122", c.paper, 3)
	})
	c.dots(30, c.h*.8, 6) // snow
	c.dots(20, c.h*.8, 9)
	c.ridge(c.groundY()+44, 22, 4, c.paper, .9)
}

func (c *canvas) frame() {
	for i := range 9 { // the wallpaper
		x := c.ax + (float64(i)-4.5)*120*c.scale
		c.rect(x, 0, 56*c.scale, c.h, c.far, .35)
	}
	c.at(func() {
		c.stroke("M-60-200L0-256L60-200", c.ink, 4)
		c.rect(-190, -206, 380, 400, c.near, 1)
		c.rect(-172, -188, 344, 364, c.light, 1)
		c.rect(-146, -162, 292, 312, c.paper, 1)
		c.shape("M-146 70Q-80 20-10 60T146 40V150H-146z", c.mid)
		c.disc(64, -90, 38, c.hot, 1)
		c.shape("M-70 150Q-74 60-30 36Q-60 0-44-40Q-20-90 20-60Q54-34 26 8Q20 30 34 40Q70 66 70 150z", c.ink)
		c.shape("M-46-36Q-70-30-66 20Q-40-10-34-30Q0-30 22-46Q30-84-6-88T-46-36z", c.hot)
		c.stroke("M-8-14q6 4 12 0M-24-26q5-4 9 0M4-28q5-4 9 0", c.paper, 3)
		c.stroke("M58 134q12-24 18 0t16-8t18 8t20-4", c.hot, 5) // signed, alas
	})
	c.rect(0, c.groundY()+28, c.w, 14, c.near, 1)
	c.rect(0, c.groundY()+42, c.w, c.h, c.mid, 1)
}

func (c *canvas) reel() {
	c.at(func() {
		c.p(`<path d="M-20-60L-1200-600V480z" fill="%s" opacity=".3"/>`, c.light)
		c.disc(0, -20, 206, c.near, 1)
		c.disc(0, -20, 190, c.hot, 1)
		c.disc(0, -20, 40, c.ink, 1)
		for _, p := range [][2]float64{{0, -134}, {108, -55}, {67, 72}, {-67, 72}, {-108, -55}} {
			c.disc(p[0], p[1], 50, c.near, 1)
			c.disc(p[0], p[1], 42, c.mid, 1)
		}
		c.disc(0, -20, 15, c.light, 1)
		c.p(`<path d="M40 178Q150 180 190 236T330 250" fill="none" stroke="%s" stroke-width="54"/>`, c.ink)
		c.p(`<path d="M40 158Q160 160 202 216T330 232M40 198Q140 200 180 254T330 270" fill="none" stroke="%s" stroke-width="7" stroke-dasharray="9 10"/>`, c.light)
	})
	c.ridge(c.groundY()+74, 8, 3, c.near, 1)
}
