//! What the page of a member says of how one of its addresses or numbers is proven.

use chrono::NaiveDate;

use crate::features::directory::roster::sheet::Channel;
use crate::features::directory::verification::proven::store::Proof;
use crate::features::directory::verification::round::NUMBER_DAYS;
use crate::kernel::language::{Label, Language, fill};

crate::words! {
    /// Words at an address or number.
    pub struct ProofWords {
        verified: "最終確認 {day}" / "proven on {day}",
        verified_by: "最終確認 {day}({way})" / "proven on {day} ({way})",
        unverified: "確認の記録なし" / "not proven yet",
        number_unverified: "未確認の番号" / "number without proof",
        old: "1年以上確認なし" / "not proven for a year",
        doubted: "窓口から「この番号は違う」との回答あり" / "its window says that this number is wrong",
        doubted_so: "窓口から「この番号は違う」との回答あり({remark})" / "its window says that this number is wrong ({remark})",
    }
}

/// When and how it was proven last, and what speaks against it.
#[must_use]
pub fn proven(channel: &Channel, proof: Option<&Proof>, today: NaiveDate, language: Language) -> String {
    let w = ProofWords::of(language);
    let way = proof.and_then(|proof| proof.way).map(|way| way.label(language));
    let is_number = channel.kind.is_called();
    let mut said = match channel.verified_on {
        None => vec![if is_number { w.number_unverified.to_owned() } else { w.unverified.to_owned() }],
        Some(day) => {
            let words = if way.is_some() { w.verified_by } else { w.verified };
            let told = [("day", day.format("%Y/%m/%d").to_string()), ("way", way.unwrap_or_default().to_owned())];
            let mut said = vec![fill(words, &told.each_ref().map(|(name, value)| (*name, value.as_str())))];
            said.extend((is_number && (today - day).num_days() >= NUMBER_DAYS).then(|| w.old.to_owned()));
            said
        }
    };
    said.extend(proof.and_then(|proof| proof.doubt.as_ref()).map(|remark| match remark.as_str() {
        "" => w.doubted.to_owned(),
        remark => fill(w.doubted_so, &[("remark", remark)]),
    }));
    said.join(language.pick("・", ", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::directory::roster::sheet::ChannelKind;
    use crate::features::directory::verification::round::Way;

    #[test]
    fn a_number_is_unproven_after_a_year_and_an_address_is_not() {
        let today: NaiveDate = "2027-04-01".parse().expect("a day");
        let said = |kind, verified_on: Option<&str>, doubt: Option<&str>| {
            let verified_on = verified_on.map(|day| day.parse().expect("a day"));
            let channel = Channel {
                kind,
                value: "x".into(),
                hours: crate::features::directory::roster::sheet::Hours::Always,
                verified_on,
            };
            let proof = Proof { way: Some(Way::Call), doubt: doubt.map(str::to_owned) };
            proven(&channel, Some(&proof), today, Language::Ja)
        };
        assert_eq!(said(ChannelKind::Mail, None, None), "確認の記録なし");
        assert_eq!(said(ChannelKind::Fax, None, None), "未確認の番号");
        assert_eq!(said(ChannelKind::Phone, Some("2026-04-01"), None), "最終確認 2026/04/01(事務局からの電話など)");
        assert!(said(ChannelKind::Phone, Some("2026-03-31"), None).ends_with("・1年以上確認なし"));
        assert!(!said(ChannelKind::Mail, Some("2026-03-31"), None).contains("1年"));
        assert!(
            said(ChannelKind::Phone, Some("2027-03-31"), Some("廃止")).ends_with("この番号は違う」との回答あり(廃止)")
        );
    }
}
