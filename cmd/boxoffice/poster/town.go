package poster

// Motifs of streets, rails and rooms.

// block is a building with lit windows, standing on y = 200 of the motif.
func (c *canvas) block(x, w, h float64, fill string, lit float64) {
	c.rect(x, 200-h, w, h+60, fill, 1)
	cols := int((w - 10) / 24)
	pad := (w - float64(cols)*24 + 10) / 2
	c.p(`<path fill="%s" d="`, c.light)
	for row := range int((h - 20) / 34) {
		for col := range cols {
			if c.rng.Float64() < lit {
				c.p("M%g %gh14v20h-14z", r1(x+pad+float64(col)*24), r1(200-h+18+float64(row)*34))
			}
		}
	}
	c.p(`"/>`)
}

func (c *canvas) city() {
	c.stars(24)
	c.sun(100, -180, 66)
	c.at(func() {
		for x := -1100.0; x < 520; x += 96 {
			c.rect(x, 60-c.rng.Float64()*150, 90, 320, c.far, 1)
		}
		c.block(-250, 96, 250, c.mid, .35)
		c.block(170, 90, 210, c.mid, .4)
		c.block(-146, 120, 330, c.near, .45)
		c.block(50, 104, 280, c.near, .5)
		c.block(-22, 80, 170, c.ink, .6)
		c.stroke("M-86-130V-190", c.near, 6)
	})
	c.ridge(c.groundY()+24, 10, 4, c.near, 1)
}

func (c *canvas) windows() {
	c.stars(30)
	c.sun(-150, -210, 44)
	c.ridge(c.groundY()-120, 40, 5, c.far, .8)
	c.at(func() {
		c.rect(-170, -180, 340, 460, c.near, 1)
		c.shape("M-190-180H190L160-214H-160z", c.ink)
		c.rect(60, -262, 34, 50, c.ink, 1)
		for row := range 4 {
			for col := range 4 {
				x, y := -146+float64(col)*78, -150+float64(row)*88
				fill := []string{c.light, c.hot, c.mid, c.light, c.mid, c.hot, c.light}[c.rng.IntN(7)]
				c.p(`<path d="M%g %gh56v62h-56z" fill="%s"/><path d="M%g %gv62m-28-34h56" stroke="%s" stroke-width="4"/>`, x, y, fill, x+28, y, c.near)
			}
		}
		c.stroke("M-230-30L-170-40M170 20Q240 60 330 20", c.ink, 3)
		for i := range 4 { // the washing
			c.p(`<path d="M%g %gh20l4 34h-28z" fill="%s"/>`, 186+float64(i)*32, 30+8*float64(i%3), []string{c.paper, c.hot, c.far, c.paper}[i])
		}
	})
	c.ridge(c.groundY()+50, 12, 4, c.ink, 1)
}

func (c *canvas) lanterns() {
	c.stars(26)
	c.at(func() {
		for x := -1100.0; x < 520; x += 110 {
			c.rect(x, 40-c.rng.Float64()*70, 104, 340, c.far, 1)
		}
		c.stroke("M-1300-250Q-450-90 0-190T520-240M-1300-130Q-420 10 0-70T520-130", c.ink, 4)
		c.lantern()
		for i := range 6 {
			f := float64(i)
			c.p(`<use href="#n" transform="translate(%g %g) scale(%g)"/>`, -210+f*84, -160+44*float64(i%2)+80*float64(i%3)/2, .8+.25*float64((i*2)%3))
		}
		c.stall()
		for i := range 3 {
			c.p(`<use href="#m" x="%d"/>`, -230+i*165)
		}
	})
	c.ridge(c.groundY()+20, 8, 4, c.near, 1)
}

// lantern defines one lantern, around 0,0, for use.
func (c *canvas) lantern() {
	c.p(`<defs><g id="n">`)
	c.disc(0, 0, 52, c.light, .18)
	c.p(`<ellipse rx="34" ry="29" fill="%s"/><path d="M-12-28Q-22 0-12 28M12-28Q22 0 12 28M0-29V29" fill="none" stroke="%s" stroke-width="2.5" opacity=".6"/>`, c.hot, c.mid)
	c.p(`<path d="M-14-33h28v7h-28zM-14 26h28v7h-28zM0 33v20" fill="%s" stroke="%s" stroke-width="3"/></g></defs>`, c.ink, c.light)
}

// stall defines one market stall, standing on y = 220, for use.
func (c *canvas) stall() {
	c.p(`<defs><g id="m"><path d="M0 110h140v110H0z" fill="%s"/>`, c.ink)
	for s := range 5 {
		c.p(`<path d="M%d 84h30v30q-15 16-30 0z" fill="%s"/>`, s*30-5, []string{c.paper, c.hot}[s%2])
	}
	c.rect(16, 134, 108, 50, c.light, .9)
	c.p(`</g></defs>`)
}

func (c *canvas) tower() {
	c.stars(40)
	c.at(func() {
		for i := range 4 {
			f := float64(i)
			c.p(`<circle cy="-180" r="%g" fill="none" stroke="%s" stroke-width="9" opacity="%g"/>`, 50+f*54, c.light, .75-f*.17)
		}
	})
	c.ridge(c.groundY()-60, 30, 5, c.far, 1)
	c.at(func() {
		c.stroke("M0-180L-92 220M0-180L92 220M-74 140H74M-56 60H56M-38-20H38M-74 140L56 60M74 140L-56 60M-56 60L38-20M56 60L-38-20M-38-20L18-90M38-20L-18-90", c.ink, 8)
		c.stroke("M0-180V-240", c.ink, 6)
		c.disc(0, -184, 17, c.hot, 1)
		c.block(-250, 90, 130, c.near, .5)
		c.block(140, 110, 160, c.near, .5)
	})
	c.ridge(c.groundY()+16, 12, 4, c.near, 1)
}

func (c *canvas) train() {
	c.sun(-110, -190, 60)
	c.cloud(c.ax+120*c.scale, c.ay-170*c.scale, 150*c.scale, c.paper, .8)
	c.cloud(c.ax-20*c.scale, c.ay-110*c.scale, 100*c.scale, c.paper, .8)
	c.ridge(c.groundY()-110, 50, 4, c.far, 1)
	c.ridge(c.groundY()-50, 34, 4, c.mid, 1)
	c.at(func() {
		c.rect(-1200, 196, 1800, 9, c.ink, 1)
		for _, x := range []float64{-284, -160} { // wagons of folded paper
			c.p(`<g transform="translate(%g 0)">`, x)
			c.shape("M0 90L16 70H112V170H0z", c.paper)
			c.p(`<path d="M12 104h22v26h-22zM45 104h22v26h-22zM78 104h22v26h-22z" fill="%s"/><path d="M10 144h90m-90 10h70" stroke="%s" stroke-width="3" opacity=".5"/>`, c.near, c.near)
			c.p(`</g>`)
		}
		c.shape("M-36 60H40V20H110V60H200L226 170H-36z", c.hot)
		c.shape("M-36 60L-48 46H52L40 60z", c.ink)
		c.rect(-20, 76, 44, 44, c.light, 1)
		c.shape("M142 60V10H132V-8H180V10H170V60z", c.ink)
		c.shape("M200 130L250 178H200z", c.ink)
		for _, x := range []float64{-262, -198, -136, -74, 0, 70, 130, 190} {
			c.p(`<circle cx="%g" cy="176" r="21" fill="%s"/><circle cx="%g" cy="176" r="8" fill="%s"/>`, x, c.ink, x, c.light)
		}
	})
	c.ridge(c.groundY()+34, 16, 5, c.near, 1)
}

func (c *canvas) tram() {
	c.stars(40)
	c.sun(150, -210, 44)
	c.at(func() {
		for x := -1100.0; x < 520; x += 104 {
			c.p(`<path d="M%gV%gl46-50l46 50V300z" fill="%s"/>`, x, 30-c.rng.Float64()*90, c.far)
		}
	})
	c.at(func() {
		c.stroke("M-1200-150H600", c.ink, 3)
		c.stroke("M-40-90L0-146L40-90", c.ink, 6)
		c.p(`<path d="M-86 200L-300 330H300L86 200z" fill="%s" opacity=".35"/>`, c.light)
		c.p(`<rect x="-130" y="-90" width="260" height="300" rx="26" fill="%s"/>`, c.hot)
		c.p(`<rect x="-106" y="-20" width="212" height="104" rx="10" fill="%s"/>`, c.light)
		c.p(`<rect x="-64" y="-74" width="128" height="40" rx="6" fill="%s"/>`, c.ink)
		c.p(`<text y="-43" font-family="'DejaVu Sans',sans-serif" font-size="30" font-weight="700" text-anchor="middle" fill="%s">13</text>`, c.light)
		c.stroke("M0-18V82", c.hot, 7)
		c.p(`<path d="M-34 84v-30q0-24 22-24t22 24v30z" fill="%s" transform="translate(-40 0)"/>`, c.ink)
		c.disc(-52, 18, 16, c.ink, 1)
		c.rect(-130, 110, 260, 16, c.paper, 1)
		c.disc(-84, 162, 19, c.paper, 1)
		c.disc(84, 162, 19, c.paper, 1)
		c.rect(-110, 204, 220, 18, c.ink, 1)
		c.stroke("M-60 224L-170 330M60 224L170 330", c.paper, 5)
	})
	c.ridge(c.groundY()+90, 4, 3, c.near, 1)
}

func (c *canvas) bridge() {
	c.sun(-90, -150, 76)
	c.ridge(c.groundY()-120, 44, 4, c.far, 1)
	c.ridge(c.groundY()-70, 30, 5, c.mid, .8)
	c.sea(c.groundY()-20, c.mid)
	c.at(func() {
		c.shape("M-330 210V140Q0-110 330 140V210H286Q260 130 190 130T100 210H100Q70 70 0 70T-100 210Q-120 130-190 130T-286 210z", c.near)
		c.stroke("M-330 128Q0-124 330 128", c.paper, 5)
		for i := range 9 {
			x := -240 + float64(i)*60
			y := 128 - 126*(1-(x/330)*(x/330))
			c.p(`<path d="M%g %gv-16" stroke="%s" stroke-width="6" stroke-linecap="round"/>`, x, r1(y), c.paper)
		}
		c.p(`<path transform="translate(56 -2)" d="M-9 2L-6-42a10 10 0 1 1 12 0L9 2zM6-36l18 10v22h-14z" fill="%s"/>`, c.ink)
		c.p(`<ellipse cy="230" rx="96" ry="20" fill="%s" opacity=".5"/>`, c.light)
	})
	c.swell(c.groundY()+44, 84, c.near)
}
