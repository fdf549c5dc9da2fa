package box

// Look is what watchers may see of s. It shares the maps of s, which nobody
// changes in place.
func Look(s State) View {
	return View{
		Playback: lookPlayback(s), System: lookSystem(s), Tracks: lookTracks(s), Pairing: lookPairing(s),
		Progress: s.Progress, Household: s.Household, Sale: lookSale(s), Network: lookNetwork(s),
	}
}

func lookPlayback(s State) PlaybackView {
	v := PlaybackView{
		Session: s.Session, Phase: s.Phase.String(), TitleID: s.Title.ID, SeriesID: s.Title.SeriesID,
		Name: s.Title.Name, Season: s.Title.Season, Number: s.Title.Number,
		AIPerformers: s.Title.AIPerformers || s.Series != nil && s.Series.AIPerformers,
		Poster:       s.Title.Poster, Backdrop: s.Title.Backdrop,
		PositionMS: s.Status.Position.Milliseconds(), DurationMS: s.duration().Milliseconds(),
		Rate: s.Status.Rate, Volume: s.Volume, Muted: s.Muted, Live: s.live(),
		URL: s.Origin.URL, Problem: s.Problem, Window: lookLive(s), Notice: s.Channel.Notice, HeldMS: s.Held.Milliseconds(), Quality: s.Quality,
	}
	m := lookMarks(s)
	v.Chapters = m.chapters
	v.IntroFromMS, v.IntroToMS, v.CreditsMS = m.from.Milliseconds(), m.to.Milliseconds(), m.credits.Milliseconds()
	if v.TitleID == "" && s.Phase != Idle {
		v.TitleID = s.Asked.TitleID
	}
	if !s.Status.At.IsZero() {
		v.AtMS = s.Status.At.UnixMilli()
	}
	if s.Series != nil {
		v.SeriesName = s.Series.Name
	}
	if s.Next != nil {
		v.NextID, v.NextName = s.Next.ID, s.Next.Name
	}
	if s.Origin.Session != 0 && s.Phase.loaded() {
		v.Rendition, v.Trickplay = &s.Origin.Rendition, s.Origin.Trickplay
	}
	if v.Problem == nil {
		v.Problem = goesOn(s)
	}
	v.Outcome = s.Outcome
	return v
}

func lookSystem(s State) SystemView {
	return SystemView{
		Version: s.Version, Demo: s.Demo, PlayerReady: s.PlayerReady, Player: s.Player,
		Services: s.Services, Problems: s.problems(), TV: lookTV(s), Power: lookPower(s), Firmware: lookFirmware(s),
	}
}
