//! The road as a picture: hop by hop, who is there and when an item gets there.

use crate::features::access::directory::Standing;
use crate::features::directory::offices::office::Office;
use crate::features::directory::routes::agreement::{Agreement, Agreements};
use crate::features::directory::routes::course::Course;
use crate::features::directory::routes::hop::Hop;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::stage::{Desk, Stage};

crate::words! {
    /// Words of the picture.
    pub struct PictureWords {
        centre: "センター" / "The centre",
        at_once: "発出と同時に届きます" / "gets it at once",
        decides: "届いたら、中継するかどうかを判断します" / "gets it, and decides whether it goes on",
        after: "事務局の判断の後に届きます" / "after the decision of the secretariat",
        after_ministry: "所管省庁の判断の後に届きます" / "after the decision of the ministry",
        after_both: "所管省庁と事務局の判断の後に届きます" / "after the decisions of ministry and secretariat",
        decides_after: "所管省庁の判断の後に届き、中継するかどうかを判断します" / "gets it after the decision of the ministry, and decides whether it goes on",
        bodies: "登録: {count}組織" / "Registered: {count}",
        reachable: "メールの届く窓口あり: {count}組織" / "With a window that mail reaches: {count}",
        proven: "1年以内に確認済: {count}組織" / "Proven alive within a year: {count}",
        people: "担当の利用者: {count}人" / "Persons on duty: {count}",
        hubs: "うちハブ(その先の事業者へ伝える構成員): {count}組織" / "Of them hubs, which pass on to others: {count}",
    }
}

/// A number in words, and whether there is something to look after.
pub type Number = (String, bool);

/// A hop as it is drawn.
#[derive(Debug)]
pub struct HopView {
    /// What it is called.
    pub name: &'static str,
    /// Who stands there, where that is published.
    pub offices: Vec<String>,
    /// When an item gets there.
    pub when: &'static str,
    /// Somebody decides here.
    pub decides: bool,
    /// In numbers; empty for whoever does not look over the CEPTOAR.
    pub numbers: Vec<Number>,
}

/// What the picture is drawn from.
pub struct Road<'a> {
    /// Over which offices it goes; none where it goes nowhere.
    pub course: Option<Course>,
    /// Who is there.
    pub hops: &'a [Hop],
    /// The offices of the day.
    pub offices: &'a [Office],
    /// What its desks agreed about passing on.
    pub agreements: &'a Agreements<Agreement>,
}

impl Road<'_> {
    /// Whether a desk decides about some items: where it stands on the road.
    #[must_use]
    pub fn asks(&self, desk: Desk) -> bool {
        self.agreements.of(desk).asks() && self.course.is_some_and(|course| course.stages().contains(&desk.stage()))
    }

    /// The hops in the order in which an item passes them.
    #[must_use]
    pub fn picture(&self, language: Language) -> Vec<HopView> {
        let stages = self.course.map(Course::stages).unwrap_or_default();
        let partners = self.hops.iter().any(|hop| hop.stage == Stage::Partner && hop.on_road && hop.bodies > 0);
        let regional = !stages.is_empty() && self.offices.iter().any(|office| office.standing == Standing::Regional);
        // What follows from who is registered, and not from the road's own stretches.
        let beside = [(regional, Stage::Regional), (partners, Stage::Partner)];
        let mut stages: Vec<Stage> =
            stages.into_iter().chain(beside.into_iter().filter(|(is_on, _)| *is_on).map(|(_, stage)| stage)).collect();
        stages.sort_unstable();
        stages.into_iter().map(|stage| self.hop(stage, language)).collect()
    }

    fn hop(&self, stage: Stage, language: Language) -> HopView {
        let w = PictureWords::of(language);
        let standing = match stage {
            Stage::Ministry => Some(Standing::Ministry),
            Stage::Regional => Some(Standing::Regional),
            Stage::Secretariat => Some(Standing::Secretariat),
            Stage::Member | Stage::Partner => None,
        };
        let mut offices: Vec<String> = Vec::new();
        for office in self.offices.iter().filter(|office| Some(office.standing) == standing) {
            let name = language.pick(&office.name[0], &office.name[1]);
            if !offices.contains(name) {
                offices.push(name.clone());
            }
        }
        let decides = Desk::ALL.into_iter().any(|desk| desk.stage() == stage && self.asks(desk));
        let [ministry, secretariat] = Desk::ALL.map(|desk| self.asks(desk) && stage.is_behind(desk));
        let found = self.hops.iter().find(|hop| hop.stage == stage);
        HopView {
            name: stage.label(language),
            offices,
            when: match (decides, ministry, secretariat) {
                (true, true, _) => w.decides_after,
                (true, false, _) => w.decides,
                (false, true, true) => w.after_both,
                (false, true, false) => w.after_ministry,
                (false, false, true) => w.after,
                (false, false, false) => w.at_once,
            },
            decides,
            numbers: found.map(|hop| numbers(hop, w)).unwrap_or_default(),
        }
    }
}

fn numbers(hop: &Hop, w: &'static PictureWords) -> Vec<Number> {
    let line = |words, count, attention| (fill(words, &[("count", &thousands(count))]), attention);
    let mut lines = vec![
        line(w.bodies, hop.bodies, hop.bodies == 0),
        line(w.reachable, hop.reachable, hop.reachable < hop.bodies),
        line(w.proven, hop.proven, hop.proven == 0),
    ];
    lines.extend(hop.people.map(|count| line(w.people, count, false)));
    lines.extend(hop.hubs.filter(|count| *count > 0).map(|count| line(w.hubs, count, false)));
    lines
}
