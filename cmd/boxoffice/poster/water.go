package poster

// Motifs of water and harbour.

func (c *canvas) lighthouse() {
	c.stars(30)
	c.sun(-150, -190, 46)
	c.ridge(c.groundY()-70, 30, 4, c.far, 1)
	c.at(func() {
		c.p(`<path d="M30-150L-1200-350V-60L30-132zM74-150L640-214V-92L74-132z" fill="%s" opacity=".3"/>`, c.light)
	})
	c.sea(c.groundY()-20, c.mid)
	c.at(func() {
		c.shape("M-120 240Q-60 130 30 138T200 240z", c.near)
		c.shape("M24-110h56l22 262h-100z", c.paper)
		c.shape("M20-60h64l4 50h-72zM12 40h80l4 50h-88z", c.hot)
		c.rect(16, -122, 72, 12, c.ink, 1)
		c.rect(30, -164, 44, 42, c.light, 1)
		c.shape("M20-164h64L52-206z", c.ink)
		c.shape("M44 110h18v42h-18z", c.ink)
	})
	c.swell(c.groundY()+50, 80, c.near)
}

func (c *canvas) sailboat() {
	c.stars(90)
	c.sun(90, -170, 70)
	c.sea(c.groundY()-60, c.mid)
	c.at(func() {
		c.shape("M-6-170Q-130 0-120 110H-6z", c.paper)
		c.shape("M8-190Q120-40 118 96L8 110z", c.hot)
		c.stroke("M0-200V140", c.ink, 7)
		c.shape("M-150 126H156Q130 196 70 200H-84Q-130 190-150 126z", c.ink)
		c.stroke("M-138 148H144", c.hot, 5)
	})
	c.swell(c.groundY()-6, 66, c.near)
	c.swell(c.groundY()+34, 92, c.ink)
}

func (c *canvas) ferry() {
	c.sun(0, -90, 120)
	c.ridge(c.groundY()-90, 24, 5, c.far, .8)
	c.sea(c.groundY()-40, c.mid)
	c.at(func() {
		c.shape("M-210 90H210L176 186H-170z", c.ink)
		c.rect(-150, 30, 290, 60, c.paper, 1)
		c.rect(-110, -24, 200, 54, c.paper, 1)
		c.rect(-70, -66, 70, 42, c.hot, 1)
		c.rect(24, -104, 34, 80, c.near, 1)
		c.rect(24, -90, 34, 14, c.hot, 1)
		for i := range 6 {
			c.rect(-134+float64(i)*46, 46, 26, 26, c.near, 1)
		}
		for i := range 4 {
			c.rect(-92+float64(i)*46, -10, 26, 24, c.light, 1)
		}
	})
	c.cloud(c.ax+110*c.scale, c.ay-130*c.scale, 90*c.scale, c.paper, .5)
	c.swell(c.groundY()-26, 74, c.near)
	c.swell(c.groundY()+24, 96, c.ink)
}

func (c *canvas) cranes() {
	c.stars(20)
	c.sun(-120, -120, 88)
	c.sea(c.groundY(), c.far)
	c.at(func() {
		for i, x := range []float64{-190, 30} {
			c.p(`<g transform="translate(%g %d)">`, x, i*24)
			c.stroke("M0 200L40-120L80 200M12 100H68M22 20H58", c.near, 9)
			c.stroke("M-90-120H190M40-120V-190L-80-120M40-190L180-120", c.near, 8)
			c.stroke("M150-120V-10", c.near, 4)
			c.p(`</g>`)
		}
		c.rect(146, 14, 68, 36, c.hot, 1)
		for i, fill := range []string{c.mid, c.hot, c.near, c.light, c.mid, c.near, c.mid, c.hot} {
			c.rect(-230+float64(i%5)*92+float64(i/5)*46, 162-float64(i/5)*38, 88, 35, fill, 1)
		}
	})
	c.rect(0, c.groundY()-3, c.w, 34*c.scale, c.near, 1)
	c.sea(c.groundY()+30*c.scale, c.ink)
}

func (c *canvas) whale() {
	c.sun(120, -190, 58)
	for i, fill := range []string{c.far, c.mid} {
		c.swell(c.ay-80*c.scale+float64(i)*70, 120, fill)
	}
	c.at(func() {
		c.shape("M-220 70C-200-60-20-90 90-30C150 0 170 30 200 10C196-30 214-60 246-74C246-50 240-34 226-16C250-20 270-10 282 12C250 22 230 26 214 36C190 110 60 170-70 160C-160 152-224 130-220 70z", c.ink)
		c.p(`<path d="M-218 84C-150 130-40 130 40 96C0 146-60 160-96 158C-170 152-214 130-218 84z" fill="%s" opacity=".85"/>`, c.paper)
		c.stroke("M-196 104Q-120 140-20 128M-176 124Q-110 150-40 144", c.ink, 3)
		c.disc(-150, 66, 7, c.paper, 1)
		c.shape("M-40 110Q-10 180 50 190Q30 140 20 100z", c.near)
		for i := range 3 {
			f := float64(i)
			c.p(`<circle cx="-150" cy="-10" r="%g" fill="none" stroke="%s" stroke-width="3" opacity="%g"/>`, 70+f*46, c.hot, .7-f*.2)
		}
	})
	c.swell(c.groundY()+30, 90, c.near)
}

func (c *canvas) reef() {
	c.p(`<g fill="%s" opacity=".14">`, c.light)
	for i := range 4 {
		x := c.ax + (float64(i)*150-260)*c.scale
		c.p(`<path d="M%g 0h60l120 %g h-260z"/>`, r1(x), c.h)
	}
	c.p(`</g>`)
	c.ridge(c.groundY()-10, 40, 5, c.far, 1)
	c.at(func() {
		c.stroke("M-170 220V60M-170 130Q-220 110-220 50M-170 100Q-130 90-126 20M-126 60Q-100 50-98 10", c.hot, 20)
		c.stroke("M150 220V20M150 120Q210 100 206 30M150 80Q100 70 96-10M150 150Q90 140 84 90", c.mid, 22)
		c.stroke("M0 220Q-30 150 0 100T0-20", c.near, 13)
		c.stroke("M40 220Q70 160 40 110T44 10", c.near, 13)
		for i := range 7 {
			x, y := -150+c.rng.Float64()*300, -190+c.rng.Float64()*190
			c.p(`<path transform="translate(%g %g) scale(%g)" d="M-26 0Q0-22 26 0L44-14V14L26 0Q0 22-26 0z" fill="%s"/>`, r1(x), r1(y), r2(.6+.6*c.rng.Float64()), []string{c.light, c.paper, c.hot}[i%3])
		}
	})
	c.ridge(c.groundY()+40, 24, 6, c.near, 1)
}
