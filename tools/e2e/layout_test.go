package e2e

// sound wants that nothing was left unhandled, and that the focus is somewhere.
func (s *screen) sound(where string) {
	s.t.Helper()
	if faults := s.eval(`JSON.stringify(window.faults ?? [])`); faults != "[]" {
		s.t.Errorf("%s: the page left unhandled: %s", where, faults)
		s.eval(`window.faults = []`)
	}
	s.waitFor(where+": a focus that is seen", `(() => {
		const e = document.activeElement;
		return !!document.querySelector(".rest") || (e.classList.contains("item") && e.classList.contains("focused") && e.getClientRects().length > 0);
	})()`)
}

// fit wants that everything is within its place and the screen, and that every
// television shows it.
func (s *screen) fit(where string) {
	s.t.Helper()
	s.settle()
	if out := s.eval("(" + misfits + ")()"); out != "[]" {
		s.t.Errorf("%s: %s", where, out)
	}
}

// fitLong does so with every word 40 % longer and its letters taller, as no
// language is, at the largest size of text. The page does not notice.
func (s *screen) fitLong(where string) {
	s.t.Helper()
	if out := s.eval("(" + lengthened + ")(" + misfits + ")"); out != "[]" {
		s.t.Errorf("%s, long words: %s", where, out)
	}
}

// misfits is what does not fit: words that leave their element, elements that
// leave the screen, buttons and words that cover each other; and of what is to be
// read, what is where some televisions show nothing: words in the outermost 5 %
// of each side (SMPTE ST 2046-1 calls the rest safe for titles), a focus in the
// outermost 3.5 % (safe for action). What scrolls, and the title of a film that
// is cut with dots, may be cut. Words are as large as three metres need: 24 px at
// 1080 lines.
const misfits = `() => {
	const out = new Set();
	const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
	const name = (e) => (e.className || e.tagName) + " " + JSON.stringify(e.textContent.slice(0, 40));
	const apart = ".bar, .track, .window, .grid, [hidden], .rest, .unseen";
	const onScreen = (r) => r.width > 0 && r.bottom >= 0 && r.top <= innerHeight;

	for (const e of document.querySelectorAll(".screen :is(.item, h1, h2, p, dt, dd, .panel, .badge, .value, .what)")) {
		const r = e.getBoundingClientRect();
		if (!seen(e) || e.closest(apart) || !onScreen(r)) continue;
		if (r.right > innerWidth + 1 || r.left < -1) out.add("leaves the screen: " + name(e));
		const style = getComputedStyle(e);
		if (e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0 && style.overflowX === "visible" && style.display !== "inline") out.add("is too narrow: " + name(e));
	}
	for (const row of document.querySelectorAll(".buttons")) {
		const all = [...row.querySelectorAll(".button")].filter(seen).map((e) => e.getBoundingClientRect());
		all.forEach((a, i) => { const b = all[i + 1]; if (b && b.left < a.right - 1 && b.top < a.bottom - 1 && a.top < b.bottom - 1) out.add("buttons overlap"); });
	}
	const scrolled = ".rails, .window, .grid, .rows, .table";
	const banner = document.querySelector(".banner.shown")?.getBoundingClientRect();
	const over = ".panel, .settings.aside .sample, .veil, .pad, .rest, .notice, .skip, .preview";
	const walk = document.createTreeWalker(document.querySelector(".screen"), NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (walk.currentNode.data.trim() === "" || !seen(e) || e.closest(".unseen, [hidden]")) continue;
		const words = document.createRange();
		words.selectNodeContents(walk.currentNode);
		const r = words.getBoundingClientRect();
		if (!onScreen(r)) continue;
		let [left, right, top, bottom] = [r.left, r.right, r.top, r.bottom];
		for (let up = e; up && !up.matches(".screen"); up = up.parentElement) {
			if (getComputedStyle(up).overflowX === "visible") continue;
			const clip = up.getBoundingClientRect();
			[left, right, top, bottom] = [Math.max(left, clip.left), Math.min(right, clip.right), Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
		}
		if (right <= left || bottom <= top) continue;
		if (parseFloat(getComputedStyle(e).fontSize) < innerHeight * 0.022) out.add("is too small for three metres: " + name(e));
		if (banner && !e.closest(".banner, .time, .now") && left < banner.right && right > banner.left && top < banner.bottom && bottom > banner.top) out.add("the banner covers " + name(e));
		const above = document.elementsFromPoint((left + right) / 2, (top + bottom) / 2).find(seen);
		if (above && !e.closest(".banner, .notice") && !above.contains(e) && !e.contains(above) && !above.closest(over)) out.add("words are covered: " + name(e) + " by " + name(above));
		const side = innerWidth * 0.0475, edge = innerHeight * 0.0455; // a letter stands out of its line a little
		if (!e.closest(".track, .window, .grid") && (left < side || right > innerWidth - side)) out.add("words outside of the safe area: " + name(e));
		if (!e.closest(scrolled) && (top < edge || bottom > innerHeight - edge)) out.add("words above or below the safe area: " + name(e));
	}
	const f = document.activeElement;
	if (f.matches(".item") && !document.querySelector(".rest")) { // as it is without the growth of a focus
		const r = f.getBoundingClientRect(), w = Math.min(r.width, f.offsetWidth), h = Math.min(r.height, f.offsetHeight);
		const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2, side = innerWidth * 0.035, edge = innerHeight * 0.035;
		if (x - w / 2 < side || x + w / 2 > innerWidth - side || y - h / 2 < edge || y + h / 2 > innerHeight - edge) out.add("the focus is outside of the safe area: " + name(f));
		const top = document.elementFromPoint(x, y);
		if (!top || !f.contains(top) && !top.contains(f)) out.add("the focus is covered: " + name(f) + " by " + (top && name(top)));
	}
	return JSON.stringify([...out]);
}`

// lengthened lengthens the page's own words, looks, and puts them back; those of
// services have a language.
const lengthened = `(misfits) => {
	const root = document.documentElement, size = root.dataset.text, was = [];
	root.dataset.text = "large";
	const walk = document.createTreeWalker(document.querySelector(".screen"), NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const n = walk.currentNode, text = n.data.trim();
		if (text.length < 3 || n.parentElement.closest("h1 span, .letter, .clock, .now, .wordmark, .user-code, .address, [lang]:not(.screen, html)")) continue;
		was.push([n, n.data]);
	}
	for (const [n, text] of was) n.data = "⟦" + text.trim().replace(/[aeou]/g, (c) => ({ a: "ǎ", e: "ê", o: "ö", u: "ü" })[c]) + " ẽ̂ĝ".repeat(Math.ceil(text.trim().length * 0.4 / 4)) + "⟧";
	const found = misfits();
	for (const [n, text] of was) n.data = text;
	if (size === undefined) delete root.dataset.text; else root.dataset.text = size;
	return found;
}`
