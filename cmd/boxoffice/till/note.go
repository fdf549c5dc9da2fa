package till

import (
	"fmt"
	"time"

	"usher/internal/offer"
)

// Note is what a person agrees to, in all languages, in a sentence or two.
func (p Purchase) Note() offer.Text {
	switch offer.TermsKind(p.Kind) {
	case offer.Rent:
		play := finishWithin
		if p.Terms.PlayMS > 0 {
			play = time.Duration(p.Terms.PlayMS) * time.Millisecond
		}
		return filled(offer.Text{
			"en":      "Begin within %d days; then watch as often as you like for %d hours. On one box at a time.",
			"zh-Hans": "请在 %d 天内开始观看；开始后 %d 小时内可反复观看。同一时间仅限一台盒子。",
			"de":      "Innerhalb von %d Tagen beginnen, dann %d Stunden lang beliebig oft ansehen. Auf einer Box zur selben Zeit.",
			"id":      "Mulai dalam %d hari; setelah itu tonton sesukanya selama %d jam. Satu kotak pada satu waktu.",
			"th":      "เริ่มดูภายใน %d วัน จากนั้นดูได้ไม่จำกัดครั้งใน %d ชั่วโมง ครั้งละหนึ่งกล่อง",
		}, int(startWithin.Hours()/24), int(play.Hours()))
	case offer.Buy:
		return filled(offer.Text{
			"en":      "Yours to watch for as long as the service exists. On up to %d boxes at a time.",
			"zh-Hans": "只要服务存在，即可一直观看。最多同时在 %d 台盒子上观看。",
			"de":      "Gehört Ihnen, solange es den Dienst gibt. Auf bis zu %d Boxen zur selben Zeit.",
			"id":      "Milik Anda selama layanan ada. Hingga %d kotak pada satu waktu.",
			"th":      "ดูได้ตลอดที่บริการยังอยู่ พร้อมกันได้สูงสุด %d กล่อง",
		}, ownStreams)
	default:
		return offer.Text{
			"en":      "Goes on until you cancel it, which you can do at any time in your account.",
			"zh-Hans": "自动续订，您可随时在账户中取消。",
			"de":      "Läuft weiter, bis Sie es kündigen; das geht jederzeit in Ihrem Konto.",
			"id":      "Berlanjut sampai Anda membatalkannya, kapan saja di akun Anda.",
			"th":      "ต่ออายุจนกว่าคุณจะยกเลิก ยกเลิกได้ทุกเมื่อในบัญชีของคุณ",
		}
	}
}

// filled puts numbers into all of a text.
func filled(t offer.Text, numbers ...any) offer.Text {
	for lang, text := range t {
		t[lang] = fmt.Sprintf(text, numbers...)
	}
	return t
}
